// `npm run fuzz` finds every property test by its name, and no property test can escape the number of runs it asks for.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { ROOT } from '../../scripts/local/bundle.ts';

const files = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => ({ file, text: readFileSync(join(ROOT, 'test', file), 'utf8') }));

describe('property tests', () => {
  it('have .property. in their name exactly where they check properties', () => {
    const checking = files.filter(
      ({ file, text }) => file.endsWith('.test.ts') && /from '(?:\.\.?\/)+(?:support\/runs|mutation)\.ts'/.test(text),
    );
    const named = files.filter(({ file }) => /\.property\.(?:worker\.)?test\.ts$/.test(file));
    expect(named.map(({ file }) => file)).toEqual(checking.map(({ file }) => file));
    expect(named.length).toBeGreaterThan(10);
  });

  it('call fast-check nowhere but in support/runs.ts, so that the command decides how often they run', () => {
    const calls = files.filter(({ text }) =>
      /\bfc\.(?:assert|check|configureGlobal)\(|\b(?:assert|check)\b[^'\n]*from 'fast-check'|\bnumRuns\b/.test(text),
    );
    expect(calls.map(({ file }) => file)).toEqual(
      ['scripts/fuzz.test.ts', 'support/runs.ts'].filter((file) => calls.some((one) => one.file === file)),
    );
    expect(calls.map(({ file }) => file)).toContain('support/runs.ts');
  });
});
