// What a preset refuses by default: its guards as data against claims; an identity lifts one by naming its claim in `conditions`.

import { comparableText } from './conditions.ts';
import { readClaim } from '../token/json.ts';
import type { JsonObject, JsonValue } from '../token/json.ts';
import type { Conditions } from '../objects/model.ts';
import type { Preset, PresetGuard } from '../platforms/preset.ts';

/** What one guard found. */
export interface GuardVerdict {
  readonly ok: boolean;
  readonly claim: string;
  readonly expected: JsonValue;
  readonly actual: JsonValue;
}

/** The guards of a preset that the identity has not taken the decision of (contract §5.3). */
export function guardsInForce(preset: Preset, conditions: Conditions | null): readonly PresetGuard[] {
  const named = new Set(Object.keys(conditions ?? {}).map(asPointer));
  return preset.guards.filter(({ liftedBy }) => !named.has(asPointer(liftedBy)));
}

/** Judges a token by one guard. What cannot be compared is refused. */
export function judgeGuard(guard: PresetGuard, claims: JsonObject): GuardVerdict {
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

/** True also where it cannot be told: an object or a rounded number where a scalar belongs. */
function mayEqualAny(value: JsonValue, values: readonly JsonValue[]): boolean {
  return (value !== null && comparableText(value) === null) || equalsAny(value, values);
}

/** A claim has two spellings, `event_name` and `/event_name`. */
function asPointer(reference: string): string {
  return reference.startsWith('/') ? reference : `/${reference.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
