// Which values of a claim a rule's conditions list positively; `not`, `exists` and patterns list none.

import { comparableText } from './conditions.ts';
import type { ConditionMatcher, ConditionScalar, Conditions } from '../objects/conditions.ts';

/** The texts that conditions list for a claim by a scalar, a list, `anyOf` or `allOf`; empty if they list none. */
export function listedValues(conditions: Conditions | null, claim: string): ReadonlySet<string> {
  const wanted = asPointer(claim);
  const matchers = Object.entries(conditions ?? {}).filter(([reference]) => asPointer(reference) === wanted);
  return new Set(matchers.flatMap(([, matcher]) => valuesOf(matcher).flatMap((value) => comparableText(value) ?? [])));
}

/** A claim has two spellings, `event_name` and `/event_name`; this is the second. */
export function asPointer(reference: string): string {
  return reference.startsWith('/') ? reference : `/${reference.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function valuesOf(matcher: ConditionMatcher): readonly ConditionScalar[] {
  if (Array.isArray(matcher)) return matcher as readonly ConditionScalar[];
  if (typeof matcher !== 'object') return [matcher];
  if ('anyOf' in matcher) return matcher.anyOf;
  return 'allOf' in matcher ? matcher.allOf : [];
}
