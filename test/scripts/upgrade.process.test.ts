// From the first migration to a second one and back, with data and under load: a copy of the repository is the next release (contract §8).

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { freePort } from '../../scripts/local/worker.ts';
import { createIssuer } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';
import { endAll, printed, start, startWorker } from '../support/local-process.ts';
import type { Running } from '../support/local-process.ts';

const REPOSITORY = join(import.meta.dirname, '../..');
const ISSUER = 'https://issuer.example.com';
const ROOT_TOKEN = 'the-root-token-of-a-test-with-48-characters-0000';
const SECOND = '0002_made_up.sql';

let directory = '';
let issuer: TestIssuer;
let port = 0;
const url = (): string => `http://localhost:${port}`;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cambist-upgrade-'));
  port = await freePort();
  issuer = await createIssuer({ issuer: ISSUER });
  makeNextRelease(join(directory, 'next'));
});
afterAll(async () => {
  await endAll();
  rmSync(directory, { recursive: true, force: true });
});

/** A copy with one more migration, which it knows and needs. */
function makeNextRelease(copy: string): void {
  for (const part of ['src', 'scripts', 'migrations', 'schema.sql', 'wrangler.toml', 'package.json', 'tsconfig.json'])
    cpSync(join(REPOSITORY, part), join(copy, part), { recursive: true });
  symlinkSync(join(REPOSITORY, 'node_modules'), join(copy, 'node_modules'));
  writeFileSync(
    join(copy, 'migrations', SECOND),
    `ALTER TABLE service_account ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey';
CREATE TABLE paint (id TEXT PRIMARY KEY) STRICT;
CREATE INDEX service_account_by_colour ON service_account (colour);
UPDATE service_account SET colour = 'blue';`,
  );
  const known = join(copy, 'src/store/migrations.ts');
  const text = readFileSync(known, 'utf8');
  const last = readdirSync(join(REPOSITORY, 'migrations')).toSorted().at(-1) ?? '';
  expect(text).toContain(`'${last}'`);
  writeFileSync(known, text.replace(`'${last}'`, `'${last}', '${SECOND}'`));
}

const variables = (): Record<string, string> => ({ ADMIN_TOKEN: ROOT_TOKEN, ISSUER_URL: url() });

async function serve(release: 'this' | 'next'): Promise<Running> {
  const state = join(directory, 'state');
  const running =
    release === 'this'
      ? startWorker(state, port, variables())
      : start(process.execPath, [join(directory, 'next', 'scripts/start.ts')], {
          STATE_DIR: state,
          PORT: String(port),
          ...variables(),
        });
  await printed(running, 'cambist: ready');
  return running;
}

async function stop({ child, exited }: Running): Promise<void> {
  child.kill('SIGTERM');
  expect(await exited).toEqual({ code: 0, signal: null });
}

/** Sends until it is answered: a deployment that is replaced answers nobody for a moment, or 503. */
async function send(method: string, path: string, body: object | URLSearchParams): Promise<Record<string, unknown>> {
  const isForm = body instanceof URLSearchParams;
  for (;;) {
    try {
      const response = await fetch(url() + path, {
        method,
        headers: isForm ? {} : { authorization: `Bearer ${ROOT_TOKEN}`, 'content-type': 'application/json' },
        ...(method === 'GET' ? {} : { body: isForm ? body : JSON.stringify(body) }),
      });
      const answer = (await response.json()) as Record<string, unknown>;
      if (response.ok) return answer;
      // A write whose answer was lost is found by its name.
      if (response.status === 409) return answer['conflictsWith'] as Record<string, unknown>;
      if (response.status !== 503) throw new Error(`${path} answered ${response.status}: ${JSON.stringify(answer)}`);
    } catch (error) {
      if (!(error instanceof TypeError) && !(error instanceof SyntaxError)) throw error;
    }
    await sleep(50);
  }
}

async function exchange(): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: ISSUER, sub: 'job', aud: url(), jti: crypto.randomUUID(), iat: now, exp: now + 300 };
  const { access_token: token } = await send(
    'POST',
    '/oidc/token',
    new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      subject_token: await issuer.sign(claims),
    }),
  );
  return String(token);
}

/** What was acknowledged to clients that never stop. */
interface Load {
  readonly tokens: string[];
  readonly accounts: string[];
  readonly end: () => Promise<void>;
}

function beginLoad(): Load {
  const [tokens, accounts]: [string[], string[]] = [[], []];
  const load = { isEnded: false };
  const repeat = async (work: () => Promise<void>): Promise<void> => {
    while (!load.isEnded) {
      await work();
      await sleep(20);
    }
  };
  const clients = [
    ...[1, 2].map(() => repeat(async () => void tokens.push(await exchange()))),
    repeat(async () => {
      const name = `account ${accounts.length}`;
      await send('POST', '/v1/service-accounts', { name });
      accounts.push(name);
    }),
  ];
  return {
    tokens,
    accounts,
    end: async () => {
      load.isEnded = true;
      await Promise.all(clients);
    },
  };
}

/** Waits until the load has gone on for a while in this release. */
async function more({ tokens }: Load): Promise<void> {
  for (const before = tokens.length; tokens.length < before + 8;) await sleep(20);
}

const ready = async (): Promise<Record<string, unknown>> => send('GET', '/readyz', {});

it('loses nothing on the way to the next release and back, while clients never stop (contract §8)', async () => {
  let running = await serve('this');
  const provider = await send('POST', '/v1/federated-identity-providers', {
    name: 'issuer',
    providerIssuer: ISSUER,
    localJwks: issuer.jwks,
  });
  const account = await send('POST', '/v1/service-accounts', { name: 'deploy' });
  await send('POST', '/v1/federated-identities', {
    name: 'job',
    serviceAccountIdentity: account['identity'],
    providerIdentity: provider['identity'],
    providerSubject: 'job',
    allowedScopes: ['api:read'],
  });
  const load = beginLoad();
  await more(load);

  await stop(running);
  running = await serve('next');
  expect(running.output()).toContain(`migrations applied: ${SECOND}`);
  await more(load);
  expect(await ready()).toEqual({ status: 'ready' });

  await stop(running);
  running = await serve('this');
  await more(load);
  expect(await ready()).toEqual({
    status: 'ready',
    warnings: [
      { setting: 'DB', detail: expect.stringContaining(`it has ${SECOND}, which this release does not know`) },
    ],
  });
  await load.end();

  const listed = (await send('GET', '/v1/service-accounts?limit=1000', {})) as unknown as { name: string }[];
  expect(listed.map(({ name }) => name)).toEqual(expect.arrayContaining(load.accounts));
  expect(listed.filter(({ name }) => name.startsWith('account '))).toHaveLength(load.accounts.length);
  const events = (await send('GET', '/v1/audit-events?limit=1000', {})) as unknown as { tokenId: string | null }[];
  const recorded = new Set(events.map(({ tokenId }) => tokenId));
  const idOf = (token: string): string =>
    (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { jti: string }).jti;
  expect(load.tokens.slice(-600).filter((token) => !recorded.has(idOf(token)))).toEqual([]);
  await stop(running);
});
