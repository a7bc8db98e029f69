// Reads the query of a list of audit events and names its next page (contract §5.7); selects nothing itself.

import { recordSubject } from '../../exchange/recorded-claims.ts';
import { isIdentifier, parseTimestamp } from '../../objects/values.ts';
import { AUDIT_ACTIONS, AUDIT_OUTCOMES } from '../../objects/audit-log.ts';
import type { AuditCursor, AuditFilter } from '../../objects/audit-log.ts';
import { MAX_LIST_LIMIT } from '../limits.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';
import type { Fault, Problem } from '../problem.ts';
import { invalid, parameterFault } from './faults.ts';

const PARAMETERS = [
  'since',
  'until',
  'action',
  'outcome',
  'serviceAccount',
  'federatedIdentity',
  'issuer',
  'subject',
  'requestId',
  'limit',
  'cursor',
] as const;
type Parameter = (typeof PARAMETERS)[number];

/** What a query asks for; `isLimited` if it says itself how many events it wants. */
export interface AuditListRequest {
  readonly filter: AuditFilter;
  readonly isLimited: boolean;
}

/** The filter that a query asks for, or a 400 that names every parameter at fault: one ignored would list too much. */
export async function readAuditRequest(url: URL): Promise<Result<AuditListRequest, Problem>> {
  const faults: Fault[] = [];
  const given = new Map<Parameter, string>();
  for (const [name, value] of url.searchParams) {
    const parameter = PARAMETERS.find((known) => known === name);
    if (parameter === undefined)
      faults.push(parameterFault(name, `is not a query parameter of this list; use ${PARAMETERS.join(', ')}`));
    else if (given.has(parameter)) faults.push(parameterFault(name, 'must be given once'));
    else if (value === '') faults.push(parameterFault(name, 'must not be empty'));
    else given.set(parameter, value);
  }
  const read = <T>(name: Parameter, parse: (value: string) => T | null, detail: string): T | null => {
    const value = given.get(name);
    const parsed = value === undefined ? null : parse(value);
    if (value !== undefined && parsed === null) faults.push(parameterFault(name, detail));
    return parsed;
  };
  const oneOf =
    <T extends string>(values: readonly T[]): ((value: string) => T | null) =>
    (value) =>
      values.find((known) => known === value) ?? null;
  const asIs = (name: Parameter): string | null => given.get(name) ?? null;
  const time = 'must be a time as in RFC 3339, such as 2027-01-31T12:00:00Z';
  const subject = asIs('subject');
  const filter: AuditFilter = {
    since: read('since', parseQueryTime, time),
    until: read('until', parseQueryTime, time),
    action: read('action', oneOf(AUDIT_ACTIONS), `must be one of ${AUDIT_ACTIONS.join(', ')}`),
    outcome: read('outcome', oneOf(AUDIT_OUTCOMES), `must be one of ${AUDIT_OUTCOMES.join(', ')}`),
    serviceAccount: asIs('serviceAccount'),
    federatedIdentity: asIs('federatedIdentity'),
    issuer: asIs('issuer'),
    subject: subject === null ? null : await recordSubject(subject),
    requestId: asIs('requestId'),
    before: read('cursor', parseCursor, 'must be taken from the link of an earlier answer'),
    limit: read('limit', parseLimit, `must be a whole number from 1 to ${MAX_LIST_LIMIT}`) ?? MAX_LIST_LIMIT,
  };
  if (faults.length > 0) return refuse(invalid(faults));
  return ok({ filter, isLimited: given.has('limit') });
}

/** The position behind an event, as a cursor is written. */
export function cursorAfter({ time, id }: AuditCursor): string {
  return `${time}.${id}`;
}

function parseCursor(value: string): AuditCursor | null {
  const [, time, id = ''] = /^(\d{1,12})\.(.+)$/.exec(value) ?? [];
  return time !== undefined && isIdentifier('evt', id) ? { time: Number(time), id } : null;
}

function parseLimit(value: string): number | null {
  const limit = /^\d{1,4}$/.test(value) ? Number(value) : 0;
  return limit >= 1 && limit <= MAX_LIST_LIMIT ? limit : null;
}

/** A plus sign of an offset that nobody escaped has become a space. */
function parseQueryTime(value: string): number | null {
  return parseTimestamp(value.replace(/ (\d{2}:\d{2})$/, '+$1'));
}
