// `kill -9` of `npm start` in the middle of 500 exchanges, again and again on one storage directory: nothing answered is lost.

import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { decodeJwt } from 'jose';
import { afterAll, expect, it } from 'vitest';

import { exchangeForm, startWorkload } from '../../bench/workload.ts';
import type { Workload } from '../../bench/workload.ts';
import { freePort } from '../../scripts/local/worker.ts';
import { endAll, printed, recordedWorkerd, startWorker, temporaryDirectory } from '../support/local-process.ts';
import type { Running } from '../support/local-process.ts';

/** `npm run crash` sets 20; a start takes some three seconds, so `npm test` has fewer. */
const CRASHES = Number(process.env['CRASHES'] ?? 2);
const IN_FLIGHT = 500;
/** Which processes die, and after how many answers; they come in bursts, as commits do, so those of a late one may all be out. */
const VICTIMS = ['both', 'workerd', 'supervisor', 'both', 'both'] as const;
const AFTER_ANSWERS = [1, 120, 30, 60, 250, 10, 180, 350, 90, 210] as const;

interface Attempt {
  readonly account: string;
  readonly token: string;
  readonly jti: string;
  readonly isSingleUse: boolean;
}

interface Answered {
  readonly attempt: Attempt;
  readonly tokenId: string;
  readonly requestId: string;
}

interface AuditEvent {
  readonly action: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly requestId: string;
  readonly tokenId: string | null;
  readonly claims: { readonly jti?: string } | null;
  readonly count: number;
}

let workload: Workload | undefined;

afterAll(async () => {
  workload?.close();
  await endAll();
});

it(`loses nothing that was answered to ${CRASHES} kills in the middle of ${IN_FLIGHT} exchanges (contract §0, §3)`, async () => {
  const issuer = (workload = await startWorkload());
  const [state, port] = [temporaryDirectory(), await freePort()];
  const service = `http://127.0.0.1:${port}`;
  let running = await startReady(state, port);
  const accounts = await setUp(service, state, issuer);

  const answered: Answered[] = [];
  const consumed: Attempt[] = [];
  const total = { cutOff: 0, unwritten: 0, writtenUnanswered: 0, replays: 0 };
  for (let crash = 0; crash < CRASHES; crash += 1) {
    const victim = VICTIMS[crash % VICTIMS.length] ?? 'both';
    const attempts = await signAttempts(issuer, `http://localhost:${port}`, accounts);
    const workerd = recordedWorkerd(state).pid;
    const received = await crashAmid(port, attempts, AFTER_ANSWERS[crash % AFTER_ANSWERS.length] ?? 1, () => {
      if (victim !== 'supervisor') process.kill(workerd, 'SIGKILL');
      if (victim !== 'workerd') running.child.kill('SIGKILL');
    });
    await running.exited;
    running = await startReady(state, port);
    // A workerd that outlives its supervisor goes on answering until its successor ends it.
    if (received.size > 0 && received.size < IN_FLIGHT) total.cutOff += 1;

    expect((await fetch(`${service}/readyz`)).status).toBe(200);
    answered.push(...received.values());
    const granted = await grantedEvents(service, state);
    for (const { attempt, tokenId, requestId } of answered) {
      expect(granted.byTokenId.get(tokenId)).toMatchObject({ requestId, claims: { jti: attempt.jti } });
    }

    for (const attempt of attempts) {
      const isWritten = granted.jtis.has(attempt.jti);
      if (!received.has(attempt.jti)) total[isWritten ? 'writtenUnanswered' : 'unwritten'] += 1;
    }
    // Written and consumed are one: what has an event is refused as used, and what has none is still worth a token.
    await inTurns(
      attempts.filter(({ isSingleUse }) => isSingleUse),
      async (attempt) => {
        const again = await exchange(service, attempt);
        expect([attempt.jti, again.status]).toEqual([attempt.jti, granted.jtis.has(attempt.jti) ? 400 : 200]);
        if (again.status === 400) {
          expect(again.body['error_description']).toContain('already used');
          total.replays += 1;
        }
        consumed.push(attempt);
      },
    );
  }
  // Else nothing was shown: most crashes must have come between answers, some of them between a write and its answer.
  expect(total.cutOff).toBeGreaterThanOrEqual(CRASHES / 2);
  expect(total.unwritten).toBeGreaterThan(0);
  expect(total.writtenUnanswered).toBeGreaterThan(0);

  await inTurns(consumed, async (attempt) => {
    expect((await exchange(service, attempt)).body['error_description']).toContain('already used');
    total.replays += 1;
  });
  const events = await auditEvents(service, state);
  const refusals = events.filter(({ outcome, reason }) => outcome === 'refused' && reason === 'token_already_used');
  expect(refusals.reduce((sum, { count }) => sum + count, 0)).toBe(total.replays);
  const grants = new Map<string, number>();
  for (const { outcome, claims } of events) {
    if (outcome === 'granted') grants.set(claims?.jti ?? '', (grants.get(claims?.jti ?? '') ?? 0) + 1);
  }
  expect(consumed.filter(({ jti }) => grants.get(jti) !== 1)).toEqual([]);

  running.child.kill('SIGTERM');
  expect(await running.exited).toEqual({ code: 0, signal: null });
  expect(damagedDatabases(join(state, 'storage'))).toEqual([]);
  // oxlint-disable-next-line no-console -- how much the crashes cut off is the result, not only that nothing was lost
  console.log(
    `${CRASHES} crashes (${total.cutOff} amid the answers): ${answered.length} answered, ${total.writtenUnanswered} written but not answered, ` +
      `${total.unwritten} neither; ${total.replays} replays refused`,
  );
}, 600_000);

