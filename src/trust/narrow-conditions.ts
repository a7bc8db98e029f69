// Conditions that recorded grants all meet and that keep others out: the id of a tenant, and the few values that a part of the subject had.

import type { Conditions } from '../objects/conditions.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import type { Preset } from '../platforms/preset.ts';
import { comparableText } from '../rules/conditions.ts';
import { asPointer } from '../rules/listed-values.ts';
import type { JsonObject } from '../token/json.ts';
import { readClaim } from '../token/json.ts';
import { MAX_LISTED_CLAIMS, MAX_LISTED_VALUES } from './limits.ts';
import { isSettled } from './narrow-subject.ts';

/** A grant's claims, and its subject in the form in which the rule names subjects. */
export interface SeenToken {
  readonly claims: JsonObject;
  readonly subject: string;
}

/** The id of the tenant that all grants came from, as a condition; null if there is none to add. Names can be taken by others, ids cannot. */
export function tenantPin(rule: FederatedIdentity, preset: Preset, seen: readonly SeenToken[]): Conditions | null {
  const ids = (preset.tenancy?.tenantClaims ?? []).filter((claim) => /(?:_|-)?u?u?id$/i.test(claim));
  for (const claim of ids.filter((id) => isFree(id, rule, preset))) {
    const values = new Set(seen.map(({ claims }) => comparableText(readClaim(claims, claim))));
    const [value] = values;
    if (values.size !== 1 || value === undefined || value === null || value === '') continue;
    return segments(rule.providerSubject).includes(value) ? null : { [claim]: value };
  }
  return null;
}

/**
 * Lists of the values that claims had which are a part of the subject, such as a branch or an environment. Only of a few that
 * do not grow: a job that runs for each tag must not be kept to the tags of the past. The tokens are given oldest first.
 */
export function listedParts(rule: FederatedIdentity, preset: Preset, seen: readonly SeenToken[]): Conditions | null {
  const [first] = seen;
  const parts = Object.keys(first?.claims ?? {})
    .filter((claim) => isFree(claim, rule, preset) && !NEVER_LISTED.includes(claim))
    .map((claim) => ({ claim, values: seen.map(({ claims }) => claims[claim]) }))
    .filter((part): part is { claim: string; values: string[] } =>
      part.values.every((value) => typeof value === 'string'),
    )
    .filter(({ values }) => isFew(values) && values.every((value, at) => hasPart(seen[at]?.subject ?? '', value)))
    .toSorted((one, other) => other.values.join('').length - one.values.join('').length)
    .reduce<{ claim: string; values: string[] }[]>(
      (kept, part) =>
        kept.some(({ values }) => values.every((value, at) => value.includes(part.values[at] ?? '')))
          ? kept
          : [...kept, part],
      [],
    )
    .slice(0, MAX_LISTED_CLAIMS);
  if (parts.length === 0) return null;
  return Object.fromEntries(parts.map(({ claim, values }) => [claim, [...new Set(values)].toSorted()] as const));
}

const NEVER_LISTED = ['iss', 'aud', 'sub', 'jti'];

/** No condition on it yet, none that would lift a guard, and nothing that differs in every run. */
function isFree(claim: string, { conditions }: FederatedIdentity, { guards, runClaims }: Preset): boolean {
  const taken = [...Object.keys(conditions ?? {}), ...guards.map(({ liftedBy }) => liftedBy), ...runClaims];
  return !taken.some((other) => asPointer(other) === asPointer(claim));
}

function isFew(values: readonly string[]): boolean {
  const { size } = new Set(values);
  return size > 1 && size <= MAX_LISTED_VALUES && isSettled(values);
}

/** True if the value is some whole segments of the subject. */
function hasPart(subject: string, value: string): boolean {
  if (value === '') return false;
  return `:${subject.replaceAll('/', ':')}:`.includes(`:${value.replaceAll('/', ':')}:`);
}

function segments(subject: string): readonly string[] {
  return subject.split(/[:/@]/);
}
