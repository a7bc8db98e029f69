// Every export of the SDK says in a sentence what it is for, and shows it.

import { describe, expect, it } from 'vitest';

import * as client from '../../src/sdk/client/index.ts';
import * as hono from '../../src/sdk/hono/hono.ts';
import * as verify from '../../src/sdk/verify/verify.ts';
import { exampleIn, sdkExports } from './sdk-exports.ts';

const exported = sdkExports();

it('are found, those that run and those that are types', () => {
  const names = new Set(exported.map(({ name }) => name));
  const running = [client, verify, hono].flatMap((entry) => Object.keys(entry));
  expect(running.filter((name) => !names.has(name))).toEqual([]);
  expect(names.size).toBeGreaterThan(running.length);
});

describe.each(exported)('$name', ({ name, documentation }) => {
  it('has a sentence, and an example that imports it', () => {
    expect(documentation).toMatch(/^[A-Z`].*\./);
    expect(exampleIn(documentation) ?? '').toMatch(
      new RegExp(`import (?:type )?\\{[^}]*\\b${name}\\b[^}]*\\} from '@cambist/sdk`),
    );
  });
});
