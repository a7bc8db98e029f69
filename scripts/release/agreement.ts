// Whether a tag, the packages' manifests and CHANGELOG.md name one version, and whether CHANGELOG.md is in its form; reads nothing itself.

/** The kinds of change that a release is divided into (https://keepachangelog.com). */
const KINDS: readonly string[] = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'];
const RELEASE = /^(\d+)\.(\d+)\.(\d+) - (\d{4}-\d{2}-\d{2})$/;

interface Section {
  readonly heading: string;
  readonly kinds: readonly string[];
  readonly text: string;
}

/**
 * What is wrong with the form of CHANGELOG.md: "Unreleased" first, then releases from the newest to the oldest.
 * @internal The test of the change log calls it, so that a fault shows long before a release.
 */
export function changelogFaults(changelog: string): string[] {
  const [first, ...releases] = sectionsOf(changelog);
  const faults = first?.heading === 'Unreleased' ? [] : ['the first heading is not "## Unreleased"'];
  for (const { heading } of releases)
    if (!RELEASE.test(heading)) faults.push(`"## ${heading}" is not of the form "## 1.2.3 - 2026-01-31"`);
  for (const { heading, kinds } of first === undefined ? [] : [first, ...releases])
    for (const kind of kinds)
      if (!KINDS.includes(kind)) faults.push(`"### ${kind}" under ${heading} is none of ${KINDS.join(', ')}`);
  const versions = releases.flatMap(({ heading }) => {
    const parts = RELEASE.exec(heading)?.slice(1, 4).map(Number);
    return parts === undefined ? [] : [parts];
  });
  versions.forEach((version, index) => {
    const older = versions[index + 1];
    if (older !== undefined && !isNewer(version, older))
      faults.push(`${version.join('.')} stands before ${older.join('.')}`);
  });
  return faults;
}

/** What does not agree about a release; nothing if its tag, both manifests and CHANGELOG.md name one version. */
export function releaseFaults(tag: string, versions: Readonly<Record<string, string>>, changelog: string): string[] {
  const [, version] = /^v(\d+\.\d+\.\d+)$/.exec(tag) ?? [];
  if (version === undefined) return [`the tag ${tag} is not of the form v1.2.3`];
  const faults = Object.entries(versions)
    .filter(([, named]) => named !== version)
    .map(([file, named]) => `${file} has the version ${named}, the tag is ${tag}`);
  const [unreleased, newest] = sectionsOf(changelog);
  if (newest === undefined || !newest.heading.startsWith(`${version} - `))
    faults.push(
      `CHANGELOG.md has ${newest?.heading ?? 'no release'} first: head the changes with "## ${version} - " and the day`,
    );
  if (unreleased !== undefined && unreleased.text !== '')
    faults.push('CHANGELOG.md has changes under "Unreleased": they are part of this release, or not in this tag');
  return [...changelogFaults(changelog), ...faults];
}

function sectionsOf(changelog: string): Section[] {
  return changelog
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [heading = '', ...lines] = section.split('\n');
      const text = lines.join('\n').trim();
      return { heading: heading.trim(), text, kinds: [...text.matchAll(/^### (.+)$/gm)].map(([, kind = '']) => kind) };
    });
}

function isNewer(version: readonly number[], older: readonly number[]): boolean {
  const at = version.findIndex((part, index) => part !== older[index]);
  return at !== -1 && (version[at] ?? 0) > (older[at] ?? 0);
}
