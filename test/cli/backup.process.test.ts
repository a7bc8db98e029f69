// `cambist backup` and `cambist restore` with the real wrangler, on the database of a real `npm start`.

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createIssuer } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';
import { endAll, printed, startWorker } from '../support/local-process.ts';
import { freePort } from '../../scripts/local/worker.ts';
import { cambist } from './support/cli.ts';

const ISSUER = 'https://issuer.example.com';
const ROOT_TOKEN = 'the-root-token-of-a-test-with-48-characters-0000';

/** Whatever could end a statement of SQL, or begin a comment. */
const ODD = 'it\'s; "quoted" -- and /* more BEGIN \\ %s ?1';

let directory = '';
let state = '';
let url = '';
let issuer: TestIssuer;
let stop: () => Promise<void> = endAll;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cambist-backup-'));
  state = join(directory, 'state');
  issuer = await createIssuer({ issuer: ISSUER });
});
afterAll(async () => {
  await endAll();
  rmSync(directory, { recursive: true, force: true });
});

async function serve(): Promise<void> {
  const port = await freePort();
  const worker = startWorker(state, port, { ADMIN_TOKEN: ROOT_TOKEN, ISSUER_URL: 'http://localhost:1' });
  await printed(worker, 'cambist: ready');
  url = `http://localhost:${port}`;
  stop = async () => {
    worker.child.kill('SIGTERM');
    await worker.exited;
  };
}

async function call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${ROOT_TOKEN}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Record<string, unknown>;
}

async function form(path: string, parameters: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${ROOT_TOKEN}` };
  const plain = path === '/oidc/introspect' ? { headers } : {};
  const response = await fetch(url + path, { method: 'POST', body: new URLSearchParams(parameters), ...plain });
  return (await response.json().catch(() => ({}))) as Record<string, unknown>;
}

async function subjectToken(sub: string): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return issuer.sign({
    iss: ISSUER,
    sub,
    aud: 'http://localhost:1',
    jti: crypto.randomUUID(),
    iat: now,
    exp: now + 300,
  });
}

const exchange = async (token: string): Promise<Record<string, unknown>> =>
  form('/oidc/token', {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    subject_token: token,
  });

const isActive = async (token: unknown): Promise<unknown> =>
  (await form('/oidc/introspect', { token: String(token) }))['active'];

describe('a backup', () => {
  it('is restored: configuration goes back, and nothing that was spent can be spent again (contract §8)', async () => {
    await serve();
    const provider = await call('POST', '/v1/federated-identity-providers', {
      name: 'issuer',
      description: ODD,
      providerIssuer: ISSUER,
      localJwks: issuer.jwks,
    });
    const account = await call('POST', '/v1/service-accounts', { name: 'deploy', labels: { team: 'shop' } });
    const rule = async (sub: string, replayProtection: string): Promise<string> => {
      const made = await call('POST', '/v1/federated-identities', {
        name: sub,
        serviceAccountIdentity: account['identity'],
        providerIdentity: provider['identity'],
        providerSubject: sub,
        allowedScopes: ['api:read'],
        replayProtection,
      });
      return String(made['identity']);
    };
    const reused = await rule('often', 'off');
    await rule('once', 'singleUse');
    const { access_token: before } = await exchange(await subjectToken('often'));
    expect(before).toBeDefined();
    expect(await isActive(before)).toBe(true);
    await stop();

    const file = join(directory, 'backup.sql');
    const running = await cambist(['backup', '--out', file, '--state-dir', join(directory, 'nowhere')]);
    expect(running).toMatchObject({ code: 2, stderr: expect.stringContaining('has no database') });
    const backedUp = await cambist(['backup', '--out', file, '--state-dir', state]);
    expect(backedUp).toMatchObject({ code: 0, stderr: '' });
    expect(backedUp.stdout).toContain('1 organisation, 1 provider, 1 account, 2 identities');
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(readFileSync(file, 'utf8')).not.toContain(ROOT_TOKEN);
    expect((await cambist(['backup', '--out', file, '--state-dir', state])).stderr).toContain('is not overwritten');

    await serve();
    const spent = await subjectToken('once');
    expect((await exchange(spent))['access_token']).toBeDefined();
    const { access_token: after } = await exchange(await subjectToken('often'));
    await form('/oidc/revoke', { token: String(before) });
    await call('POST', '/v1/service-accounts', { name: 'later' });
    await call('PATCH', `/v1/federated-identities/${reused}`, { status: 'inactive' });
    const busy = await cambist(['restore', file, '--state-dir', state, '--yes']);
    expect(busy).toMatchObject({ code: 2, stderr: expect.stringContaining('Stop `npm start` first.') });
    await stop();

    const unasked = await cambist(['restore', file, '--state-dir', state]);
    expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining('nothing was changed') });
    const restored = await cambist(['restore', file, '--state-dir', state, '--yes']);
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    expect(restored.stdout).toContain('No key comes back.');

    await serve();
    const accounts = (await call('GET', '/v1/service-accounts')) as unknown as { name: string }[];
    expect(accounts.map(({ name }) => name)).toEqual(['deploy']);
    expect((await call('GET', `/v1/federated-identities/${reused}`))['status']).toBe('active');
    expect((await call('GET', `/v1/federated-identity-providers/${String(provider['identity'])}`))['description']).toBe(
      ODD,
    );
    expect((await exchange(spent))['error_description']).toContain('already used');
    expect([await isActive(before), await isActive(after)]).toEqual([false, false]);
    const { access_token: fresh } = await exchange(await subjectToken('often'));
    expect(await isActive(fresh)).toBe(true);
    // What happened after the backup is still in the log, what was done with the account that is gone, too.
    const events = (await call('GET', '/v1/audit-events')) as unknown as { action: string }[];
    expect(events.filter(({ action }) => action === 'service_account.create')).toHaveLength(2);
    await stop();

    const other = join(directory, 'other.sql');
    writeFileSync(other, 'CREATE TABLE a (b TEXT);');
    expect((await cambist(['restore', other, '--state-dir', state, '--yes'])).stderr).toContain(
      'is no backup of Cambist',
    );
    writeFileSync(other, readFileSync(file, 'utf8').replaceAll('0001_initial.sql', '0009_of_tomorrow.sql'));
    expect((await cambist(['restore', other, '--state-dir', state, '--yes'])).stderr).toContain(
      'The backup is of a newer release, which has 0009_of_tomorrow.sql. Nothing was changed.',
    );
  });
});
