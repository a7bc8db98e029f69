// Names that follow from a recipe's parameters without asking anybody: parts of subjects, issuers and configurations.

import type { PresetName } from '../../platforms/preset.ts';

type Values = ReadonlyMap<string, string>;

/** The parameter that names the workload best, for a short name of it. */
const NAMING = [
  'repository',
  'project',
  'pipeline',
  'job',
  'spiffe-id',
  'iam-role',
  'job-template',
  'client-id',
  'subject',
];
/** Characters of a generated name; a slug has at most 63. */
const MAX_SLUG_CHARS = 48;

/** A name of a-z, 0-9 and hyphens. */
export function slugify(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_SLUG_CHARS)
    .replaceAll(/^-+|-+$/g, '');
}

/** The parameters with everything that follows from them. */
export function deriveVariables(preset: PresetName, given: Values): Map<string, string> {
  const naming = NAMING.map((name) => given.get(name)).find((value) => value !== undefined) ?? 'workload';
  const variables = new Map([
    ...given,
    ['slug', slugify(naming.replaceAll(/\bjob\//g, '').replace('*', 'all')) || 'workload'],
  ]);
  for (const [name, value] of DERIVATIONS[preset]?.(given) ?? []) variables.set(name, value);
  return variables;
}

type Derivation = (given: Values) => readonly (readonly [name: string, value: string])[];

const DERIVATIONS: Partial<Record<PresetName, Derivation>> = {
  github: (given) => {
    const [owner = '', name = ''] = (given.get('repository') ?? '').split('/');
    const host = given.get('host') ?? 'github.com';
    const [tag, branch] = [given.get('tag'), given.get('branch')];
    const workflow = given.get('reusable-workflow');
    const ref: readonly (readonly [string, string])[] =
      tag !== undefined ? [['ref', `refs/tags/${tag}`]] : branch !== undefined ? [['ref', `refs/heads/${branch}`]] : [];
    return [
      ['owner', owner],
      ['repository-name', name],
      ['issuer', githubIssuer(host, given.get('enterprise'))],
      ['sample-ref', ref[0]?.[1] ?? 'refs/heads/main'],
      ['ref-kind', tag === undefined ? 'branches' : 'tags'],
      ['ref-name', tag ?? branch ?? 'main'],
      ['ref-type', tag === undefined ? 'branch' : 'tag'],
      ['from-ref', ref[0] === undefined ? '' : ` from ${ref[0][1]}`],
      ['through', workflow === undefined ? '' : ` through ${workflow}`],
      ...ref,
    ];
  },
  gitlab: (given) => [
    ['branch-rule', gitlabRule('$CI_COMMIT_BRANCH', given.get('branch') ?? '')],
    ['tag-rule', gitlabRule('$CI_COMMIT_TAG', given.get('tag') ?? '')],
    ['issuer', given.get('issuer') ?? `https://${given.get('host') ?? 'gitlab.com'}`],
    ['namespace', (given.get('project') ?? '').replace(/\/[^/]*$/, '')],
    ...(given.has('allow-unprotected') ? [] : [['protected', 'true'] as const]),
    ...(given.has('environment') && !given.has('branch') ? [['any-branch', 'true'] as const] : []),
  ],
  buildkite: (given) => {
    const claims = ['organization', 'pipeline'].filter((name) => given.has(`${name}-id`)).map((name) => `${name}_id`);
    return [['id-claims', claims.length === 0 ? '' : ` --claim ${claims.join(',')}`]];
  },
  circleci: (given) => [
    ['branch-filter', circleciFilter(given.get('branch') ?? '')],
    ['tag-filter', circleciFilter(given.get('tag') ?? '')],
  ],
  buddy: (given) => [['region-prefix', given.get('region') === 'us' ? '' : `${given.get('region') ?? ''}-`]],
  jenkins: (given) => {
    const folder = given.get('folder');
    return [['folder-path', folder === undefined ? '' : `/${folder}`]];
  },
  'terraform-cloud': (given) => [['other-phase', given.get('run-phase') === 'apply' ? 'plan' : 'apply']],
  spiffe: (given) => {
    const domain = /^spiffe:\/\/([^/]+)/.exec(given.get('spiffe-id') ?? '')?.[1] ?? '';
    return [
      ['trust-domain', domain],
      ['issuer', given.get('issuer') ?? `spiffe://${domain}`],
    ];
  },
};

function githubIssuer(host: string, enterprise: string | undefined): string {
  if (host === 'github.com')
    return `https://token.actions.githubusercontent.com${enterprise === undefined ? '' : `/${enterprise}`}`;
  return host.endsWith('.ghe.com')
    ? `https://token.actions.${host}${enterprise === undefined ? '' : `/${enterprise}`}`
    : `https://${host}/_services/token`;
}

/** GitLab compares texts, or a regular expression where there is a pattern. */
function gitlabRule(variable: string, value: string): string {
  return value.includes('*') ? `${variable} =~ /^${regexpOf(value)}$/` : `${variable} == "${value}"`;
}

function circleciFilter(value: string): string {
  return value.includes('*') ? `/^${regexpOf(value)}$/` : `'${value}'`;
}

/** A pattern of ours in the two platforms' regular expressions (RE2, Java), between slashes. */
function regexpOf(pattern: string): string {
  return pattern
    .split(/(\*+)/)
    .map((part) =>
      part === '*' ? '[^:\\/]*' : /^\*+$/.test(part) ? '.*' : part.replaceAll(/[.+?^${}()|[\]\\/]/g, '\\$&'),
    )
    .join('');
}
