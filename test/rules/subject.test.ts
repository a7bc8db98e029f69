// Subject rules: what is refused and warned about when written, what matches, GitHub's two forms, and the index keys.

import { describe, expect, it } from 'vitest';

import { githubIdRule, githubSubjectForms } from '../../src/rules/github-subject.ts';
import type { JsonObject } from '../../src/token/json.ts';
import {
  compileSubject,
  otherGithubForm,
  subjectKeyOfRule,
  subjectKeysOfToken,
  validateSubjectRule,
} from '../../src/rules/subject.ts';

const MAIN = ':ref:refs/heads/main';

/** The signed claims of a GitHub token for `owner/name` with the ids 1 and 2. */
function signed(owner: string, name: string, ownerId: unknown = '1', nameId: unknown = '2'): JsonObject {
  return {
    repository: `${owner}/${name}`,
    repository_owner: owner,
    repository_owner_id: ownerId as string,
    repository_id: nameId as string,
  };
}

function accepts(rule: string, match: 'exact' | 'glob', sub: string, claims: JsonObject = {}): boolean {
  return compileSubject(rule, match, 'github')(claims, sub).ok;
}

import { subjectWarnings } from '../../src/rules/rule-warnings.ts';

describe('validateSubjectRule (contract §5.3)', () => {
  it.each([
    '*',
    '**',
    '***',
    'repo',
    'repo:',
    'repo:*',
    'repo:**',
    'repo:acme*',
    'repo:*acme',
    'repo:a*e/app',
    'repo::app',
    'repo:/app:x',
    ':acme/app',
    '/acme/app',
    'system:*',
    'system:*:default',
    '*:acme/app',
    're*:acme/app',
    'spiffe://*',
    'spiffe://**',
    'spiffe://example.org',
    'spiffe://example.org/*',
    'spiffe://*.example.org/ns/x',
    'spi*://example.org/ns',
    '*://example.org/ns',
    'https://example.com*/job/x',
    'repo:acme/app*',
    'repo:acme/*app',
    'repo:acme/a*p:ref:refs/heads/main',
    'repo:acme/app**',
    'repo:acme@1/app@*:ref:refs/heads/main',
    'spiffe://example.org/ns/prod*',
    'system:serviceaccount:prod-*:deployer',
  ])('refuses the glob %j', (subject) => {
    expect(validateSubjectRule(subject, 'glob')).not.toBeNull();
    expect(accepts(subject, 'glob', subject)).toBe(false);
    expect(accepts(subject, 'glob', subject.replaceAll('*', 'x'))).toBe(false);
  });

  it.each([
    'repo:acme/app',
    'repo:acme/*:ref:refs/heads/main',
    'repo:acme/**:ref:refs/heads/main',
    'repo:acme/app:ref:refs/tags/v*',
    'repo:acme/app:*',
    'repo:acme/app:**',
    'repo:acme@1/*:ref:refs/heads/main',
    'repo:acme@1/app@2:*',
    'project_path:acme/**:ref_type:branch:ref:main',
    'system:serviceaccount:prod:*',
    'system:serviceaccount:*:default',
    'spiffe://example.org/ns/*/sa/deployer',
    'spiffe://example.org/ns/prod/**',
    'org/acme/project/*/user/*',
    'https://jenkins.example.com/job/*/',
  ])('accepts the glob %j', (subject) => {
    expect(validateSubjectRule(subject, 'glob')).toBeNull();
    expect(accepts(subject, 'glob', subject.replaceAll('*', 'x'))).toBe(true);
  });

  it('refuses an empty subject and one that is too long, whatever the match', () => {
    for (const [match, longest] of [
      ['exact', 2_048],
      ['glob', 512],
    ] as const) {
      expect(validateSubjectRule('', match)).toMatch(/empty/);
      expect(validateSubjectRule('repo:acme/'.padEnd(longest + 1, 'a'), match)).toMatch(String(longest));
      expect(validateSubjectRule('repo:acme/'.padEnd(longest, 'a'), match)).toBeNull();
      expect(accepts('', match, '')).toBe(false);
    }
    expect(validateSubjectRule('x', 'regex' as 'glob')).not.toBeNull();
  });

  it('takes every exact subject, wildcards in it literally', () => {
    expect(validateSubjectRule('*', 'exact')).toBeNull();
    expect(accepts('repo:*', 'exact', 'repo:*')).toBe(true);
    expect(accepts('repo:*', 'exact', 'repo:acme')).toBe(false);
  });
});

