// Runs exchanges of several isolates, changes and faults in an order that a list of numbers decides, and judges each decision at the moment it is written.

import { AsyncLocalStorage } from 'node:async_hooks';

import type { VerifiedClaims } from '../../../src/token/claims.ts';
import { denial } from '../../../src/exchange/denial.ts';
import { exchangeToken } from '../../../src/exchange/exchange.ts';
import { createFactsMemory } from '../../../src/exchange/facts-memory.ts';
import { StorageUnavailable } from '../../../src/exchange/ports.ts';
import type { ExchangeDeps } from '../../../src/exchange/ports.ts';
import { newTrace } from '../../../src/exchange/record.ts';
import { NOTHING_ASKED } from '../../../src/exchange/request.ts';
import { ok, refuse } from '../../../src/exchange/result.ts';
import { newId, newUuid } from '../../../src/new-id.ts';
import { createIdentityCache } from '../../../src/rules/compiled-rules.ts';
import { createDecisionRecorder } from '../../../src/store/decisions.ts';
import { readExchangeFacts, readHeldRoles } from '../../../src/store/exchange-facts.ts';
import { onEachTrip } from '../d1-trips.ts';
import type { D1Trip } from '../d1-trips.ts';
import { encodeSegment } from '../issuer.ts';
import { sqliteD1 } from '../sqlite-d1.ts';
import type { SqliteD1 } from '../sqlite-d1.ts';
import { ACCOUNTS, byApi, byHand, SUBJECTS, WORLD } from './changes.ts';
import { AUDIENCE, ISSUER, ORGANISATION, whatTheRulesGive } from './rulebook.ts';
import type { Given, Presented } from './rulebook.ts';

const ISOLATES = 3;
const START = 1_000;

/** One exchange while it runs. */
interface Attempt extends Presented {
  readonly requestId: string;
  /** What the rules gave when its grant was written. */
  granted: Given | null;
  /** What the rules gave when the facts of its last read were read. */
  lastRead: Given | null | undefined;
}

export interface Judgement {
  readonly violations: readonly string[];
  readonly granted: number;
  readonly refused: number;
  readonly unavailable: number;
  /** Grants that were decided once more since the rules had changed. */
  readonly decidedAgain: number;
}

/** `sabotage` changes the database or its statements, to show that the judge would notice. */
export interface Sabotage {
  readonly sql?: (text: string) => string;
  readonly prepare?: string;
}

/** Plays histories on one database, which each begins anew; the same numbers play the same history. */
export function historyPlayer(sabotage: Sabotage = {}): (choices: readonly number[]) => Promise<Judgement> {
  const database = sqliteD1(sabotage.sql);
  if (sabotage.prepare !== undefined) database.sqlite.exec(sabotage.prepare);
  return (choices) => playHistory(choices, database);
}

