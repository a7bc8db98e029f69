// The guide of the credential helpers and its check: each block is run by a tool of `npm run check:helpers`, or is shown output.

import { describe, expect, it } from 'vitest';

import { blockOf, sectionsNobodyRuns, VARIABLES } from '../../scripts/credential-helpers/guide.ts';
import { TOOLS } from '../../scripts/credential-helpers/tools.ts';

const sections = TOOLS.map(({ section }) => section);

describe('docs/guides/credential-helpers.md', () => {
  it('has no block that nobody runs', () => {
    expect(sectionsNobodyRuns(sections)).toEqual([]);
  });

  it('would show one', () => {
    expect(sectionsNobodyRuns(sections.filter((section) => section !== 'docker'))).toEqual(['docker']);
  });

  it.each([VARIABLES, ...sections])('has one block under %s', (section) => {
    expect(blockOf(section)).not.toBe('');
  });

  it('has no block under a heading that is not there', () => {
    expect(() => blockOf('Mercurial')).toThrow('not one block');
  });
});
