// `npm run demo` as a user sees it: the whole story, exit 0, nothing left behind.

import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';

import { afterEach, describe, expect, it } from 'vitest';

import { endAll, start } from '../support/local-process.ts';

const leftovers = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('cambist-demo-'));

afterEach(endAll);

describe('npm run demo', () => {
  it('tells the story in under a minute, exits 0 and cleans up (contract §0)', async () => {
    const before = leftovers();
    const started = performance.now();
    const demo = start(process.execPath, ['scripts/demo.ts']);
    expect(await demo.exited, demo.output()).toEqual({ code: 0, signal: null });
    expect(performance.now() - started).toBeLessThan(60_000);
    for (const shown of [
      'repo:acme/shop:ref:refs/heads/main',
      'repo:acme@9919/shop@742190:ref:refs/heads/main',
      'GET /deployments with the token: 200',
      'caller gets',
      'operator gets',
    ]) {
      expect(demo.output()).toContain(shown);
    }
    expect(demo.output()).not.toContain('\u001b[');
    expect(leftovers()).toEqual(before);
  });
});
