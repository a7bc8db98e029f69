// What package.json and the lockfile promise about where the code that runs comes from.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { driftOf, pageOf } from '../../scripts/generate-supply-chain.ts';
import { weighWorker } from '../../scripts/local/weigh.ts';
import type { Part } from '../../scripts/local/weigh.ts';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly link?: boolean;
}

const read = (file: string): unknown => JSON.parse(readFileSync(join(import.meta.dirname, '../..', file), 'utf8'));
interface Manifest {
  readonly dependencies: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}
const manifest = read('package.json') as Manifest & { readonly allowScripts: Record<string, boolean> };
const published = ['packages/sdk', 'packages/cli'].map((folder) => read(`${folder}/package.json`) as Manifest);
const { packages } = read('package-lock.json') as { readonly packages: Record<string, Locked> };
/** What comes from elsewhere; the packages of this repository are links to its own folders. */
const installed = Object.entries(packages).filter(
  ([path, { link }]) => path.startsWith('node_modules/') && link !== true,
);

describe('dependencies', () => {
  it('are one exact version each', () => {
    const asked = [manifest, ...published].flatMap((one) =>
      Object.entries({ ...one.dependencies, ...one.devDependencies }),
    );
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it('are locked by hash, and come from the registry alone', () => {
    expect(installed.length).toBeGreaterThan(100);
    expect(
      installed.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true).map(([path]) => path),
    ).toEqual([]);
    const elsewhere = installed.filter(
      ([, { resolved }]) => resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/'),
    );
    expect(elsewhere).toEqual([]);
  });

  it('run no script when they are installed, but for the three that are named', () => {
    const scripted = installed
      .filter(([, { hasInstallScript }]) => hasInstallScript === true)
      .map(([path]) => path.replace(/.*node_modules\//, ''));
    const unnamed = scripted.filter((name) => manifest.allowScripts[name] !== true);
    expect(unnamed.filter((name) => name !== 'fsevents')).toEqual([]);
    expect(Object.keys(manifest.allowScripts)).toEqual(['esbuild', 'node', 'workerd']);
  });
});

describe('the bundle of the Worker', () => {
  let parts: readonly Part[];
  beforeAll(async () => {
    ({ parts } = await weighWorker());
  });

  it('contains no package with an install script', () => {
    const scripted = parts.filter(
      ({ name }) => name !== null && packages[`node_modules/${name}`]?.hasInstallScript === true,
    );
    expect(scripted).toEqual([]);
    expect(parts.filter(({ name }) => name !== null && packages[`node_modules/${name}`] === undefined)).toEqual([]);
  });
});

describe('docs/supply-chain.md', () => {
  const part = (name: string | null, version: string, atStart: number, later = 0): Part => ({
    name,
    version,
    atStart: atStart * 1024,
    later: later * 1024,
  });
  const parts = [part(null, '0.1.0', 300, 150), part('hono', '4.13.19', 57), part('@a/b', '1.0.0', 0, 100)];
  const page = pageOf(parts);

  it('holds for the bundle that it was written of, and for one of nearly its size', () => {
    expect(driftOf(page, parts)).toEqual([]);
    const nearly = parts.map((one) => ({ ...one, atStart: one.atStart * 1.09, later: one.later * 0.92 }));
    expect(driftOf(page, nearly)).toEqual([]);
  });

  it.each([
    ['a new package', [...parts, part('left-pad', '1.3.0', 1)], 'left-pad is new in the bundle'],
    ['a package less', parts.slice(0, 2), '@a/b is not in the bundle'],
    ['another version', parts.with(1, part('hono', '4.13.20', 57)), 'hono is now 4.13.20'],
    ['a larger size', parts.with(1, part('hono', '4.13.19', 64)), 'hono is now 64.0 and 0.0 KiB'],
    ['a package that moved to the start', parts.with(2, part('@a/b', '1.0.0', 100)), '@a/b is now 100.0 and 0.0 KiB'],
  ])('names %s', (_what, changed, named) => {
    expect(driftOf(page, changed)).toEqual([named]);
  });

  it('names text that somebody edited', () => {
    expect(driftOf(page.replace('bill of materials', 'bill'), parts)).toEqual(['its text is another']);
  });
});
