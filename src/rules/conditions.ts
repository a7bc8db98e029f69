// Typed matchers over claims: which are accepted when written, and how they compare; an absent claim never satisfies one.

import { compileGlob, globSteps } from './glob.ts';
import { isJsonObject } from '../token/json.ts';
import type { JsonValue } from '../token/json.ts';
import {
  ELEMENTS_PER_STEP,
  MAX_CLAIM_REFERENCE_CHARS,
  MAX_CONDITION_VALUES,
  MAX_CONDITION_VALUE_CHARS,
  MAX_CONDITIONS,
  MAX_GLOB_CHARS,
} from './limits.ts';
import type { ConditionMatcher, ConditionScalar } from '../objects/conditions.ts';

/** One fault of a member, with its place as a JSON Pointer (RFC 6901) relative to what was validated. */
export interface ConditionFault {
  readonly pointer: string;
  readonly detail: string;
}

/** Decides over the value of one claim; `undefined` if the token has none. */
export type ValueMatcher = (value: JsonValue | undefined) => boolean;

const MATCHERS = ['glob', 'anyOf', 'allOf', 'containsAll', 'not', 'exists'];

/** Lists every fault of an identity's `conditions`; empty if they are accepted, as `null` is (contract §5.3). */
export function validateConditions(value: unknown): readonly ConditionFault[] {
  if (value === null || value === undefined) return [];
  if (!isJsonObject(value)) return [{ pointer: '', detail: 'must be an object of claims and matchers' }];
  const entries = Object.entries(value);
  if (entries.length > MAX_CONDITIONS) return [{ pointer: '', detail: `must name at most ${MAX_CONDITIONS} claims` }];
  return entries.flatMap(([claim, matcher]) => {
    const pointer = `/${claim.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const fault = claimReferenceFault(claim);
    return [...(fault === null ? [] : [{ pointer, detail: fault }]), ...matcherFaults(matcher, pointer)];
  });
}

/** Says what is wrong with a reference to a claim (a top-level name, or a JSON Pointer if it starts with `/`); null if nothing is. */
export function claimReferenceFault(reference: string): string | null {
  if (reference === '') return 'must name a claim';
  if (reference.length > MAX_CLAIM_REFERENCE_CHARS) return `must have at most ${MAX_CLAIM_REFERENCE_CHARS} characters`;
  if (reference.startsWith('/') && /~(?![01])/.test(reference)) return 'is not a JSON Pointer: "~" is written ~0';
  return null;
}

/** Compiles a matcher; one that validateConditions refuses compiles to one that matches nothing. */
export function compileCondition(matcher: ConditionMatcher): ValueMatcher {
  if (matcherFaults(matcher, '').length > 0) return () => false;
  if (isScalar(matcher) || Array.isArray(matcher)) return anyOf(listOf(matcher as ConditionScalar));
  if ('glob' in matcher) return glob(matcher.glob);
  if ('anyOf' in matcher) return anyOf(matcher.anyOf);
  if ('allOf' in matcher) return allOf(matcher.allOf);
  if ('containsAll' in matcher) return containsAll(matcher.containsAll);
  if ('not' in matcher) return not(listOf(matcher.not));
  if ('exists' in matcher) return (value) => isPresent(value) === matcher.exists;
  return () => false;
}

/** What comparing a claim takes, in steps of about a microsecond; 0 for one value that is compared as a whole. */
export function comparisonSteps(matcher: ConditionMatcher, value: JsonValue | undefined): number {
  const elements = Array.isArray(value) ? (value as readonly JsonValue[]) : null;
  const most = elements === null ? 0 : elements.length / ELEMENTS_PER_STEP;
  if (!isJsonObject(matcher) || !('glob' in matcher)) return most;
  const chars = (elements ?? [value]).reduce<number>((sum, text) => sum + (comparableText(text)?.length ?? 0), 0);
  return most + globSteps(matcher.glob, chars);
}

/**
 * The text by which a scalar is compared, so that `true` equals `"true"` and `42` equals `"42"`; null for what has none:
 * objects, lists, null, and numbers that a parser has rounded, which could be any of several identifiers.
 */
export function comparableText(value: JsonValue | undefined): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'number' && isExact(value) ? String(value) : null;
}

function matcherFaults(matcher: unknown, pointer: string): readonly ConditionFault[] {
  if (Array.isArray(matcher)) return listFaults(matcher, pointer);
  if (!isJsonObject(matcher)) return scalarFaults(matcher, pointer);
  const [name, ...others] = Object.keys(matcher);
  if (name === undefined || others.length > 0 || !MATCHERS.includes(name)) {
    return [{ pointer, detail: `must have exactly one member, one of ${MATCHERS.join(', ')}` }];
  }
  const operand = matcher[name];
  const at = `${pointer}/${name}`;
  if (name === 'exists') return typeof operand === 'boolean' ? [] : [{ pointer: at, detail: 'must be true or false' }];
  if (name === 'glob') return globFaults(operand, at);
  if (name === 'not' && !Array.isArray(operand)) return scalarFaults(operand, at);
  return Array.isArray(operand) ? listFaults(operand, at) : [{ pointer: at, detail: 'must be a list' }];
}

function listFaults(list: readonly unknown[], pointer: string): readonly ConditionFault[] {
  if (list.length === 0) return [{ pointer, detail: 'must not be empty: an empty list matches nothing' }];
  if (list.length > MAX_CONDITION_VALUES) {
    return [{ pointer, detail: `must list at most ${MAX_CONDITION_VALUES} values` }];
  }
  return list.flatMap((value, index) => scalarFaults(value, `${pointer}/${index}`));
}

function scalarFaults(value: unknown, pointer: string): readonly ConditionFault[] {
  if (!isScalar(value)) return [{ pointer, detail: 'must be a string, a number, true or false' }];
  if (typeof value === 'number' && !isExact(value)) {
    return [{ pointer, detail: 'is too large for a JSON number to be exact: write it as a string' }];
  }
  if (typeof value === 'string' && value.length > MAX_CONDITION_VALUE_CHARS) {
    return [{ pointer, detail: `must have at most ${MAX_CONDITION_VALUE_CHARS} characters` }];
  }
  return [];
}

function globFaults(value: unknown, pointer: string): readonly ConditionFault[] {
  if (typeof value !== 'string') return [{ pointer, detail: 'must be a string that holds a pattern' }];
  if (value === '') return [{ pointer, detail: 'must be a pattern that is not empty' }];
  if (value.length > MAX_GLOB_CHARS) {
    return [{ pointer, detail: `must have at most ${MAX_GLOB_CHARS} characters` }];
  }
  return [];
}

function isScalar(value: unknown): value is ConditionScalar {
  return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number';
}

/** Integers beyond 2^53 arrive rounded; the strict reader keeps those of tokens as strings. */
function isExact(value: number): boolean {
  return Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}

/** Platforms send `null` for "none": it is no value, so it satisfies nothing that an absent claim would not. */
function isPresent(value: JsonValue | undefined): value is JsonValue {
  return value !== undefined && value !== null;
}

function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

function textsOf(value: JsonValue | undefined): readonly (string | null)[] {
  return isPresent(value) ? listOf<JsonValue>(value).map(comparableText) : [];
}

function setOf(values: readonly ConditionScalar[]): ReadonlySet<string | null> {
  return new Set(values.map((value) => comparableText(value) ?? ''));
}

function anyOf(values: readonly ConditionScalar[]): ValueMatcher {
  const listed = setOf(values);
  return (value) => textsOf(value).some((text) => listed.has(text));
}

function allOf(values: readonly ConditionScalar[]): ValueMatcher {
  const listed = setOf(values);
  return (value) => {
    const texts = textsOf(value);
    return texts.length > 0 && texts.every((text) => listed.has(text));
  };
}

function containsAll(values: readonly ConditionScalar[]): ValueMatcher {
  const listed = [...setOf(values)];
  return (value) => {
    const texts = new Set(textsOf(value));
    return listed.every((text) => texts.has(text));
  };
}

/** What cannot be compared might be what is excluded, so it does not count as different. */
function not(values: readonly ConditionScalar[]): ValueMatcher {
  const listed = setOf(values);
  return (value) => isPresent(value) && textsOf(value).every((text) => text !== null && !listed.has(text));
}

function glob(pattern: string): ValueMatcher {
  const accepts = compileGlob(pattern);
  return (value) => textsOf(value).some((text) => text !== null && accepts(text));
}