async function startReady(state: string, port: number): Promise<Running> {
  const running = startWorker(state, port);
  await printed(running, 'cambist: ready');
  return running;
}

/** Two accounts for the same subject: tokens of `once` are exchanged at most once. */
async function setUp(
  service: string,
  state: string,
  { issuer }: Workload,
): Promise<Readonly<Record<'many' | 'once', string>>> {
  const create = async (path: string, body: object): Promise<string> => {
    const response = await fetch(`${service}/v1/${path}`, {
      method: 'POST',
      headers: { authorization: rootAuthorization(state), 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(201);
    const created: { identity: string } = await response.json();
    return created.identity;
  };
  const providerIdentity = await create('federated-identity-providers', {
    name: 'issuer',
    providerIssuer: issuer,
    preset: 'github',
  });
  const account = async (name: string, replayProtection: 'off' | 'singleUse'): Promise<string> => {
    const serviceAccountIdentity = await create('service-accounts', { name });
    const providerSubject = 'repo:acme@9919/shop@742190:ref:refs/heads/main';
    const rule = { name, serviceAccountIdentity, providerIdentity, providerSubject, replayProtection };
    await create('federated-identities', { ...rule, allowedScopes: ['api:read'] });
    return serviceAccountIdentity;
  };
  return { many: await account('many', 'off'), once: await account('once', 'singleUse') };
}

function signAttempts(
  { sign }: Workload,
  audience: string,
  accounts: Readonly<Record<'many' | 'once', string>>,
): Promise<Attempt[]> {
  return Promise.all(
    Array.from({ length: IN_FLIGHT }, async (_, index) => {
      const isSingleUse = index % 2 === 0;
      const token = await sign(audience);
      const account = isSingleUse ? accounts.once : accounts.many;
      return { account, token, jti: String(decodeJwt(token).jti), isSingleUse };
    }),
  );
}

/** Sends all attempts at once and kills after so many answers; what arrived whole, by the jti of the subject token. */
async function crashAmid(
  port: number,
  attempts: readonly Attempt[],
  afterAnswers: number,
  killNow: () => void,
): Promise<Map<string, Answered>> {
  let arrived = 0;
  // Raw sockets: a heavier client would still read the first answers when the service has sent the last.
  const answers = await Promise.all(
    attempts.map(({ token, account }) =>
      post(port, exchangeForm(token, { service_account_id: account }), () => {
        arrived += 1;
        if (arrived === afterAnswers) killNow();
      }),
    ),
  );
  const received = new Map<string, Answered>();
  answers.forEach((answer, index) => {
    const attempt = attempts[index];
    if (answer === null || attempt === undefined) return;
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    const requestId = /^x-request-id: *(\S+)/im.exec(answer)?.[1] ?? '';
    const token = /"access_token":"([\w.-]+)"/.exec(answer)?.[1] ?? '';
    received.set(attempt.jti, { attempt, tokenId: String(decodeJwt(token).jti), requestId });
  });
  return received;
}

/** One token request on a connection of its own; the whole answer, or null where the connection ended before. */
function post(port: number, body: string, onAnswer: () => void): Promise<string | null> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(
        `POST /oidc/token HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      ),
    );
    socket.setEncoding('latin1').on('data', (text: string) => {
      if (received === '') onAnswer();
      received += text;
    });
    socket.on('error', () => undefined); // it died with the service; 'close' follows
    socket.on('close', () => resolve(isWhole(received) ? received : null));
  });
}

function isWhole(answer: string): boolean {
  const bodyStart = answer.indexOf('\r\n\r\n') + 4;
  const length = /^content-length: *(\d+)/im.exec(answer)?.[1];
  if (bodyStart < 4) return false;
  return length === undefined ? answer.endsWith('0\r\n\r\n') : answer.length >= bodyStart + Number(length);
}

async function exchange(
  service: string,
  { token, account }: Attempt,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${service}/oidc/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: exchangeForm(token, { service_account_id: account }),
  });
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, body };
}

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}

async function grantedEvents(
  service: string,
  state: string,
): Promise<{ readonly byTokenId: ReadonlyMap<string, AuditEvent>; readonly jtis: ReadonlySet<string> }> {
  const granted = (await auditEvents(service, state)).filter(({ outcome }) => outcome === 'granted');
  return {
    byTokenId: new Map(granted.map((event) => [event.tokenId ?? '', event])),
    jtis: new Set(granted.map(({ claims }) => claims?.jti ?? '')),
  };
}

/** Every event of the audit log, as its export gives it (contract §5.7). */
async function auditEvents(service: string, state: string): Promise<AuditEvent[]> {
  const response = await fetch(`${service}/v1/audit-events?action=token.exchange`, {
    headers: { authorization: rootAuthorization(state), accept: 'application/x-ndjson' },
  });
  expect(response.status).toBe(200);
  const lines = (await response.text()).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as AuditEvent);
}

function rootAuthorization(state: string): string {
  return `Bearer ${readFileSync(join(state, 'admin-token'), 'utf8').trim()}`;
}

/** The SQLite files of a stopped service that are not whole, with what SQLite says. */
function damagedDatabases(storage: string): string[] {
  const files = readdirSync(storage, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.sqlite'));
  expect(files.length).toBeGreaterThan(0);
  return files.flatMap((file) => {
    const database = new DatabaseSync(join(storage, file), { readOnly: true });
    const verdict = JSON.stringify(database.prepare('PRAGMA integrity_check').all());
    database.close();
    return verdict === '[{"integrity_check":"ok"}]' ? [] : [`${file}: ${verdict}`];
  });
}
