// The one matcher of the battery: a refusal says exactly this, costs nothing it should not, and leaves no trace of a token anywhere.

import { expect } from 'vitest';

import type { DenialReason } from '../../src/exchange/denial.ts';
import type { Answer, Deployment } from '../support/deployment.ts';

export interface Refusal {
  /** 400 by default. */
  readonly status?: number;
  /** `error` of RFC 6749, or the kind of the problem (RFC 9457); `invalid_request` by default, null where there is no body. */
  readonly error?: string | null;
  /** The reason in the decision log and the audit event; null where nothing was decided, as for a 415. */
  readonly reason: DenialReason | null;
  /** The outcome of the audit event; `refused` by default, `shadow` where a rule that only watches would have granted. */
  readonly recorded?: 'refused' | 'shadow';
  /** Requests that may leave: none by default, `issuer` only for the registered issuer's own two documents, or exactly these. */
  readonly fetches?: 'none' | 'issuer' | readonly string[];
  /** What the description must contain. */
  readonly says?: string;
  /** What the answer may not contain, beside tokens. */
  readonly hides?: readonly string[];
}

/** Reasons of tokens that were not verified; no refusal for one of these may ever store anything. */
const VERIFIED_REASONS: ReadonlySet<string> = new Set<DenialReason>([
  'service_account_unknown',
  'no_federated_identity',
  'service_account_inactive',
  'identity_inactive',
  'identity_revoked',
  'identity_expired',
  'rule_invalid',
  'audience_mismatch',
  'subject_mismatch',
  'preset_refused',
  'condition_failed',
  'expression_failed',
  'scope_not_allowed',
  'audience_not_allowed',
  'audience_required',
  'project_not_allowed',
  'token_already_used',
  'ambiguous_service_account',
  'too_many_candidates',
  'rules_too_costly',
]);

/** The root token of every test deployment; a copy, since the tables are read in Node too, where deployments cannot be. */
const ADMIN_TOKEN = 'test-root-token-of-at-least-32-characters';

/** RFC 6749 §5.2. */
const DESCRIPTION = /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/;

export interface Attempt {
  readonly deployment: Deployment;
  readonly ask: () => Promise<Answer>;
  /** The registered issuer's addresses. */
  readonly issuerUrls: readonly string[];
  /** What may not be printed; read after the request, since making it may add to it. */
  readonly secrets: () => readonly string[];
}

/** Sends the request and fails unless it is refused in exactly this way. */
export async function expectRefused(attempt: Attempt, refusal: Refusal): Promise<Answer> {
  const { deployment } = attempt;
  const before = { ...deployment.counts, logs: deployment.logs.length, fetches: deployment.counts.fetches.length };
  const answer = await attempt.ask();
  const logs = deployment.logs.slice(before.logs);
  const rows = await rowsOf(deployment, answer);

  expectAnswer(answer, refusal);
  expectReason(answer, refusal, logs, rows);
  expectFetches(deployment.counts.fetches.slice(before.fetches), refusal, attempt.issuerUrls);
  if (rows.length === 0) expect(deployment.counts.d1Writes - before.d1Writes, 'D1 writes').toBe(0);
  expectNothingLeaked(attempt, answer, logs, rows);
  for (const hidden of refusal.hides ?? []) expect(printed(answer), 'answer').not.toContain(hidden);
  return answer;
}

/** Fails unless the request was granted: the twin of a refusal. */
export function expectGranted(answer: Answer): void {
  expect(answer.status, printed(answer)).toBeLessThan(300);
  if (typeof answer.body?.token_type === 'string') expect(answer.body.access_token).toMatch(/^ey/);
}

function expectAnswer(answer: Answer, { status = 400, error = 'invalid_request', says }: Refusal): void {
  const { body, headers } = answer;
  expect(answer.status, printed(answer)).toBe(status);
  // A 5xx is for what is not the caller's doing; the table says so where it is expected.
  if (status >= 500) expect(status, 'only a 503 may be expected').toBe(503);
  expect(headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('cache-control')).toContain('no-store');
  if (status === 401) expect(headers.get('www-authenticate')).not.toBeNull();
  if (error === 'temporarily_unavailable') expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  if (error === null) return;
  expect(body.access_token).toBeUndefined();
  expect(body.request_id).toBe(headers.get('x-request-id'));
  const said = String(body.error_description ?? body.detail ?? '');
  if (typeof body.type === 'string') expect(body.type).toBe(`urn:cambist:problem:${error}`);
  else {
    expect(body.error, printed(answer)).toBe(error);
    expect(said).toMatch(DESCRIPTION);
    expect(body.message).toBe(body.error_description);
  }
  expect(said).not.toBe('');
  if (says !== undefined) expect(said).toContain(says);
}

type Row = Record<string, unknown>;

function expectReason(
  answer: Answer,
  { reason, recorded = 'refused' }: Refusal,
  logs: readonly Row[],
  rows: readonly Row[],
): void {
  const decisions = logs.filter(
    (line) => line['event'] === 'token.exchange' && line['request_id'] === answer.headers.get('x-request-id'),
  );
  expect(
    decisions.map((line) => [line['outcome'], line['reason']]),
    JSON.stringify(decisions),
  ).toEqual(reason === null ? [] : [['refused', reason]]);
  expect(logs.filter((line) => line['event'] === 'unexpected')).toEqual([]);
  // The request itself may be refused for the reason of a verified token, before one was looked at.
  const isStored = reason !== null && VERIFIED_REASONS.has(reason) && decisions[0]?.['subject'] !== null;
  expect(
    rows.map((row) => [row['outcome'], row['reason']]),
    'audit rows',
  ).toEqual(isStored ? [[recorded, reason]] : []);
}

function expectFetches(
  fetches: readonly string[],
  { fetches: allowed = 'none' }: Refusal,
  own: readonly string[],
): void {
  if (allowed === 'issuer') {
    expect(fetches.length, fetches.join(' ')).toBeLessThanOrEqual(2);
    expect(fetches.filter((url) => !own.includes(url))).toEqual([]);
  } else expect(fetches).toEqual(allowed === 'none' ? [] : allowed);
}

async function rowsOf({ db }: Deployment, { headers }: Answer): Promise<Row[]> {
  const found = await db
    .prepare(
      'SELECT * FROM audit_event WHERE request_id = ?1 OR id IN (SELECT event_id FROM audit_event_request WHERE request_id = ?1)',
    )
    .bind(headers.get('x-request-id'))
    .all<Row>();
  return found.results;
}

function expectNothingLeaked({ secrets }: Attempt, answer: Answer, logs: readonly Row[], rows: readonly Row[]): void {
  const written = [printed(answer), JSON.stringify(logs), JSON.stringify(rows)];
  for (const secret of [...secrets(), ADMIN_TOKEN]) {
    for (const text of written) if (text.includes(secret)) expect.fail(`printed a secret: ${secret.slice(0, 40)}…`);
  }
}

function printed({ body, headers }: Answer): string {
  return JSON.stringify([body, Object.fromEntries(headers)]);
}
