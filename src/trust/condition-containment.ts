// Whether a matcher of a claim implies another: whatever value the one accepts, the other accepts; says no when it cannot prove it.

import { comparableText, compileCondition } from '../rules/conditions.ts';
import { canonicalJson } from '../token/canonical-json.ts';
import type { ConditionMatcher, ConditionScalar, Conditions } from '../objects/conditions.ts';
import { asPointer } from '../rules/listed-values.ts';
import { globContains } from './pattern-containment.ts';

/** True only if every token that meets `narrow` also meets `wide`. */
export function conditionsImply(narrow: Conditions | null, wide: Conditions | null): boolean {
  const known = Object.entries(narrow ?? {});
  return Object.entries(wide ?? {}).every(([claim, matcher]) =>
    known.some(([other, given]) => asPointer(other) === asPointer(claim) && implies(given, matcher)),
  );
}

/** A claim may be a list: then `some` reads one element, and `every` all of them. */
type Meaning =
  | { readonly kind: 'some' | 'every' | 'all' | 'none'; readonly texts: ReadonlySet<string> }
  | { readonly kind: 'glob'; readonly glob: string }
  | { readonly kind: 'exists'; readonly isPresent: boolean };

function implies(narrow: ConditionMatcher, wide: ConditionMatcher): boolean {
  if (canonicalJson(narrow) === canonicalJson(wide)) return true;
  const [given, wanted] = [meaningOf(narrow), meaningOf(wide)];
  switch (wanted.kind) {
    case 'exists':
      return wanted.isPresent && (given.kind !== 'exists' || given.isPresent);
    case 'some':
      if (given.kind === 'all') return [...given.texts].some((text) => wanted.texts.has(text));
      return (given.kind === 'some' || given.kind === 'every') && isSubset(given.texts, wanted.texts);
    case 'every':
      return given.kind === 'every' && isSubset(given.texts, wanted.texts);
    case 'all':
      if (given.kind === 'some') return given.texts.size === 1 && isSubset(wanted.texts, given.texts);
      return given.kind === 'all' && isSubset(wanted.texts, given.texts);
    case 'none':
      if (given.kind === 'every') return [...given.texts].every((text) => !wanted.texts.has(text));
      return given.kind === 'none' && isSubset(wanted.texts, given.texts);
    case 'glob': {
      if (given.kind === 'glob') return globContains(wanted.glob, given.glob);
      const matches = compileCondition(wide);
      if (given.kind === 'all') return [...given.texts].some((text) => matches(text));
      return (given.kind === 'some' || given.kind === 'every') && [...given.texts].every((text) => matches(text));
    }
  }
}

function meaningOf(matcher: ConditionMatcher): Meaning {
  if (typeof matcher !== 'object' || Array.isArray(matcher))
    return { kind: 'some', texts: textsOf([matcher as ConditionScalar | readonly ConditionScalar[]].flat()) };
  if ('glob' in matcher) return { kind: 'glob', glob: matcher.glob };
  if ('anyOf' in matcher) return { kind: 'some', texts: textsOf(matcher.anyOf) };
  if ('allOf' in matcher) return { kind: 'every', texts: textsOf(matcher.allOf) };
  if ('containsAll' in matcher) return { kind: 'all', texts: textsOf(matcher.containsAll) };
  if ('not' in matcher) return { kind: 'none', texts: textsOf([matcher.not].flat()) };
  return { kind: 'exists', isPresent: 'exists' in matcher && matcher.exists };
}

function textsOf(values: readonly ConditionScalar[]): ReadonlySet<string> {
  return new Set(values.map((value) => comparableText(value) ?? ''));
}

function isSubset(few: ReadonlySet<string>, many: ReadonlySet<string>): boolean {
  return [...few].every((text) => many.has(text));
}