async function playHistory(choices: readonly number[], { db: plain, sqlite }: SqliteD1): Promise<Judgement> {
  sqlite.exec(WORLD);
  const violations: string[] = [];
  const counts = { granted: 0, refused: 0, unavailable: 0, decidedAgain: 0 };
  const current = new AsyncLocalStorage<Attempt>();
  const attempts = new Map<string, Attempt>();
  const waiting: { readonly trip: D1Trip; readonly attempt: Attempt | null; readonly settle: (how: Fault) => void }[] =
    [];
  const late: (() => Promise<void>)[] = [];
  const running = new Set<object>();
  let judged = 0;
  let now = START;
  let at = 0;

  const next = (limit: number): number => (choices[at++] ?? 0) % limit;
  const pick = <T>(of: readonly T[]): T => of[next(of.length)] as T;

  /** Looks at what was written since, before anything else can happen. */
  const judge = (): void => {
    const written = sqlite
      .prepare(
        'SELECT rowid, request_id, outcome, reason, federated_identity_id AS identity, count FROM audit_event WHERE rowid > ? ORDER BY rowid',
      )
      .all(judged);
    for (const { rowid, request_id: requestId, outcome, reason, identity } of written) {
      judged = Number(rowid);
      const attempt = attempts.get(String(requestId));
      if (attempt === undefined || (outcome !== 'granted' && outcome !== 'refused')) continue;
      const given = whatTheRulesGive(sqlite, attempt);
      const about = `${JSON.stringify(attempt)}: ${JSON.stringify(given)}`;
      if (outcome === 'granted') {
        if (given?.identity !== identity) violations.push(`granted by ${identity} against the rules: ${about}`);
        attempt.granted = given;
      } else if (reason === 'token_already_used') {
        const uses = sqlite.prepare(
          "SELECT count(*) AS n FROM audit_event WHERE outcome = 'granted' AND claims ->> 'jti' = ?",
        );
        if (uses.get(attempt.jti)?.['n'] === 0) violations.push(`called used and never was: ${about}`);
      } else if (given !== null) violations.push(`refused for ${reason} against the rules: ${about}`);
    }
  };
  const carry = async (trip: D1Trip): Promise<D1Result[]> => {
    const attempt = current.getStore() ?? null;
    const how = await new Promise<Fault>((settle) => waiting.push({ trip, attempt, settle }));
    const carryOut = async (): Promise<D1Result[]> => {
      const results = await trip.carryOut();
      judge();
      if (attempt !== null && trip.sql.some((sql) => sql.includes("'context'")))
        attempt.lastRead = whatTheRulesGive(sqlite, attempt);
      return results;
    };
    if (how === 'well') return carryOut();
    if (how === 'lost') await carryOut();
    if (how === 'late') late.push(async () => void (await carryOut().catch(() => undefined)));
    throw new Error(`D1_ERROR: ${how}`);
  };
  const db = onEachTrip(plain, carry);

  const isolate = (): ExchangeDeps => {
    const defaults = { organisation: ORGANISATION, audience: AUDIENCE };
    const memory = createFactsMemory({
      facts: (query, subjectKeys) => readExchangeFacts(db, defaults, query, subjectKeys),
      heldRoles: (organisationId, ids) => readHeldRoles(db, organisationId, ids),
    });
    return {
      readFacts: memory.read,
      knownFacts: memory.known,
      readHeldRoles: memory.heldRoles,
      ...createDecisionRecorder(db),
      compileIdentities: createIdentityCache({ issuerUrl: ISSUER, defaultAudience: AUDIENCE }),
      verifySubjectToken: async ({ claims }, provider) => {
        if (Number(claims['keys']) < provider.keysVersion)
          return refuse(denial('signature_invalid', 'by a key that was withdrawn'));
        const subject = String(claims['sub']);
        const key = `${subject} ${String(claims['jti'])}`;
        const verified = {
          claims,
          issuer: provider.providerIssuer,
          subject,
          expiresAt: 2_000,
          replayKey: async () => key,
        };
        return ok({ verified: verified as VerifiedClaims, fetched: null, stale: false });
      },
      signerFor: async (_purpose, states) => {
        const kid = states.find(({ status }) => status === 'active')?.kid;
        if (kid === undefined) return refuse(denial('configuration_invalid', 'no key signs'));
        return ok(async (claims) => JSON.stringify({ kid, claims }));
      },
      newId,
      grantEventId: () => newId('evt'),
      newTokenId: () => newUuid(),
      issuerUrl: ISSUER,
      defaultOrganisationId: ORGANISATION,
    };
  };
  const isolates = Array.from({ length: ISOLATES }, isolate);

  const exchange = async (deps: ExchangeDeps): Promise<void> => {
    const attempt: Attempt = {
      requestId: newUuid(),
      subject: pick(SUBJECTS),
      jti: `t${next(4)}`,
      keysVersion: pick([1, 2, 2]),
      account: pick([null, null, ...ACCOUNTS]),
      scope: pick([null, 'read', 'write']),
      now,
      granted: null,
      lastRead: undefined,
    };
    attempts.set(attempt.requestId, attempt);
    const { subject: sub, jti, account, scope, keysVersion: keys, requestId } = attempt;
    const compact = `${encodeSegment({ alg: 'ES256', kid: 'k' })}.${encodeSegment({ iss: ISSUER, sub, jti, keys, aud: ISSUER })}.AAAA`;
    const asked = { ...NOTHING_ASKED, serviceAccount: account, scope: scope === null ? null : [scope] };
    try {
      const result = await exchangeToken(
        { ...asked, requestId, ip: null, now, subjectToken: compact },
        deps,
        newTrace(),
      );
      if (!result.ok) {
        counts.refused += 1;
        // What is refused before the token is verified has no event; it is judged by the moment of its last read.
        if (
          attempt.lastRead !== null &&
          attempt.lastRead !== undefined &&
          !hasEvent(requestId) &&
          result.error.reason !== 'token_already_used'
        )
          violations.push(`refused for ${result.error.reason} against what was read: ${JSON.stringify(attempt)}`);
        return;
      }
      counts.granted += 1;
      const { kid, claims } = JSON.parse(result.value.token) as { kid: string; claims: Record<string, unknown> };
      const released: Given = {
        identity: String(claims['federated_identity']),
        account: String(claims['sub']),
        scope: String(claims['scope']),
        roles: ((claims['roles'] ?? []) as string[]).join(','),
        lifetime: Number(claims['exp']) - Number(claims['iat']),
        kid,
      };
      if (JSON.stringify(released) !== JSON.stringify(attempt.granted))
        violations.push(`released ${JSON.stringify(released)}, and the rules gave ${JSON.stringify(attempt.granted)}`);
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) violations.push(String(error));
      counts.unavailable += 1;
    }
  };
  const hasEvent = (requestId: string): boolean =>
    sqlite
      .prepare(
        'SELECT (SELECT count(*) FROM audit_event WHERE request_id = ?1) + (SELECT count(*) FROM audit_event_request WHERE request_id = ?1) AS n',
      )
      .get(requestId)?.['n'] !== 0;

  const start = (work: () => Promise<void>): void => {
    running.add(work);
    void work()
      .catch(() => undefined)
      .finally(() => running.delete(work));
  };
  const release = async (fault: Fault): Promise<void> => {
    const [one] = waiting.splice(next(waiting.length), 1);
    one?.settle(fault);
    await quiet();
  };
  /** Until everybody waits for D1 or has ended. */
  const quiet = async (): Promise<void> => {
    do await new Promise<void>((resolve) => setImmediate(resolve));
    while (waiting.length < running.size);
  };

  while (at < choices.length) {
    const step = next(16);
    if (step < 3) {
      const deps = pick(isolates);
      start(() => exchange(deps));
      await quiet();
    } else if (step < 5) byHand(sqlite, pick);
    else if (step === 5) {
      start(() => byApi(db, pick));
      await quiet();
    } else if (step === 6) isolates[next(ISOLATES)] = isolate();
    else if (step === 7) now += pick([1, 5, 30, -10]);
    else if (step === 8) await late.shift()?.();
    else if (waiting.length > 0) await release(step === 9 ? pick(['lost', 'late', 'failed'] as const) : 'well');
  }
  while (running.size > 0) await release('well');
  for (const one of late) await one();

  const twice = sqlite.prepare(
    `SELECT claims ->> 'jti' AS jti, federated_identity_id AS identity, count(*) AS n FROM audit_event
     WHERE outcome = 'granted' AND EXISTS (SELECT 1 FROM used_token WHERE token_id = audit_event.token_id) GROUP BY subject, jti HAVING n > 1`,
  );
  for (const row of twice.all()) violations.push(`used twice: ${JSON.stringify(row)}`);
  return { violations, ...counts };
}

type Fault = 'well' | 'lost' | 'late' | 'failed';
