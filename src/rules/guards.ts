// What a preset refuses by default: its guards as data against claims. Conditions that list a dangerous value let that value through.

import { comparableText } from './conditions.ts';
import { listedValues } from './listed-values.ts';
import { readClaim } from '../token/json.ts';
import type { JsonObject, JsonValue } from '../token/json.ts';
import type { Conditions } from '../objects/conditions.ts';
import type { Preset, PresetGuard } from '../platforms/preset.ts';

/** A guard, and whether an identity's conditions list values of its `liftedBy`: then they decide over a single value. */
export interface CompiledGuard {
  readonly guard: PresetGuard;
  readonly isLifted: boolean;
}

/** What one guard found. */
export interface GuardVerdict {
  readonly ok: boolean;
  readonly claim: string;
  readonly expected: JsonValue;
  readonly actual: JsonValue;
}

/** The guards of a preset, with what the conditions of an identity lift (contract §5.3). */
export function compileGuards(preset: Preset, conditions: Conditions | null): readonly CompiledGuard[] {
  return preset.guards.map((guard) => ({ guard, isLifted: listedValues(conditions, guard.liftedBy).size > 0 }));
}

/** Judges a token by one guard. What cannot be compared is refused. */
export function judgeGuard({ guard, isLifted }: CompiledGuard, claims: JsonObject): GuardVerdict {
  const verdict = judge(guard, claims);
  // The condition accepts only what it lists. Of an array it reads one element: there the guard still sees the others.
  const decidedByCondition = isLifted && comparableText(readClaim(claims, guard.liftedBy)) !== null;
  return decidedByCondition ? { ...verdict, ok: true } : verdict;
}

function judge(guard: PresetGuard, claims: JsonObject): GuardVerdict {
  switch (guard.kind) {
    case 'allowOnly': {
      const value = readClaim(claims, guard.claim);
      return {
        ok: value === undefined || equalsAny(value, guard.values),
        claim: guard.claim,
        expected: guard.values,
        actual: value ?? null,
      };
    }
    case 'refuse': {
      const value = readClaim(claims, guard.claim);
      const refused = Array.isArray(value)
        ? (value as readonly JsonValue[]).some((element) => mayEqualAny(element, guard.values))
        : value !== undefined && mayEqualAny(value, guard.values);
      return { ok: !refused, claim: guard.claim, expected: { not: guard.values }, actual: value ?? null };
    }
    case 'differs': {
      const [left, right] = guard.claims.map((claim) => readClaim(claims, claim));
      const condition = readClaim(claims, guard.when.claim);
      const applies = condition !== undefined && mayEqualAny(condition, [guard.when.value]);
      const text = comparableText(left);
      return {
        ok: !applies || (text !== null && text === comparableText(right)),
        claim: guard.claims[0],
        expected: right ?? null,
        actual: left ?? null,
      };
    }
  }
}

function equalsAny(value: JsonValue, values: readonly JsonValue[]): boolean {
  const text = comparableText(value);
  return text !== null && values.some((candidate) => comparableText(candidate) === text);
}

/** True also if it cannot be told: an object or a rounded number in the place of a scalar. */
function mayEqualAny(value: JsonValue, values: readonly JsonValue[]): boolean {
  return (value !== null && comparableText(value) === null) || equalsAny(value, values);
}
