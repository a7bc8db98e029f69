// `cambist agent` as a process against a deployment whose tokens live for seconds: renewals, trouble, health, reactions and the end (contract §9).

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { startCli } from '../cli-run.ts';
import { imitate, token } from '../sources/imitation.ts';
import type { Imitation } from '../sources/imitation.ts';

const LIFETIME_SECONDS = 4;

let deployment: Imitation;
let directory = '';
let isDown = false;
let turn = 0;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cambist-agent-'));
  deployment = await imitate((_, response) => {
    turn += 1;
    response.writeHead(isDown ? 503 : 200, { 'content-type': 'application/json' });
    response.end(
      isDown
        ? '{"error":"temporarily_unavailable"}'
        : JSON.stringify({
            access_token: token({ sub: `turn-${turn}` }),
            issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
            token_type: 'Bearer',
            expires_in: LIFETIME_SECONDS,
          }),
    );
  });
});

afterAll(async () => {
  await deployment.close();
  rmSync(directory, { recursive: true, force: true });
});

const file = (name: string): string => join(directory, name);
const read = (name: string): string => (existsSync(file(name)) ? readFileSync(file(name), 'utf8') : '');

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await sleep(50);
}

/** A request whose Host header is what a test says. */
async function ask(url: string, { method = 'GET', host }: { method?: string; host?: string } = {}): Promise<number> {
  return await new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: host === undefined ? {} : { host } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.once('error', reject);
    sent.end();
  });
}

/** The first line of the answer to a target that `fetch` would not send. */
async function askRaw(url: string, target: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return await new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.end(`GET ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
    });
    let text = '';
    socket.setEncoding('utf8').on('data', (more: string) => (text += more));
    socket.once('error', reject).once('close', () => resolve(text.split('\r\n')[0] ?? ''));
  });
}

it('renews, reacts, survives an outage, says how it is, and ends with what it started', async () => {
  const script =
    'echo $$ > child-pid; trap "echo changed >> heard" HUP; trap "echo ended >> heard; exit" TERM; while :; do sleep 0.05; done';
  writeFileSync(
    file('agent.yaml'),
    `$schema: ./agent.schema.json
url: ${deployment.origin}
outputs:
  - type: token
    path: ${file('token')}
    command: echo ran >> ${file('ran')}
  - type: docker-config
    path: ${file('docker.json')}
    registry: registry.example.com
    command: [sh, -c, 'cd ${directory}; ${script}']
    signal: HUP
`,
  );
  const { child, ended, stdout } = startCli(['agent', '--config', file('agent.yaml')], { CAMBIST_ID_TOKEN: token() });
  await until(() => stdout().includes('/healthz'));
  const url = /http:\/\/127\.0\.0\.1:\d+\/healthz/.exec(stdout())?.[0] ?? '';
  await until(async () => (await ask(url)) === 200);
  expect(statSync(file('token')).mode & 0o777).toBe(0o600);
  const first = read('token');
  const startedAt = Date.now();
  await until(() => read('token') !== first);
  // At two thirds of the lifetime, or up to a tenth of that earlier.
  expect((Date.now() - startedAt) / 1000).toBeGreaterThan(LIFETIME_SECONDS * 0.4);
  expect((Date.now() - startedAt) / 1000).toBeLessThan(LIFETIME_SECONDS);
  await until(() => read('ran').split('\n').length > 2 && read('heard').includes('changed'));

  expect(await ask(url, { method: 'HEAD' })).toBe(200);
  expect(await ask(url, { method: 'POST' })).toBe(405);
  expect(await ask(url.replace('healthz', 'token'))).toBe(404);
  expect(await ask(url, { host: 'rebound.example.com' })).toBe(403);
  for (const target of ['//', '/\\[', 'http://[', '*'])
    expect(await askRaw(url, target)).toBe('HTTP/1.1 404 Not Found');
  expect(await askRaw(url, '/healthz?now')).toBe('HTTP/1.1 200 OK');
  const healthy = await fetch(url);
  expect(healthy.headers.get('cache-control')).toBe('no-store');
  expect(await healthy.json()).toMatchObject({
    status: 'ok',
    outputs: [{ type: 'token', path: file('token'), state: 'fresh' }, {}],
  });

  isDown = true;
  await until(async () => (await ask(url)) === 503);
  expect(read('token')).toMatch(/\./);
  expect(await (await fetch(url)).json()).toMatchObject({
    status: 'failing',
    outputs: expect.arrayContaining([expect.objectContaining({ state: 'expired' })]),
  });
  isDown = false;
  await until(async () => (await ask(url)) === 200);

  const childPid = Number(read('child-pid'));
  child.kill('SIGTERM');
  const end = await ended;
  expect(end.code).toBe(0);
  expect(read('heard')).toContain('ended');
  expect(() => process.kill(childPid, 0)).toThrow('ESRCH');
  expect(existsSync(file('token'))).toBe(true);
  expect(end.stdout + end.stderr).not.toContain(read('token'));
}, 60_000);

it('refuses a port that is taken', async () => {
  const at = deployment.host;
  const args = ['agent', '--url', deployment.origin, '--output', `token=${file('other')}`, '--listen', at];
  const { code, stderr } = await startCli(args, { CAMBIST_ID_TOKEN: token() }).ended;
  expect([code, stderr]).toEqual([1, `✖ The agent cannot listen on ${at} (EADDRINUSE).\n`]);
});
