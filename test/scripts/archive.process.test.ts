// The archive of `npm start`, from the outside: a log that has aged in its database moves to R2 on disk, is listed as before and verified (contract §5.7).

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, describe, expect, it } from 'vitest';

import { freePort } from '../../scripts/local/worker.ts';
import { cambist } from '../cli/support/cli.ts';
import { endAll, printed, startWorker, temporaryDirectory } from '../support/local-process.ts';

const DAY = 86_400;

afterEach(endAll);

/** The one file of a directory, however deep, whose path has these words. */
function fileIn(directory: string, ...words: string[]): string {
  const [found, ...others] = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) =>
    words.every((word) => path.includes(word)),
  );
  expect([found === undefined, others.length]).toEqual([false, 0]);
  return join(directory, found ?? '');
}

/** Lets time pass for all that a stopped Worker has recorded. */
function age(storage: string, days: number): void {
  const [name = ''] = readdirSync(join(storage, 'd1'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\/[0-9a-f]{64}\.sqlite$/.test(path),
  );
  const database = new DatabaseSync(join(storage, 'd1', name));
  database.prepare('UPDATE audit_event SET time = time - ?').run(days * DAY);
  database.close();
}

describe('the archive of npm start', () => {
  it('takes what has aged, shows it as before, and any change of its file is found (contract §5.7)', async () => {
    const [state, port] = [temporaryDirectory(), await freePort()];
    const url = `http://localhost:${port}`;
    const first = startWorker(state, port);
    await printed(first, 'cambist: ready');
    const token = readFileSync(join(state, 'admin-token'), 'utf8').trim();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    for (const name of ['one', 'two'])
      await fetch(`${url}/v1/service-accounts`, { method: 'POST', headers, body: JSON.stringify({ name }) });
    first.child.kill('SIGTERM');
    await first.exited;
    age(join(state, 'storage'), 40);
    await printed(startWorker(state, port), 'cambist: ready');

    const run = async (...argv: string[]): ReturnType<typeof cambist> =>
      await cambist(argv, { env: { CAMBIST_URL: url, CAMBIST_TOKEN: token } });
    const before = await run('audit', '--json');
    expect(before.stdout.trim().split('\n')).toHaveLength(2);
    const archived = async (): Promise<unknown[]> =>
      (await (await fetch(`${url}/v1/audit-archive`, { headers })).json()) as unknown[];
    for (let attempt = 0; attempt < 200 && (await archived()).length === 0; attempt += 1) await sleep(50);
    const verified = await run('audit', 'verify');
    expect([verified.code, verified.stdout]).toEqual([
      0,
      expect.stringMatching(/^1 of 1 objects of default are whole: 2 events, from /),
    ]);
    expect(await run('audit', '--json')).toEqual(before);

    const object = fileIn(join(state, 'storage', 'r2'), 'blobs/');
    const original = readFileSync(object);
    writeFileSync(object, Buffer.from(original).fill(7, 30, 31));
    expect(await run('audit', 'verify')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('object 1 is changed'),
    });
    rmSync(object);
    expect(await run('audit', 'verify')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('object 1 is missing'),
    });
    writeFileSync(object, original);
    expect(await run('audit', 'verify')).toEqual(verified);
  });
});