describe('compileSubject, literally (contract §5.3)', () => {
  it.each([
    ['exact', 'repo:acme/app', 'repo:acme/app-evil'],
    ['exact', 'repo:acme/app', 'xrepo:acme/app'],
    ['exact', 'repo:acme/app', 'repo:acme/app:pull_request'],
    ['exact', 'repo:acme/app', 'Repo:acme/app'],
    ['glob', 'repo:acme/*:pull_request', 'repo:acme-evil/x:pull_request'],
    ['glob', 'repo:acme/*', 'repo:acme-evil/x'],
    ['glob', 'repo:acme/*', 'repo:acme/x/y'],
    ['glob', 'repo:acme/*:ref:refs/heads/main', 'repo:acme/x:ref:refs/heads/main-evil'],
    ['glob', 'repo:acme/*:ref:refs/heads/main', 'repo:acme/x:environment:y:ref:refs/heads/main'],
    ['glob', 'repo:acme/*:ref:refs/heads/main', 'repo:acme/x:ref:refs/heads/ma\u0456n'],
    ['glob', 'repo:acme/*:ref:refs/heads/main', 'repo:acme%2Fx:ref:refs/heads/main'],
  ] as const)('%s %j refuses %j', (match, rule, subject) => {
    expect(compileSubject(rule, match, 'literal')({}, subject)).toEqual({ ok: false });
  });

  it('accepts the main-evil of a partial wildcard, which is why it is warned about', () => {
    expect(accepts('repo:acme/app:ref:refs/heads/main*', 'glob', 'repo:acme/app:ref:refs/heads/main-evil')).toBe(true);
    expect(accepts('repo:acme/app:ref:refs/heads/main*', 'glob', 'repo:acme/app:ref:refs/heads/main/evil')).toBe(false);
  });

  it('compares the two GitHub forms only for providers that say so', () => {
    const claims = signed('acme', 'app');
    expect(compileSubject(`repo:acme/app${MAIN}`, 'exact', 'literal')(claims, `repo:acme@1/app@2${MAIN}`).ok).toBe(
      false,
    );
    expect(compileSubject(`repo:acme/app${MAIN}`, 'exact', 'github')(claims, `repo:acme@1/app@2${MAIN}`).ok).toBe(true);
  });
});

