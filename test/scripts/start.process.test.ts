// `npm start` as a user has it: real processes, real sockets, real files, and what a kill at any moment leaves behind.

import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { freePort } from '../../scripts/local/worker.ts';
import {
  endAll,
  ends,
  printed,
  recordedWorkerd,
  start,
  startWorker,
  temporaryDirectory,
} from '../support/local-process.ts';

const READY = 'cambist: ready';

afterEach(endAll);

const secret = (state: string, file: string): string => readFileSync(join(state, file), 'utf8').trim();

async function createServiceAccount(port: number, state: string, name: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/service-accounts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret(state, 'admin-token')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  return response.status;
}

async function serviceAccounts(port: number, state: string): Promise<string[]> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/service-accounts`, {
    headers: { authorization: `Bearer ${secret(state, 'admin-token')}` },
  });
  const accounts: { name: string }[] = await response.json();
  return accounts.map(({ name }) => name).toSorted();
}

async function kids(port: number): Promise<string[]> {
  const response = await fetch(`http://127.0.0.1:${port}/.well-known/jwks.json`);
  const { keys }: { keys: { kid: string; alg: string }[] } = await response.json();
  return keys.map(({ alg, kid }) => `${alg} ${kid}`);
}

describe('npm start', () => {
  it('is ready on localhost and 127.0.0.1, with keys of its own and a standby of each (contract §0)', async () => {
    const [state, port] = [temporaryDirectory(), await freePort()];
    // The script itself, which builds the bundle; the other tests start the one that was built for all of them.
    await printed(start(process.execPath, ['scripts/start.ts'], { STATE_DIR: state, PORT: String(port) }), READY);
    for (const host of ['localhost', '127.0.0.1']) {
      expect((await fetch(`http://${host}:${port}/readyz`)).status).toBe(200);
    }
    const metadata = await (await fetch(`http://localhost:${port}/.well-known/openid-configuration`)).json();
    expect(metadata).toMatchObject({ issuer: `http://localhost:${port}` });
    expect((await kids(port)).map((key) => key.split(' ')[0] ?? '').toSorted()).toEqual([
      'ES256',
      'ES256',
      'RS256',
      'RS256',
    ]);
  });

  it('prints where the root token is, never its value, and keeps secrets for their owner alone (contract §0)', async () => {
    const [state, port] = [temporaryDirectory(), await freePort()];
    const worker = startWorker(state, port);
    await printed(worker, READY);
    expect(worker.output()).toContain('admin-token');
    expect(secret(state, 'admin-token').length).toBeGreaterThanOrEqual(32);
    expect(worker.output()).not.toContain(secret(state, 'admin-token'));
    for (const file of ['admin-token', 'sealing-key']) expect(statSync(join(state, file)).mode & 0o077).toBe(0);
  });

  it('stops cleanly on SIGTERM and finds state and secrets again (contract §0)', async () => {
    const [state, port] = [temporaryDirectory(), await freePort()];
    const first = startWorker(state, port);
    await printed(first, READY);
    const workerd = recordedWorkerd(state);
    expect(await createServiceAccount(port, state, 'kept')).toBe(201);
    const before = { token: secret(state, 'admin-token'), kids: await kids(port) };
    first.child.kill('SIGTERM');
    expect(await first.exited).toEqual({ code: 0, signal: null });
    expect(await ends(workerd)).toBe(true);

    await printed(startWorker(state, port), READY);
    expect(await serviceAccounts(port, state)).toEqual(['kept']);
    expect({ token: secret(state, 'admin-token'), kids: await kids(port) }).toEqual(before);
  });

  it('loses nothing that was acknowledged to kill -9, and takes its port back from the workerd left behind (contract §0)', async () => {
    const [state, port] = [temporaryDirectory(), await freePort()];
    const killed = startWorker(state, port);
    await printed(killed, READY);
    const workerd = recordedWorkerd(state);
    const acknowledged: string[] = [];
    for (let index = 0; index < 10; index += 1) {
      expect(await createServiceAccount(port, state, `account-${index}`)).toBe(201);
      acknowledged.push(`account-${index}`);
    }
    killed.child.kill('SIGKILL');
    await killed.exited;

    await printed(startWorker(state, port), READY);
    expect(await ends(workerd)).toBe(true);
    expect(await serviceAccounts(port, state)).toEqual(acknowledged);
  });

  it('loses nothing that was acknowledged to kill -9 of workerd itself, and says that it ended (contract §0)', async () => {
    const [state, port] = [temporaryDirectory(), await freePort()];
    const worker = startWorker(state, port);
    await printed(worker, READY);
    expect(await createServiceAccount(port, state, 'kept')).toBe(201);
    process.kill(recordedWorkerd(state).pid, 'SIGKILL');
    expect((await worker.exited).code).toBe(1);
    expect(worker.output()).toContain('workerd ended by itself');

    await printed(startWorker(state, port), READY);
    expect(await serviceAccounts(port, state)).toEqual(['kept']);
  });

  it('recovers from kill -9 in the middle of starting (contract §0)', async () => {
    const [state, port] = [temporaryDirectory(), await freePort()];
    for (const delayMs of [200, 1500, 2500]) {
      const killed = startWorker(state, port);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      killed.child.kill('SIGKILL');
      await killed.exited;
    }
    await printed(startWorker(state, port), READY);
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
  });

  it('refuses a STATE_DIR that another run uses, and names it', async () => {
    const [state, port] = [temporaryDirectory(), await freePort()];
    const first = startWorker(state, port);
    await printed(first, READY);
    const second = startWorker(state, await freePort());
    expect((await second.exited).code).toBe(1);
    expect(second.output()).toContain(`in use by process ${first.child.pid}, serving port ${port}`);
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
  });

  it('refuses a port that another program uses, and leaves that program alone', async () => {
    const port = await freePort();
    const other = createServer((_, reply) => reply.end('other')).listen(port, '127.0.0.1');
    try {
      const worker = startWorker(temporaryDirectory(), port);
      expect((await worker.exited).code).toBe(1);
      expect(worker.output()).toContain(`port ${port} is in use by another program`);
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('other');
    } finally {
      other.closeAllConnections();
      other.close();
    }
  });

  it('names every fault of the settings it was given and does not stay up (contract §0)', async () => {
    const worker = startWorker(temporaryDirectory(), await freePort(), { ADMIN_TOKEN: 'short', SIGNING_KEYS: '{' });
    expect((await worker.exited).code).toBe(1);
    expect(worker.output()).toContain('\n  - ADMIN_TOKEN must');
    expect(worker.output()).toContain('\n  - SIGNING_KEYS is not JSON');
  });

  it('takes the root token and the keys from the environment where they are set (contract §0)', async () => {
    const [state, port] = [temporaryDirectory(), await freePort()];
    const token = 'a-token-of-the-environment-0123456789';
    await printed(startWorker(state, port, { ADMIN_TOKEN: token, ISSUER_URL: `http://127.0.0.1:${port}` }), READY);
    const response = await fetch(`http://127.0.0.1:${port}/v1/service-accounts`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(response.status).toBe(200);
    expect(() => secret(state, 'admin-token')).toThrow('ENOENT');
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('leaves nothing behind when npm itself gets %s', async (signal) => {
    const [state, port] = [temporaryDirectory(), await freePort()];
    const npm = start('npm', ['start'], { STATE_DIR: state, PORT: String(port) });
    await printed(npm, READY);
    const workerd = recordedWorkerd(state);
    npm.child.kill(signal);
    await npm.exited;
    expect(await ends(workerd)).toBe(true);
  });
});
