// What a release needs: one version in tag, manifests and CHANGELOG.md, whose form is held here for the real one, too.

import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { changelogFaults, releaseFaults } from '../../scripts/release/agreement.ts';

const CHANGELOG =
  '# Changelog\n\n## Unreleased\n\n## 1.2.0 - 2026-01-31\n\n### Fixed\n\n- a fault\n\n## 1.1.9 - 2026-01-01\n';
const VERSIONS = { 'packages/sdk/package.json': '1.2.0', 'packages/cli/package.json': '1.2.0' };

describe('CHANGELOG.md', () => {
  it('is in its form', () => {
    expect(changelogFaults(readFileSync('CHANGELOG.md', 'utf8'))).toEqual([]);
    expect(changelogFaults(CHANGELOG)).toEqual([]);
  });

  it.each([
    ['without "Unreleased"', CHANGELOG.replace('## Unreleased\n\n', ''), /first heading/],
    ['with a release without its day', CHANGELOG.replace(' - 2026-01-31', ''), /not of the form/],
    ['with a kind of its own', CHANGELOG.replace('### Fixed', '### Mended'), /"### Mended"/],
    ['in the wrong order', CHANGELOG.replace('1.1.9', '1.10.0'), /1\.2\.0 stands before 1\.10\.0/],
  ])('%s is not', (_what, text, fault) => {
    expect(changelogFaults(text)).toEqual([expect.stringMatching(fault)]);
  });
});

describe('a release', () => {
  it('is one version in its tag, both manifests and CHANGELOG.md', () => {
    expect(releaseFaults('v1.2.0', VERSIONS, CHANGELOG)).toEqual([]);
  });

  it.each([
    ['a tag of another form', 'release-1.2.0', VERSIONS, CHANGELOG, /not of the form v1\.2\.3/],
    [
      'a manifest of another version',
      'v1.2.0',
      { ...VERSIONS, 'packages/cli/package.json': '1.1.0' },
      CHANGELOG,
      /cli/,
    ],
    ['changes of another version', 'v1.2.0', VERSIONS, CHANGELOG.replace('1.2.0', '1.2.1'), /head the changes/],
    [
      'changes that are not released',
      'v1.2.0',
      VERSIONS,
      CHANGELOG.replace('Unreleased\n', 'Unreleased\n\n### Added\n\n- more\n'),
      /under "Unreleased"/,
    ],
  ])('is refused with %s', (_what, tag, versions, changelog, fault) => {
    expect(releaseFaults(tag, versions, changelog)).toEqual([expect.stringMatching(fault)]);
  });
});