describe('GitHub subject forms (contract §5.3)', () => {
  const NAME = `repo:acme/app${MAIN}`;
  const IDS = `repo:acme@1/app@2${MAIN}`;
  const claims = signed('acme', 'app');

  it.each([
    ['exact', NAME],
    ['exact', IDS],
    ['glob', 'repo:acme/*:ref:refs/heads/main'],
    ['glob', 'repo:acme@1/*:ref:refs/heads/main'],
    ['glob', 'repo:acme@1/**:ref:refs/heads/main'],
    ['glob', 'repo:acme/app:**'],
    ['glob', 'repo:acme@1/app@2:**'],
    ['glob', 'repo:acme@1/app@2:ref:refs/heads/*'],
  ] as const)('%s %j accepts a token in either form', (match, rule) => {
    expect(accepts(rule, match, NAME, claims)).toBe(true);
    expect(accepts(rule, match, IDS, claims)).toBe(true);
    expect(accepts(rule, match, NAME, signed('acme', 'app', 1, 2))).toBe(true);
  });

  it.each([
    ['exact', IDS],
    ['glob', 'repo:acme@1/app@2:**'],
    ['glob', 'repo:acme@1/*:ref:refs/heads/main'],
  ] as const)('%s %j still accepts the repository after it was renamed, and says so', (match, rule) => {
    const renamed = signed('acme-corp', 'app2');
    for (const sub of [`repo:acme-corp/app2${MAIN}`, `repo:acme-corp@1/app2@2${MAIN}`]) {
      expect(compileSubject(rule, match, 'github')(renamed, sub)).toEqual({
        ok: true,
        note: 'matched by its ids: the repository is now called acme-corp/app2',
      });
    }
    expect(compileSubject(rule, match, 'github')(claims, NAME)).toEqual({ ok: true, note: null });
  });

  it.each([
    ['exact', IDS, '1', '99'],
    ['exact', IDS, '99', '2'],
    ['exact', IDS, '12', '2'],
    ['glob', 'repo:acme@1/app@2:**', '1', '99'],
    ['glob', 'repo:acme@1/*:ref:refs/heads/main', '99', '2'],
    ['glob', 'repo:acme@1/**:ref:refs/heads/main', '99', '2'],
  ] as const)('%s %j refuses a recycled name with the ids %s and %s', (match, rule, ownerId, nameId) => {
    const recycled = signed('acme', 'app', ownerId, nameId);
    expect(accepts(rule, match, NAME, recycled)).toBe(false);
    expect(accepts(rule, match, `repo:acme@${ownerId}/app@${nameId}${MAIN}`, recycled)).toBe(false);
  });

  it.each([
    ['another repository', NAME, { ...claims, repository: 'acme/other' }],
    ['another owner', NAME, { ...claims, repository_owner: 'other' }],
    ['another repository id', IDS, { ...claims, repository_id: '3' }],
    ['another owner id', IDS, { ...claims, repository_owner_id: '3' }],
    ['a repository that is no string', NAME, { ...claims, repository: ['acme/app'] }],
    ['ids that are no digits', IDS, { ...claims, repository_id: '2 ' }],
    ['another repository and no ids', NAME, { repository: 'acme/other' }],
    ['another case', NAME, { ...claims, repository: 'Acme/app' }],
  ])('matches nothing where the claims disagree with sub: %s', (_what, sub, disagreeing) => {
    expect(githubSubjectForms(disagreeing as JsonObject, sub)).toEqual({ kind: 'disagree' });
    for (const rule of [NAME, IDS, sub]) expect(accepts(rule, 'exact', sub, disagreeing as JsonObject)).toBe(false);
    for (const rule of ['repo:acme/*:**', 'repo:acme@1/*:**', 'repo:acme/app:**']) {
      expect(accepts(rule, 'glob', sub, disagreeing as JsonObject)).toBe(false);
    }
  });

  it.each([
    {},
    { repository: 'acme/app', repository_owner: 'acme' },
    { ...claims, repository_id: null },
    { repository_id: '2', repository_owner_id: '1' },
  ])('compares only the literal form where the signed claims are incomplete: %j', (incomplete) => {
    expect(githubSubjectForms(incomplete, NAME)).toEqual({ kind: 'literal' });
    expect(accepts(NAME, 'exact', NAME, incomplete)).toBe(true);
    expect(accepts(IDS, 'exact', NAME, incomplete)).toBe(false);
    expect(accepts('repo:acme@1/*:ref:refs/heads/main', 'glob', NAME, incomplete)).toBe(false);
  });

  it('compares ids in sub literally where no ids are signed', () => {
    expect(accepts(IDS, 'exact', IDS)).toBe(true);
    expect(accepts('repo:acme@1/*:ref:refs/heads/main', 'glob', IDS)).toBe(true);
    expect(accepts(NAME, 'exact', IDS)).toBe(false);
    expect(accepts(IDS, 'exact', `repo:renamed@1/app@2${MAIN}`)).toBe(false);
  });

  it.each([
    `repo:acme@1/app${MAIN}`,
    `repo:acme/app@2${MAIN}`,
    `repo:acme@x/app@2${MAIN}`,
    `repo:acme@1@1/app@2${MAIN}`,
    `repo:@1/@2${MAIN}`,
  ])('derives nothing from half a form: %j matches no token in either form', (rule) => {
    expect(accepts(rule, 'exact', NAME, claims)).toBe(false);
    expect(accepts(rule, 'exact', IDS, claims)).toBe(false);
  });

  it('handles customised subjects that begin with the repository alike, and others literally', () => {
    const custom = ':environment:prod:job_workflow_ref:acme/ci/.github/workflows/d.yml@refs/heads/main';
    expect(accepts(`repo:acme/app${custom}`, 'exact', `repo:acme@1/app@2${custom}`, claims)).toBe(true);
    expect(accepts(`repo:acme@1/app@2${custom}`, 'exact', `repo:acme/app${custom}`, claims)).toBe(true);
    expect(accepts('repo:acme@1/app@2', 'exact', 'repo:acme/app', claims)).toBe(true);
    for (const other of [
      'repository_owner:acme:repository_visibility:private',
      'repository_id:2',
      'environment:prod',
    ]) {
      expect(githubSubjectForms(claims, other)).toEqual({ kind: 'literal' });
      expect(accepts(other, 'exact', other, claims)).toBe(true);
      expect(accepts(other, 'exact', `${other}0`, claims)).toBe(false);
    }
  });

  it('names the other form for hints', () => {
    expect(otherGithubForm({}, IDS)).toBe(NAME);
    expect(otherGithubForm(claims, IDS)).toBe(NAME);
    expect(otherGithubForm({}, NAME)).toBeNull();
    expect(githubIdRule('repo:acme@1/app@2:x')).toEqual({ idForm: 'repo:@1/@2:x', repository: 'acme/app' });
  });
});

