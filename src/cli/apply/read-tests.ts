// Reads the `tests:` of a configuration: claims, what is asked with them, and what must come of it; runs none.

import type { JsonObject } from '../../token/json.ts';
import { isJsonObject } from '../../token/json.ts';
import type { Child, Report } from './read-declaration.ts';
import type { Place } from './read-document.ts';
import { reasonFault } from './refusal-reasons.ts';

/** One test: a token of these claims must be allowed as an account, or refused for a reason. */
export interface DeclaredTest {
  readonly name: string;
  readonly place: Place;
  readonly claims: JsonObject;
  /** The provider whose issuer stands for `iss` if the claims have none. */
  readonly provider: string | null;
  /** Whom the caller asks to act as; null if it names nobody. */
  readonly serviceAccount: string | null;
  readonly scope: readonly string[] | null;
  readonly audiences: readonly string[];
  readonly project: string | null;
  readonly expected: Expectation;
}

export type Expectation =
  | {
      readonly allowed: string;
      /** Exactly these, in any order; null if they do not matter. */
      readonly roles: readonly string[] | null;
      readonly scopes: readonly string[] | null;
    }
  | { readonly refused: string };

const MEMBERS = [
  'claims',
  'provider',
  'serviceAccount',
  'scope',
  'audience',
  'project',
  'allowed',
  'refused',
  'roles',
  'scopes',
];
/** Reads one test; null if it has a fault. */
export function readTests({ name, value, place }: Child, report: Report): DeclaredTest | null {
  let isSound = true;
  const fault = (member: string, detail: string): null => {
    isSound = false;
    report(member === '' ? place : [...place, member], detail);
    return null;
  };
  const text = (member: string): string | null => {
    const given = value[member] ?? null;
    if (given === null || (typeof given === 'string' && given !== '')) return given;
    return fault(member, 'must be a text that is not empty');
  };
  const list = (member: string): readonly string[] | null => {
    const given = value[member] ?? null;
    if (given === null) return null;
    if (typeof given === 'string') return given.split(' ').filter((part) => part !== '');
    if (Array.isArray(given) && given.every((item) => typeof item === 'string')) return given;
    return fault(member, 'must be a text or a list of texts');
  };
  for (const member of Object.keys(value))
    if (!MEMBERS.includes(member)) fault(member, `is not a part of a test; the parts are ${MEMBERS.join(', ')}`);
  const { claims = null } = value;
  if (!isJsonObject(claims)) fault('claims', 'must be the claims of a token');
  const [allowed, refused] = [text('allowed'), text('refused')];
  if (isSound && (allowed === null) === (refused === null))
    fault('', 'must say either allowed (as which service account) or refused (for which reason)');
  const reason = refused === null ? null : reasonFault(refused);
  if (reason !== null) fault('refused', reason);
  const roles = list('roles');
  const scopes = list('scopes');
  if (refused !== null && (roles !== null || scopes !== null)) fault('refused', 'gives no roles and no scopes');
  const expected: Expectation = allowed === null ? { refused: refused ?? '' } : { allowed, roles, scopes };
  const test: DeclaredTest = {
    name,
    place,
    claims: isJsonObject(claims) ? claims : {},
    provider: text('provider'),
    // A caller that is allowed as an account has usually asked for it.
    serviceAccount: text('serviceAccount') ?? allowed,
    scope: list('scope'),
    audiences: list('audience') ?? [],
    project: text('project'),
    expected,
  };
  return isSound ? test : null;
}
