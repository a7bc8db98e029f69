// The guide's configuration works as it stands: no faults, and every test in it passes.

import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { readDeclaration } from '../../../src/cli/apply/read-declaration.ts';
import { readDocument } from '../../../src/cli/apply/read-document.ts';
import { runTests } from '../../../src/cli/apply/run-tests.ts';
import { declaredConfiguration } from '../../../src/cli/apply/predict-configuration.ts';

const blocks = [...readFileSync('docs/guides/declarative.md', 'utf8').matchAll(/```yaml\n(.*?)```/gs)].map(
  ([, text = '']) => text,
);
const configuration = blocks.find((text) => text.startsWith('name:')) ?? '';
const administratorTest = (blocks.find((text) => text.startsWith('tests:')) ?? '').replace('tests:\n', '');

describe('docs/guides/declarative.md', () => {
  it('declares a configuration without faults whose tests pass, the administrator’s too', () => {
    const { data } = readDocument(configuration + administratorTest, 'guide');
    const { declaration, faults } = readDeclaration(data);
    expect(faults).toEqual([]);
    const results = runTests(
      declaration.tests,
      declaredConfiguration(declaration, declaration.deployment ?? ''),
      1_800_000_000,
    );
    expect(results.map(({ name, why }) => [name, why])).toEqual([
      ['main deploys to the shop', null],
      ['another branch does not', null],
      ['nor does a pull request from a fork', null],
      ['this pipeline may apply this file', null],
    ]);
  });
});