describe('index keys of subjects', () => {
  it('leaves the names out of a rule with ids, and globs out of the index', () => {
    expect(subjectKeyOfRule('repo:acme@1/app@2:x', 'exact')).toBe('repo:@1/@2:x');
    expect(subjectKeyOfRule('repo:acme/app:x', 'exact')).toBe('repo:acme/app:x');
    expect(subjectKeyOfRule('system:serviceaccount:a:b', 'exact')).toBe('system:serviceaccount:a:b');
    expect(subjectKeyOfRule('repo:acme/*:x', 'glob')).toBeNull();
  });

  it('gives few keys, so that a look-up stays bounded', () => {
    expect(subjectKeysOfToken(signed('acme', 'app'), 'repo:acme/app:x')).toEqual(['repo:acme/app:x', 'repo:@1/@2:x']);
    expect(subjectKeysOfToken({}, 'anything')).toEqual(['anything']);
  });
});

describe('subjectWarnings (contract §5.3)', () => {
  function codes(
    subject: string,
    match: 'exact' | 'glob',
    preset: 'github' | 'kubernetes' | 'generic' = 'generic',
    claims: string[] = [],
  ): readonly string[] {
    return subjectWarnings(subject, match, preset, claims).map(({ code }) => code);
  }

  it.each([
    ['repo:acme/app:ref:refs/heads/main*', 'glob', ['partial_wildcard']],
    ['repo:acme/app:ref:refs/tags/v*', 'glob', ['partial_wildcard']],
    ['repo:acme/app:ref:refs/heads/main', 'glob', []],
    ['repo:acme/app:ref:refs/heads/*', 'glob', []],
    ['repo:acme/app:ref:refs/heads/main*', 'exact', ['literal_wildcard']],
    ['repo:acme/app:ref:refs/heads/main ', 'exact', ['surrounding_space']],
    ['^repo:acme/app:ref:refs/heads/(main|dev)$', 'exact', ['regular_expression']],
    ['repo:acme/app:ref:refs/tags/.*', 'exact', ['literal_wildcard', 'regular_expression']],
    ['repo:acme/app:ref:refs/tags/v\\d', 'exact', ['regular_expression']],
    ['repo:acme/app:ref:refs/tags/v1.*', 'glob', ['partial_wildcard']],
    ['repo:acme/app:ref:refs/heads/**', 'glob', ['double_wildcard']],
    ['repo:acme/app:pull_request', 'exact', ['pull_request_subject']],
    ['repo:acme/*:pull_request', 'glob', ['pull_request_subject']],
    ['repo:acme/app:*', 'glob', ['pull_request_subject']],
    ['repo:acme@1/*:*', 'glob', ['pull_request_subject']],
    ['repo:acme/app:**', 'glob', ['double_wildcard', 'pull_request_subject']],
    ['org:acme:project:1:repo:web:ref_type:pull-request:ref:x', 'exact', ['pull_request_subject']],
    ['system:serviceaccount:*:default', 'glob', ['default_service_account']],
    ['system:serviceaccount:*:*', 'glob', ['default_service_account']],
    ['system:serviceaccount:prod:default', 'glob', []],
    ['system:serviceaccount:*:deployer', 'glob', []],
    ['project:caf\u00E9:x', 'exact', ['non_ascii']],
    ['project:a\u200Bb:x', 'exact', ['non_ascii']],
  ] as const)('%j as %s warns of %j', (subject, match, expected) => {
    expect(codes(subject, match)).toEqual(expected);
  });

  it('warns of a glob that matches no branch and no tag of its platform', () => {
    const ids = ['repository_id'];
    const noRef = (subject: string, preset: 'github' | 'gitlab' | 'generic'): boolean =>
      subjectWarnings(subject, 'glob', preset, ids).some(({ code }) => code === 'matches_no_ref');
    for (const subject of ['repo:acme/app:*', 'repo:acme/*:*', 'repo:acme@1/app@2:*', 'repo:acme/app:ref:*'])
      expect(noRef(subject, 'github'), subject).toBe(true);
    for (const subject of [
      'repo:acme/app:**',
      'repo:acme/app:ref:**',
      'repo:acme/app:ref:refs/heads/*',
      'repo:acme/app:ref:refs/tags/v*',
      'repo:acme/app:environment:*',
      'repo:acme/*:pull_request',
    ])
      expect(noRef(subject, 'github'), subject).toBe(false);
    expect(noRef('project_path:acme/app:*', 'gitlab')).toBe(true);
    expect(noRef('project_path:acme/app:ref_type:branch:ref:*', 'gitlab')).toBe(false);
    expect(noRef('repo:acme/app:*', 'generic')).toBe(false);
  });

  it('warns of names alone on GitHub only, unless ids are pinned by the subject or by a condition', () => {
    const rule = 'repo:acme/app:ref:refs/heads/main';
    expect(codes(rule, 'exact', 'github')).toEqual(['github_name_only']);
    expect(codes('repo:acme/*:ref:refs/heads/main', 'glob', 'github')).toEqual(['github_name_only']);
    expect(codes('repo:acme@1/app:ref:refs/heads/main', 'exact', 'github')).toEqual(['github_name_only']);
    expect(codes('environment:prod', 'exact', 'github')).toEqual(['github_name_only']);
    expect(codes('repo:acme@1/app@2:ref:refs/heads/main', 'exact', 'github')).toEqual([]);
    expect(codes('repo:acme@1/*:ref:refs/heads/main', 'glob', 'github')).toEqual([]);
    expect(codes('repository_id:2', 'exact', 'github')).toEqual([]);
    expect(codes(rule, 'exact', 'github', ['repository_id'])).toEqual([]);
    expect(codes(rule, 'exact', 'github', ['/repository_owner_id'])).toEqual([]);
    expect(codes(rule, 'exact', 'github', ['ref'])).toEqual(['github_name_only']);
    expect(codes(rule, 'exact', 'generic')).toEqual([]);
  });

  it('says in each warning what to do about it', () => {
    for (const { detail } of subjectWarnings('repo:acme/app:**x*', 'glob', 'github'))
      expect(detail.length).toBeGreaterThan(40);
  });
});
