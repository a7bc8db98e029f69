// `action.yml`, its README and the code name the same inputs and outputs, and nothing that a runner would not find.

import { existsSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { INPUT_NAMES } from '../../src/action/inputs.ts';

interface Described {
  readonly description?: string;
  readonly required?: boolean;
  readonly default?: string;
}
interface Metadata {
  readonly inputs: Readonly<Record<string, Described>>;
  readonly outputs: Readonly<Record<string, Described>>;
  readonly runs: Readonly<Record<string, string>>;
}

const metadata: Metadata = parse(readFileSync('action/action.yml', 'utf8'));
const readme = readFileSync('action/README.md', 'utf8');
const contract = readFileSync('docs/contract.md', 'utf8');

/** The names in the first column of the table after a heading. */
function namesAfter(markdown: string, heading: string): readonly string[] {
  const section = markdown.split(heading)[1]?.split(/^##/m)[0] ?? '';
  return [...section.matchAll(/^\| `([\w-]+)` /gm)].map(([, name = '']) => name);
}

describe('the metadata of the Action (contract §9)', () => {
  it('names every input of the code, described', () => {
    expect(Object.keys(metadata.inputs)).toEqual(INPUT_NAMES);
    for (const input of Object.values(metadata.inputs)) expect(input.description).toMatch(/\.$/);
    expect(namesAfter(readme, '## Inputs')).toEqual(INPUT_NAMES);
    expect(namesAfter(contract, '### GitHub Action')).toEqual(INPUT_NAMES);
  });

  it('requires the address alone, and revokes if nothing is said', () => {
    const required = Object.entries(metadata.inputs).filter(([, { required: is }]) => is === true);
    expect(required.map(([name]) => name)).toEqual(['url']);
    const defaults = Object.entries(metadata.inputs).flatMap(([name, one]) =>
      one.default === undefined ? [] : [[name, one.default]],
    );
    expect(defaults).toEqual([['revoke', 'true']]);
  });

  it('names every output of the contract', () => {
    const outputs = ['token', 'id-token', 'expires-at', 'scope', 'request-id', 'credentials-file'];
    expect(Object.keys(metadata.outputs)).toEqual(outputs);
    expect(namesAfter(readme, '## Outputs')).toEqual(outputs);
  });

  it('runs files that are there, `post` always', () => {
    const { using, main, post, 'post-if': condition } = metadata.runs;
    expect([using, condition]).toEqual(['node24', 'always()']);
    for (const file of [main, post]) expect(existsSync(`action/${file}`)).toBe(true);
  });
});
