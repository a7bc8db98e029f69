// What package.json and the lockfile promise about where the code that runs comes from.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

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
const manifest = read('package.json') as Record<'dependencies' | 'devDependencies', Record<string, string>> & {
  readonly allowScripts: Record<string, boolean>;
};
const { packages } = read('package-lock.json') as { readonly packages: Record<string, Locked> };
const installed = Object.entries(packages).filter(([path]) => path !== '');

describe('dependencies', () => {
  it('are one exact version each', () => {
    const asked = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
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

  it('contains these packages and no other', () => {
    expect(parts.flatMap(({ name }) => name ?? []).toSorted()).toEqual([
      '@asteasolutions/zod-to-openapi',
      '@hono/zod-openapi',
      '@hono/zod-validator',
      '@marcbachmann/cel-js',
      'hono',
      'jose',
      'typeid-js',
      'uuid',
      'zod',
    ]);
  });

  it('evaluates hono, jose and the ids at the start, and nothing else that others wrote', () => {
    const atStart = parts.flatMap(({ name, atStart: bytes }) => (bytes > 0 ? (name ?? []) : []));
    expect(atStart.toSorted()).toEqual(['hono', 'jose', 'typeid-js', 'uuid']);
  });

  it('contains no package with an install script', () => {
    const scripted = parts.filter(
      ({ name }) => name !== null && packages[`node_modules/${name}`]?.hasInstallScript === true,
    );
    expect(scripted).toEqual([]);
    expect(parts.filter(({ name }) => name !== null && packages[`node_modules/${name}`] === undefined)).toEqual([]);
  });
});
