// A grant as its audit event recorded it, and what a rule would decide about it, by the functions that decide an exchange.

import { decide } from '../exchange/decide.ts';
import { askedAgain } from '../exchange/recorded-asked.ts';
import { NOTHING_ASKED } from '../exchange/request.ts';
import type { Asked } from '../exchange/request.ts';
import type { ListedAuditEvent } from '../objects/audit-log.ts';
import { asPointer } from '../rules/listed-values.ts';
import type { Narrowed } from '../rules/narrow.ts';
import type { CompiledIdentity } from '../rules/rule.ts';
import { readClaim } from '../token/json.ts';
import type { JsonObject, JsonValue } from '../token/json.ts';
import { readSubject } from '../token/subject-claim.ts';

/** What is known of one grant. */
export interface RecordedGrant {
  /** Epoch seconds. */
  readonly time: number;
  /** Null if the event was written without them. */
  readonly claims: JsonObject | null;
  /** Names of claims that were left out, or how many more there are; null if none were. */
  readonly omitted: readonly string[] | null;
  /** Null if the record lacks some of it. */
  readonly asked: Asked | null;
}

/** A grant with claims and what was asked for. */
export type WholeGrant = RecordedGrant & { readonly claims: JsonObject; readonly asked: Asked };

/** What deciding reads beside the rule. */
export interface Surroundings {
  readonly issuerUrl: string;
  readonly provider: { readonly providerIssuer: string; readonly subjectClaim: string };
}

/** The grant that an event of outcome `granted` or `shadow` tells of. */
export function recordedGrant({ time, claims, claimsOmitted, asked }: ListedAuditEvent): RecordedGrant {
  return { time, claims, omitted: claimsOmitted, asked: asked === null ? NOTHING_ASKED : askedAgain(asked) };
}

/** True if everything is recorded that the rule looks at. */
export function isWhole(grant: RecordedGrant, rule: CompiledIdentity): grant is WholeGrant {
  const { claims, omitted, asked } = grant;
  if (claims === null || asked === null) return false;
  if (omitted === null) return true;
  const read = claimsReadBy(rule)?.map(asPointer);
  // An expression may read any claim, and a list that was cut off does not name all that are missing.
  if (read === undefined || omitted.some((name) => name.includes(' '))) return false;
  return !omitted.some((name) =>
    read.some((claim) => claim === asPointer(name) || claim.startsWith(`${asPointer(name)}/`)),
  );
}

/** The claims that the rule looks at; null if it may be any. */
function claimsReadBy({ identity, subjectClaim, guards }: CompiledIdentity): readonly string[] | null {
  if (identity.expression !== null) return null;
  return [
    'sub',
    'aud',
    subjectClaim,
    ...SUBJECT_CLAIMS,
    ...Object.keys(identity.conditions ?? {}),
    ...guards.flatMap(({ guard }) => [
      guard.liftedBy,
      ...(guard.kind === 'differs' ? [...guard.claims, guard.when.claim] : [guard.claim]),
    ]),
  ];
}

/** From which the two forms of a GitHub subject are derived. */
const SUBJECT_CLAIMS = ['repository', 'repository_id', 'repository_owner', 'repository_owner_id'];

/** What a rule gives for a grant; null if it refuses it. */
export type TryGrant = (grant: WholeGrant) => Narrowed | null;

/** Tries grants with a rule. Those that say the same in all that the rule looks at are decided once: a job's tokens differ in little else. */
export function tryWith(rule: CompiledIdentity, surroundings: Surroundings): TryGrant {
  const known = new Map<string, Narrowed | null>();
  const read = rule.identity.expiresAt === null ? claimsReadBy(rule) : null;
  return ({ claims, asked, time }) => {
    if (read === null) return decideAlone(rule, claims, asked, time, surroundings);
    const key = JSON.stringify([asked, ...read.map((name) => seenAs(readClaim(claims, name)))]);
    const decided = known.get(key);
    if (decided !== undefined) return decided;
    const given = decideAlone(rule, claims, asked, time, surroundings);
    known.set(key, given);
    return given;
  };
}

/** What the rule gives for these claims at `now`; null if it refuses them. Projects are not asked for: no proposal changes who may enter one. */
export function decideAlone(
  rule: CompiledIdentity,
  claims: JsonObject,
  asked: Asked,
  now: number,
  { issuerUrl, provider }: Surroundings,
): Narrowed | null {
  const subject = readSubject(claims, provider);
  if (!subject.ok) return null;
  const decision = decide(
    { ...asked, project: null, now },
    { serviceAccount: null, truncated: false, heldRoles: [] },
    [rule],
    { claims, issuer: provider.providerIssuer, subject: subject.value },
    issuerUrl,
  );
  return decision.granted ? decision.narrowed : null;
}

/** Absent is not null: a guard tells them apart. */
function seenAs(value: JsonValue | undefined): readonly JsonValue[] {
  return value === undefined ? [] : [value];
}

/** True if both tokens would be the same, but for the roles, which no proposal changes. */
export function givesTheSame(one: Narrowed, other: Narrowed): boolean {
  return (
    one.lifetimeSeconds === other.lifetimeSeconds &&
    one.scope.join(' ') === other.scope.join(' ') &&
    one.audiences.join('\n') === other.audiences.join('\n')
  );
}
