// What the Action writes is read by a runner as it was meant, whatever the texts are.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';

import { runnerOf } from '../../src/action/runner.ts';
import { holds } from '../support/runs.ts';
import { readEntries, readLog } from './runner-imitation.ts';

const directory = mkdtempSync(join(tmpdir(), 'cambist-runner-'));
const file = join(directory, 'file');
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const HOSTILE = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom('::', '##[', 'add-mask', 'error', ']', 'x<<E', 'E', '=', '\n', '\r', '%0A', '%', ' ', '\u2028'),
    )
    .map((parts) => parts.join('')),
);

describe('an environment file', () => {
  it('holds any value under its name, and no second name', async () => {
    const runner = runnerOf({ GITHUB_OUTPUT: file }, () => undefined);
    await holds(
      fc.property(HOSTILE, HOSTILE, (first, second) => {
        writeFileSync(file, '');
        runner.setOutput('one', first);
        runner.setOutput('two', second);
        expect(readEntries(readFileSync(file, 'utf8'))).toEqual({ one: utf8(first), two: utf8(second) });
      }),
    );
  });

  it('is missed by name if no runner is there', () => {
    const runner = runnerOf({}, () => undefined);
    expect(() => runner.saveState('a', 'b')).toThrow('GITHUB_STATE is not set');
    // Enterprise Server of before 3.8 has no page for it.
    expect(() => runner.summarise('text')).not.toThrow();
  });
});

describe('the log', () => {
  it('has no command but ours, in whatever text', async () => {
    await holds(
      fc.property(HOSTILE, (text) => {
        const lines: string[] = [];
        const runner = runnerOf({}, (line) => lines.push(line));
        runner.say(`Cambist ${text}`);
        runner.annotate('error', text);
        expect(lines).toHaveLength(2);
        for (const line of lines) expect(line.trimEnd()).not.toMatch(/[\r\n]|##\[/);
        const { annotations, masks } = readLog(lines.join(''));
        expect(masks).toEqual([]);
        expect(annotations).toHaveLength(1);
      }),
    );
  });

  it('masks a value as it is', () => {
    const lines: string[] = [];
    const runner = runnerOf({}, (line) => lines.push(line));
    runner.mask('a%0Ab');
    runner.mask('');
    expect(readLog(lines.join('')).masks).toEqual(['a%0Ab']);
  });
});

/** A lone half of a pair cannot be written. */
function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
