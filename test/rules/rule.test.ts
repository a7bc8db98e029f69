// A compiled rule against tokens: the order of its checks, each refusal with its reason and its accepted twin, hints, and narrowing.

import { describe, expect, it, vi } from 'vitest';

import { compileExpression } from '../../src/rules/expression.ts';
import { decide } from '../../src/exchange/decide.ts';
import { NOTHING_ASKED } from '../../src/exchange/request.ts';
import type { Asked } from '../../src/exchange/request.ts';
import { isHeldIn, rolesIn } from '../../src/rules/binding-reach.ts';
import { narrow } from '../../src/rules/narrow.ts';
import type { Narrowing } from '../../src/rules/narrow.ts';
import { loadHints } from '../../src/rules/late-hints.ts';
import { compileFederatedIdentity, forwardedClaims, matchChecks } from '../../src/rules/rule.ts';
import type { CompiledIdentity, MatchedToken } from '../../src/rules/rule.ts';
import type { JsonObject, JsonValue } from '../../src/token/json.ts';
import { failed as failedCheck } from '../../src/rules/check.ts';
import type { Check } from '../../src/rules/check.ts';
import type { Conditions } from '../../src/objects/conditions.ts';
import type { FederatedIdentity } from '../../src/objects/federated-identity.ts';
import type { HeldRole } from '../../src/objects/role-binding.ts';
import type { Preset } from '../../src/platforms/preset.ts';
import { accountNamed, identityOf } from '../support/objects.ts';

await loadHints();

const NOW = 1_789_000_060;
const ISSUER_URL = 'https://tokens.example.com';
const SUBJECT = 'repo:acme/app:ref:refs/heads/main';

const GENERIC: Preset = {
  name: 'generic',
  title: 'Any issuer',
  issuers: [],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  tenancy: null,
  runClaims: [],
  fixedAudience: null,
};
const GITHUB: Preset = {
  ...GENERIC,
  name: 'github',
  title: 'GitHub Actions',
  subjectForms: 'github',
  guards: [
    { kind: 'allowOnly', claim: 'event_name', values: ['push', 'schedule'], liftedBy: 'event_name', why: 'Anybody.' },
  ],
};
const FORKS: Preset = {
  ...GENERIC,
  guards: [
    {
      kind: 'differs',
      when: { claim: 'pipeline_source', value: 'merge_request_event' },
      claims: ['job_project_id', 'project_id'],
      liftedBy: 'job_project_id',
      why: 'Forks.',
    },
  ],
};
const SSH: Preset = {
  ...GENERIC,
  guards: [
    {
      kind: 'refuse',
      claim: 'x.com/ssh-rerun',
      values: [true],
      liftedBy: 'x.com/ssh-rerun',
      why: 'A person has a shell.',
    },
  ],
};

const IDENTITY = identityOf({
  id: 'fid_1',
  name: 'deploy',
  providerSubject: SUBJECT,
  serviceAccount: accountNamed('deployer', { id: 'sa_1' }),
});
const CLAIMS: JsonObject = { sub: SUBJECT, aud: ISSUER_URL, ref: 'refs/heads/main' };
const ROLES: readonly HeldRole[] = [
  { serviceAccountId: 'sa_1', roleSlug: 'viewer', projects: [], scopes: [] },
  { serviceAccountId: 'sa_1', roleSlug: 'editor', projects: ['alpha', 'beta'], scopes: [] },
  { serviceAccountId: 'sa_1', roleSlug: 'viewer', projects: ['alpha'], scopes: [] },
  { serviceAccountId: 'sa_2', roleSlug: 'owner', projects: [], scopes: [] },
];

function tokenOf(claims: JsonObject): MatchedToken {
  const all = { ...CLAIMS, ...claims };
  return { claims: all, subject: String(all['sub']) };
}

/** The reason of the decision over these candidates; null if it grants. */
function reasonOf(candidates: readonly CompiledIdentity[], asked: Partial<Asked> = {}, claims = {}): string | null {
  const facts = { serviceAccount: null, truncated: false, heldRoles: ROLES };
  const token = { ...tokenOf(claims), issuer: 'https://issuer.example.com' };
  const decision = decide({ ...NOTHING_ASKED, ...asked, now: NOW }, facts, candidates, token, ISSUER_URL);
  return decision.granted ? null : decision.denial.reason;
}

function compile(
  change: Partial<FederatedIdentity>,
  preset: Preset = GENERIC,
): ReturnType<typeof compileFederatedIdentity> {
  return compileFederatedIdentity(
    { ...IDENTITY, ...change },
    {
      issuerUrl: ISSUER_URL,
      defaultAudience: 'https://api.example.com',
      preset,
      providerIssuer: 'https://idp.example.com',
      compileExpression,
    },
  );
}

function checksOf(
  change: Partial<FederatedIdentity>,
  claims: JsonObject = {},
  preset: Preset = GENERIC,
): readonly Check[] {
  return [...matchChecks(compile(change, preset), tokenOf(claims), NOW)];
}

function failuresOf(
  change: Partial<FederatedIdentity>,
  claims: JsonObject = {},
  preset: Preset = GENERIC,
): readonly string[] {
  return checksOf(change, claims, preset).flatMap(({ reason }) => reason ?? []);
}

/** The hint of the only check that failed. */
function hintOf(change: Partial<FederatedIdentity>, claims: JsonObject = {}, preset: Preset = GENERIC): string | null {
  const failed = checksOf(change, claims, preset).filter(({ ok }) => !ok);
  expect(failed).toHaveLength(1);
  return failed[0]?.hint ?? null;
}

describe('matchChecks (contract §3 step 6, §5.6)', () => {
  it('checks in the order of the contract, one check per claim of the conditions', () => {
    const checks = checksOf(
      { conditions: { ref: 'x', zone: 'y' }, expression: 'false' },
      { event_name: 'push' },
      GITHUB,
    );
    expect(checks.map(({ check, claim }) => [check, claim])).toEqual([
      ['status', null],
      ['audience', 'aud'],
      ['subject', 'sub'],
      ['preset', 'event_name'],
      ['condition', 'ref'],
      ['condition', 'zone'],
      ['expression', null],
    ]);
  });

  it('sets a reason exactly where a check failed, and no hint where nothing is to be said', () => {
    for (const change of [
      {},
      { conditions: { ref: 'x' } },
      { expression: 'claims.zz' },
      { providerSubject: 'other' },
    ]) {
      for (const { ok, reason, hint } of checksOf(change)) {
        expect(reason === null).toBe(ok);
        if (ok) expect(hint).toBeNull();
      }
    }
  });

  it('is lazy: what comes after the first failure is not worked out', () => {
    const iterator = matchChecks(compile({ status: 'inactive', expression: 'claims.a == 1' }), tokenOf({}), NOW);
    expect(iterator.next().value).toMatchObject({ check: 'status', reason: 'identity_inactive' });
    expect(reasonOf([compile({ status: 'revoked' })])).toBe('identity_revoked');
  });

  it('is made once for each rule, also if none of them accepts the token and the nearest is explained', () => {
    let evaluations = 0;
    const evaluate = () => {
      evaluations += 1;
      return { ok: true, value: false } as const;
    };
    const expression = Object.assign(evaluate, { stepsFor: () => 1 });
    const candidate = { ...compile({}), expression: { ok: true, value: expression } as const };
    expect(reasonOf([candidate, candidate, candidate])).toBe('expression_failed');
    expect(evaluations).toBe(3);
    expect(reasonOf([{ ...candidate, subject: compile({ providerSubject: 'a:b' }).subject }])).toBe('subject_mismatch');
    expect(evaluations).toBe(4);
  });

  it('evaluates no more than one exchange may cost, all rules together, and then accepts none (contract §7)', () => {
    const costing = (steps: number): CompiledIdentity => {
      const expression = Object.assign(() => ({ ok: true, value: true }) as const, { stepsFor: () => steps });
      return { ...compile({}), expression: { ok: true, value: expression } };
    };
    expect(reasonOf([costing(25_000), costing(25_000)])).toBeNull();
    expect(reasonOf([costing(25_000), costing(25_001)])).toBe('rules_too_costly');
    expect(reasonOf([costing(50_001)])).toBe('rules_too_costly');
    // A rule that refuses the token before its expression spends nothing.
    const other = { ...costing(50_000), subject: compile({ providerSubject: 'a:b' }).subject };
    expect(reasonOf([costing(50_000), other])).toBeNull();
  });

  it('compares no more claims than one exchange may cost either: long texts with globs, long lists (contract §7)', () => {
    const many = (change: Parameters<typeof compile>[0]): CompiledIdentity[] =>
      Array.from({ length: 100 }, () => compile(change));
    const globs = Object.fromEntries(
      Array.from({ length: 50 }, (_, index) => [`c${index}`, { glob: `**${'a*'.repeat(200)}` }]),
    );
    const named = (value: JsonValue): JsonObject =>
      Object.fromEntries(Object.keys(globs).map((claim) => [claim, value]));
    expect(reasonOf(many({ conditions: globs }), {}, named('a'.repeat(230)))).toBe('rules_too_costly');
    expect(reasonOf([compile({ conditions: globs })], {}, named('a'.repeat(230)))).toBeNull();

    const lists = { groups: 'admins', roles: { containsAll: ['one', 'two'] }, zones: { not: 'evil' } };
    const long = Array.from({ length: 5_000 }, (_, index) => `g${index}`);
    const claims = { groups: ['admins', ...long], roles: ['one', 'two', ...long], zones: long };
    expect(reasonOf(many({ conditions: lists }), {}, claims)).toBe('rules_too_costly');
    expect(
      reasonOf(many({ conditions: lists }), {}, { groups: ['admins'], roles: ['one', 'two'], zones: [] }),
    ).toBeNull();

    const subjects = many({ providerSubject: `a:b:${'*'.repeat(400)}`, providerSubjectMatch: 'glob' });
    expect(reasonOf(subjects, {}, { sub: `a:b:${'x'.repeat(12_000)}` })).toBe('rules_too_costly');
    expect(reasonOf(subjects, {}, { sub: 'a:b:x' })).toBeNull();
  });

  it('carries its hint when it is written out or copied, although it is worked out only then', () => {
    const [check] = checksOf({ providerSubject: 'repo:acme/app:ref:main' }).filter(({ ok }) => !ok);
    const written = JSON.parse(JSON.stringify(check)) as Check;
    expect(written.hint).toMatch(/refs\/heads/);
    expect({ ...check }.hint).toBe(written.hint);
  });

  it('works its hint out once, however often it is read', () => {
    let worked = 0;
    const check = failedCheck('subject', 'subject_mismatch', {
      hint: () => {
        worked += 1;
        return null;
      },
    });
    expect(worked).toBe(0);
    expect([check.hint, check.hint, { ...check }.hint]).toEqual([null, null, null]);
    expect(worked).toBe(1);
  });

  it('accepts a token that satisfies everything', () => {
    expect(failuresOf({ conditions: { ref: 'refs/heads/main' }, expression: 'claims.sub != ""' })).toEqual([]);
    expect(reasonOf([compile({})])).toBeNull();
  });

  it.each<[string, Partial<FederatedIdentity>, string]>([
    [
      'an inactive service account',
      { serviceAccount: { ...IDENTITY.serviceAccount, status: 'inactive' } },
      'service_account_inactive',
    ],
    ['an inactive identity', { status: 'inactive' }, 'identity_inactive'],
    ['a revoked identity', { status: 'revoked' }, 'identity_revoked'],
    ['an identity that expires now', { expiresAt: NOW }, 'identity_expired'],
    ['an identity that has expired', { expiresAt: NOW - 1 }, 'identity_expired'],
    ['a status it does not know', { status: 'paused' as 'inactive' }, 'identity_inactive'],
  ])('refuses %s (contract §5.3)', (_what, change, reason) => {
    expect(failuresOf(change)).toEqual([reason]);
  });

  it('accepts an identity until the second it expires', () => {
    expect(failuresOf({ expiresAt: NOW + 1 })).toEqual([]);
  });

  it('reads an empty list of audiences as the deployment itself, never as any audience (contract §5.3)', () => {
    expect(compile({}).identity.trustedAudiences).toEqual([ISSUER_URL]);
    expect(failuresOf({}, { aud: 'https://other.example.com' })).toEqual(['audience_mismatch']);
    expect(failuresOf({ trustedAudiences: ['x'] })).toEqual(['audience_mismatch']);
    expect(failuresOf({ trustedAudiences: ['x'] }, { aud: ['x', 'y'] })).toEqual([]);
    expect(failuresOf({ trustedAudiences: ['x'], audienceMatchMode: 'all' }, { aud: ['x', 'y'] })).toEqual([
      'audience_mismatch',
    ]);
  });

  it('refuses another subject, and shows what was expected and what came', () => {
    const [check] = checksOf({ providerSubject: 'a:b' }).filter(({ ok }) => !ok);
    expect(check).toMatchObject({ check: 'subject', expected: 'a:b', actual: SUBJECT, reason: 'subject_mismatch' });
  });

  it('names the claim that the provider reads as the subject', () => {
    const compiled = compileFederatedIdentity(
      { ...IDENTITY, providerSubject: 'service-token' },
      {
        issuerUrl: ISSUER_URL,
        defaultAudience: ISSUER_URL,
        preset: GENERIC,
        providerIssuer: 'https://idp.example.com',
        subjectClaim: 'common_name',
        compileExpression,
      },
    );
    const checks = [...matchChecks(compiled, { claims: { ...CLAIMS, sub: '' }, subject: 'service-token' }, NOW)];
    expect(checks[2]).toMatchObject({ check: 'subject', claim: 'common_name', ok: true });
  });

  it.each<[string, Partial<FederatedIdentity>, string]>([
    ['an empty subject', { providerSubject: '' }, 'subject'],
    ['a glob from before it was too broad', { providerSubject: 'repo:acme*', providerSubjectMatch: 'glob' }, 'subject'],
    ['a condition that matches nothing', { conditions: { ref: [] } }, 'condition'],
    ['a matcher it does not know', { conditions: JSON.parse('{"ref": {"regex": ".*"}}') as Conditions }, 'condition'],
    ['conditions that are no object', { conditions: JSON.parse('"ref"') as Conditions }, 'condition'],
    ['an expression that does not compile', { expression: 'claims.ref.matches(".*")' }, 'expression'],
  ])('compiles an invalid rule to one that refuses: %s (contract §5.3)', (_what, change, check) => {
    const failed = checksOf(change, { sub: '' }).filter(({ reason }) => reason === 'rule_invalid');
    expect(failed.map((of) => of.check)).toEqual([check]);
    expect(failed[0]?.hint).toMatch(/rule|conditions|expression/);
  });

  it('refuses where the expression is false, is no boolean, or cannot be evaluated', () => {
    expect(failuresOf({ expression: 'claims.ref == "refs/heads/main"' })).toEqual([]);
    expect(failuresOf({ expression: 'claims.ref == "x"' })).toEqual(['expression_failed']);
    expect(failuresOf({ expression: 'claims.ref' })).toEqual(['expression_failed']);
    expect(failuresOf({ expression: 'claims.zz == "x"' })).toEqual(['expression_failed']);
    expect(failuresOf({ expression: null })).toEqual([]);
    expect(failuresOf({ expression: '' })).toEqual(['rule_invalid']);
  });

  it('matches a renamed repository by its ids and says so in a check that passed (contract §5.3)', () => {
    const claims = {
      sub: 'repo:acme-corp/app:ref:refs/heads/main',
      repository: 'acme-corp/app',
      repository_owner: 'acme-corp',
      repository_id: '2',
      repository_owner_id: '1',
    };
    const checks = checksOf({ providerSubject: 'repo:acme@1/app@2:ref:refs/heads/main' }, claims, GITHUB);
    expect(checks.find(({ check }) => check === 'subject')).toMatchObject({
      ok: true,
      hint: 'matched by its ids: the repository is now called acme-corp/app',
    });
  });
});

describe('preset guards (contract §5.3)', () => {
  it.each<[string, Preset, JsonObject, boolean]>([
    ['an event that is listed', GITHUB, { event_name: 'push' }, true],
    ['no event', GITHUB, {}, true],
    ['an event that is not listed', GITHUB, { event_name: 'pull_request_target' }, false],
    ['an event in another case', GITHUB, { event_name: 'Push' }, false],
    ['a list of events', GITHUB, { event_name: ['push'] }, false],
    ['an event that is null', GITHUB, { event_name: null }, false],
    ['a fork', FORKS, { pipeline_source: 'merge_request_event', job_project_id: '1', project_id: '2' }, false],
    ['no word of a fork', FORKS, { pipeline_source: 'merge_request_event', project_id: '2' }, false],
    ['neither project', FORKS, { pipeline_source: 'merge_request_event' }, false],
    ['the project itself', FORKS, { pipeline_source: 'merge_request_event', job_project_id: 2, project_id: '2' }, true],
    ['another source', FORKS, { pipeline_source: 'push', project_id: '2' }, true],
    ['no source', FORKS, {}, true],
    ['a source that cannot be compared', FORKS, { pipeline_source: {} }, false],
    ['a rerun', SSH, { 'x.com/ssh-rerun': true }, false],
    ['a rerun in words', SSH, { 'x.com/ssh-rerun': 'true' }, false],
    ['a rerun in a list', SSH, { 'x.com/ssh-rerun': [true] }, false],
    ['a rerun that cannot be compared', SSH, { 'x.com/ssh-rerun': {} }, false],
    ['no rerun', SSH, { 'x.com/ssh-rerun': false }, true],
    ['no word of a rerun', SSH, {}, true],
  ])('%s', (_what, preset, claims, accepted) => {
    expect(failuresOf({}, claims, preset)).toEqual(accepted ? [] : ['preset_refused']);
  });

  it('is lifted where the conditions name the claim, by either of its spellings, and only there', () => {
    const target = { event_name: 'pull_request_target' };
    expect(failuresOf({ conditions: { event_name: 'pull_request_target' } }, target, GITHUB)).toEqual([]);
    expect(failuresOf({ conditions: { '/event_name': 'pull_request_target' } }, target, GITHUB)).toEqual([]);
    expect(failuresOf({ conditions: { ref: 'refs/heads/main' } }, target, GITHUB)).toEqual(['preset_refused']);
    expect(failuresOf({ conditions: { '/x.com~1ssh-rerun': true } }, { 'x.com/ssh-rerun': true }, SSH)).toEqual([]);
    expect(failuresOf({ conditions: { event_name: 'push' } }, target, GITHUB)).toEqual(['condition_failed']);
  });

  it('is not lifted by conditions that are invalid', () => {
    const failures = failuresOf({ conditions: { event_name: [] } }, { event_name: 'issues' }, GITHUB);
    expect(failures).toEqual(['preset_refused', 'rule_invalid']);
  });

  it('says who could get such a token and how to accept it', () => {
    expect(hintOf({}, { event_name: 'issues' }, GITHUB)).toBe(
      'Anybody. To accept it, list its value of event_name in the conditions.',
    );
  });
});

describe('hints for near misses (contract §5.6)', () => {
  const github = (sub: string): JsonObject => ({
    sub,
    repository: 'acme/app',
    repository_owner: 'acme',
    repository_id: '2',
    repository_owner_id: '1',
  });

  it.each<[string, Partial<FederatedIdentity>, JsonObject, Preset, RegExp]>([
    ['case', { providerSubject: SUBJECT.toUpperCase() }, {}, GENERIC, /upper and lower case/],
    [
      'case in a glob',
      { providerSubject: 'repo:Acme/*:ref:refs/heads/main', providerSubjectMatch: 'glob' },
      {},
      GENERIC,
      /upper and lower case/,
    ],
    [
      'case on GitHub',
      { providerSubject: 'repo:Acme/app:ref:refs/heads/main' },
      github(SUBJECT),
      GITHUB,
      /upper and lower case/,
    ],
    [
      'trailing slash',
      { providerSubject: 'https://ci.example.com/job/a' },
      { sub: 'https://ci.example.com/job/a/' },
      GENERIC,
      /trailing slash/,
    ],
    ['white space', { providerSubject: `${SUBJECT} ` }, {}, GENERIC, /white space/],
    ['exact for glob', { providerSubject: 'repo:acme/*:ref:refs/heads/main' }, {}, GENERIC, /set it to glob/],
    ['refs/heads/', { providerSubject: 'repo:acme/app:ref:main' }, {}, GENERIC, /starts with refs\/heads\//],
    [
      'refs/heads/ on GitHub',
      { providerSubject: 'repo:acme@1/app@2:ref:main' },
      github(SUBJECT),
      GITHUB,
      /refs\/heads\//,
    ],
    [
      'refs/tags/',
      { providerSubject: 'repo:acme/app:ref:v1' },
      { sub: 'repo:acme/app:ref:refs/tags/v1' },
      GENERIC,
      /refs\/tags\//,
    ],
    ['the other GitHub form', {}, { sub: 'repo:acme@1/app@2:ref:refs/heads/main' }, GENERIC, /preset github/],
    [
      'environment',
      {},
      { sub: 'repo:acme/app:environment:prod' },
      GENERIC,
      /environment:prod where the rule has the ref/,
    ],
    ['no environment', { providerSubject: 'repo:acme/app:environment:prod' }, {}, GENERIC, /names none/],
    ['pull request', {}, { sub: 'repo:acme/app:pull_request' }, GENERIC, /pull request/],
    [
      'tag',
      { providerSubject: 'repo:acme/app:ref:refs/heads/v1' },
      { sub: 'repo:acme/app:ref:refs/tags/v1' },
      GENERIC,
      /for a tag/,
    ],
    [
      'branch',
      { providerSubject: 'repo:acme/app:ref:refs/tags/v1' },
      { sub: 'repo:acme/app:ref:refs/heads/v1' },
      GENERIC,
      /for a branch/,
    ],
    ['look-alikes', { providerSubject: 'caf\u00E9:a' }, { sub: 'cafe\u0301:a' }, GENERIC, /look the same/],
    [
      'recycled name',
      { providerSubject: 'repo:acme@1/app@9:ref:refs/heads/main' },
      github(SUBJECT),
      GITHUB,
      /recycled name/,
    ],
    [
      'one id only',
      { providerSubject: 'repo:acme@1/app:ref:refs/heads/main' },
      github(SUBJECT),
      GITHUB,
      /both ids, or neither/,
    ],
    [
      'no signed ids',
      { providerSubject: 'repo:acme@1/app@2:ref:refs/heads/main' },
      {},
      GITHUB,
      /no signed repository_id/,
    ],
    [
      'a star that stops',
      { providerSubject: 'repo:acme/app:*', providerSubjectMatch: 'glob' },
      {},
      GENERIC,
      /stops at ":" and "\/": repo:acme\/app:\*\* would match/,
    ],
    [
      'a star that stops at a slash of the branch, of two',
      { providerSubject: 'repo:acme/*:ref:refs/heads/*', providerSubjectMatch: 'glob' },
      { sub: 'repo:acme/app:ref:refs/heads/feat/x' },
      GENERIC,
      /repo:acme\/\*:ref:refs\/heads\/\*\* would match/,
    ],
    [
      'a star in an exact subject that would have to cross',
      { providerSubject: 'repo:acme/app:*' },
      {},
      GENERIC,
      /exact, so \* is literal: set it to glob, and write repo:acme\/app:\*\*/,
    ],
    [
      'a regular expression',
      { providerSubject: '^repo:acme/app:ref:refs/heads/(main|dev)$' },
      {},
      GENERIC,
      /regular expression.*write repo:acme\/app:ref:refs\/heads\/main$/,
    ],
    [
      'a regular expression in a glob',
      { providerSubject: 'repo:acme/app:ref:refs/tags/.*', providerSubjectMatch: 'glob' },
      { sub: 'repo:acme/app:ref:refs/tags/v1' },
      GENERIC,
      /write repo:acme\/app:ref:refs\/tags\/\*\*/,
    ],
    [
      'percent-encoding',
      { providerSubject: 'repo:acme/app:environment:eu:prod' },
      { sub: 'repo:acme/app:environment:eu%3Aprod' },
      GENERIC,
      /percent-encoded .*eu%3Aprod/,
    ],
    [
      'a ref that is the short name',
      { providerSubject: 'project_path:a/b:ref_type:branch:ref:refs/heads/main' },
      { sub: 'project_path:a/b:ref_type:branch:ref:main' },
      GENERIC,
      /leave refs\/heads\/ out/,
    ],
    [
      'refs/heads/ twice',
      { providerSubject: 'repo:acme/app:ref:refs/heads/refs/heads/main' },
      {},
      GENERIC,
      /refs\/heads\/ twice/,
    ],
    [
      'a renamed project',
      {
        providerSubject: 'project_path:acme/web:ref_type:branch:ref:main',
        conditions: { project_id: '42' },
      },
      { sub: 'project_path:acme/shop:ref_type:branch:ref:main', project_id: '42' },
      GENERIC,
      /acme\/web is now called acme\/shop: project_id is still the same/,
    ],
    [
      'a tag of GitLab',
      { providerSubject: 'project_path:a/b:ref_type:branch:ref:v1' },
      { sub: 'project_path:a/b:ref_type:tag:ref:v1' },
      GENERIC,
      /for a tag/,
    ],
    [
      'a Cyrillic letter',
      { providerSubject: SUBJECT.replace('acme', '\u0430cme') },
      {},
      GENERIC,
      /look the same .*the rule has U\+0430/,
    ],
    [
      'an invisible character in the token',
      {},
      { sub: SUBJECT.replace('acme', 'ac\u200Bme') },
      GENERIC,
      /the token has U\+200B/,
    ],
    [
      'a customised subject',
      {},
      { ...github(SUBJECT), sub: 'repository_owner_id:1:repository_id:2:environment:prod' },
      GITHUB,
      /customised subject \(repository_owner_id, repository_id, environment\)/,
    ],
    [
      'a rule for a customised subject',
      { providerSubject: 'repository_id:2:environment:prod' },
      github(SUBJECT),
      GITHUB,
      /written for a customised subject/,
    ],
    ['a subject that goes on', { providerSubject: 'repo:acme/app' }, {}, GENERIC, /goes on behind the rule/],
    ['claims that disagree', {}, { ...github(SUBJECT), repository: 'acme/x' }, GITHUB, /contradict its sub/],
  ])('subject: %s', (_what, change, claims, preset, hint) => {
    expect(hintOf(change, claims, preset)).toMatch(hint);
  });

  it('tries a few variants of a pattern and no more, whatever the number of its wildcards (contract §7)', () => {
    const charCodeAt = vi.spyOn(String.prototype, 'charCodeAt');
    const readFor = (stars: number): readonly [number, string | null] => {
      const providerSubject = `team:acme:x:${'a*'.repeat(stars)}`;
      const sub = `team:acme:x:${'a/'.repeat(stars)}${'a:'.repeat(2_000)}`;
      const failedChecks = checksOf({ providerSubject, providerSubjectMatch: 'glob' }, { sub }).filter(({ ok }) => !ok);
      charCodeAt.mockClear();
      const hint = failedChecks[0]?.hint ?? null;
      return [charCodeAt.mock.calls.length / sub.length, hint];
    };
    const [few, many] = [readFor(2), readFor(150)];
    charCodeAt.mockRestore();
    expect(few[1]).toMatch(/stops at/);
    expect(many[1]).toMatch(/stops at/);
    expect(many[0]).toBeLessThan(4);
  });

  it('says nothing about a subject that is simply another', () => {
    expect(hintOf({ providerSubject: 'system:serviceaccount:a:b' })).toBeNull();
  });

  it.each<[string, Partial<FederatedIdentity>, JsonObject, Preset, RegExp]>([
    ['case', {}, { aud: ISSUER_URL.toUpperCase() }, GENERIC, /upper and lower case/],
    ['trailing slash', {}, { aud: `${ISSUER_URL}/` }, GENERIC, /trailing slash/],
    ['none', {}, { aud: [] }, GENERIC, /names no audience: request .*https:\/\/tokens\.example\.com/],
    [
      'the default of GitHub',
      {},
      { aud: 'https://github.com/acme' },
      GITHUB,
      /default audience .* request an ID token whose audience is https:\/\/tokens/,
    ],
    ['white space', { trustedAudiences: ['x '] }, { aud: 'x' }, GENERIC, /white space at an end/],
    ['no scheme', {}, { aud: ISSUER_URL.replace('https://', '') }, GENERIC, /https:\/\/ before it/],
    ['another', {}, { aud: 'x' }, GENERIC, /^request an ID token whose audience is https:\/\/tokens/],
    ['fixed by the platform', {}, { aud: 'x' }, { ...GENERIC, fixedAudience: 'x' }, /add the one it sends/],
    ['too many for all', { audienceMatchMode: 'all' }, { aud: [ISSUER_URL, 'x'] }, GENERIC, /also meant for x/],
    [
      'too few for exact',
      { audienceMatchMode: 'exact', trustedAudiences: [ISSUER_URL, 'x'] },
      {},
      GENERIC,
      /every trusted audience/,
    ],
  ])('audience: %s', (_what, change, claims, preset, hint) => {
    expect(hintOf(change, claims, preset)).toMatch(hint);
  });

  it.each<[string, FederatedIdentity['conditions'], JsonObject, RegExp]>([
    ['case', { ref: 'refs/heads/Main' }, {}, /upper and lower case/],
    ['case in a list', { ref: ['x', 'refs/heads/MAIN'] }, {}, /upper and lower case/],
    ['case of the claim', { zone: 'eu' }, { zone: 'EU' }, /upper and lower case/],
    ['trailing slash', { url: 'https://a/' }, { url: 'https://a' }, /trailing slash/],
    ['refs/heads/ missing', { ref: 'main' }, {}, /write refs\/heads\/main/],
    ['refs/heads/ too much', { branch: 'refs/heads/main' }, { branch: 'main' }, /leave refs\/heads\/ out/],
    ['absent', { zone: 'eu' }, {}, /no such claim/],
    ['null', { zone: 'eu' }, { zone: null }, /no such claim/],
    ['another name', { repositoryId: '2' }, { repository_id: '2' }, /but repository_id/],
    ['white space', { ref: 'refs/heads/main ' }, {}, /white space at an end/],
    ['a look-alike', { ref: 'refs/heads/m\u0430in' }, {}, /look the same/],
    ['percent-encoding', { environment: 'a:b' }, { environment: 'a%3Ab' }, /percent-encoded: write a%3Ab/],
    ['a star that stops', { path: { glob: 'acme/*' } }, { path: 'acme/a/b' }, /\*\* would match/],
    ['a star in a value', { ref: 'refs/heads/*' }, {}, /compared literally: write \{"glob": "refs\/heads\/\*"\}/],
    ['a regular expression', { ref: '^refs/heads/(main|dev)$' }, {}, /regular expression/],
    [
      "the caller's workflow",
      { job_workflow_ref: 'acme/app/.github/workflows/release.yml@refs/heads/main' },
      {
        job_workflow_ref: 'acme/ci/.github/workflows/deploy.yml@refs/heads/main',
        workflow_ref: 'acme/app/.github/workflows/release.yml@refs/heads/main',
      },
      /workflow_ref has that value.*job_workflow_ref is the one that really runs/,
    ],
    [
      'a workflow without its ref',
      { job_workflow_ref: 'acme/ci/.github/workflows/d.yml' },
      { job_workflow_ref: 'acme/ci/.github/workflows/d.yml@refs/heads/main' },
      /goes on with @ and the ref/,
    ],
    ['a list in one text', { groups: 'ops' }, { groups: 'dev,ops' }, /several values in one text/],
    ['a list of objects', { groups: 'ops' }, { groups: [{ name: 'ops' }] }, /list of objects/],
    ['nested with dots', { 'pod.name': 'a' }, { pod: { name: 'a' } }, /write \/pod\/name/],
    ['an object', { pod: 'a' }, { pod: { name: 'a' } }, /JSON Pointer/],
  ])('condition: %s', (_what, conditions, claims, hint) => {
    const text = hintOf({ conditions }, claims) ?? 'none';
    expect(text).toMatch(hint);
  });
});

describe('narrow (contract §3 step 7)', () => {
  function refusalOf(change: Partial<FederatedIdentity>, asked: Partial<Asked>): Check | undefined {
    return narrow(compile(change).identity, { ...NOTHING_ASKED, ...asked }, ROLES).checks.find(({ ok }) => !ok);
  }

  it('gives everything that is allowed if nothing was asked', () => {
    const { checks, narrowed } = narrow(compile({}).identity, NOTHING_ASKED, ROLES);
    expect(checks.map(({ check, ok }) => [check, ok])).toEqual([
      ['scope', true],
      ['token_audience', true],
    ]);
    expect(narrowed).toEqual({
      scope: ['api:read', 'api:write'],
      audiences: ['https://api.example.com'],
      roles: ['viewer'],
      lifetimeSeconds: 3_600,
    });
  });

  it('gives what was asked, in the project that was asked for', () => {
    const asked: Asked = {
      ...NOTHING_ASKED,
      scope: ['api:read'],
      audiences: ['b'],
      project: 'alpha',
      tokenType: 'id_token',
      lifetimeSeconds: 60,
    };
    const { checks, narrowed } = narrow(compile({ tokenAudiences: ['a', 'b'] }).identity, asked, ROLES);
    expect(checks.every(({ ok }) => ok)).toBe(true);
    expect(narrowed).toEqual({
      scope: ['api:read'],
      audiences: ['b'],
      roles: ['editor', 'viewer'],
      lifetimeSeconds: 60,
    });
  });

  it.each<[string, Partial<Asked>, object]>([
    [
      'a scope',
      { scope: ['api:read', 'iam:admin'] },
      { check: 'scope', reason: 'scope_not_allowed', actual: 'iam:admin' },
    ],
    [
      'an audience',
      { audiences: ['https://api.example.com', 'x'] },
      { check: 'token_audience', reason: 'audience_not_allowed', actual: 'x' },
    ],
    [
      'the issuer as audience',
      { audiences: [ISSUER_URL] },
      { check: 'token_audience', reason: 'audience_not_allowed' },
    ],
  ])('refuses %s that is not allowed, and names it', (_what, asked, refusal) => {
    expect(refusalOf({}, asked)).toMatchObject(refusal);
    expect(narrow(compile({}).identity, { ...NOTHING_ASKED, ...asked }, ROLES).narrowed).toBeNull();
  });

  it('refuses an ID token for nobody in particular', () => {
    expect(refusalOf({}, { tokenType: 'id_token' })).toMatchObject({
      check: 'token_audience',
      reason: 'audience_required',
    });
    expect(refusalOf({}, { tokenType: 'id_token', audiences: ['https://api.example.com'] })).toBeUndefined();
  });

  it('refuses a project in which the account holds nothing, other accounts notwithstanding', () => {
    const bound = ROLES.filter(({ projects }) => projects.length > 0);
    const narrowTo = (project: string): Narrowing => narrow(compile({}).identity, { ...NOTHING_ASKED, project }, bound);
    expect(narrowTo('gamma').checks.find(({ ok }) => !ok)).toMatchObject({
      check: 'project',
      reason: 'project_not_allowed',
      expected: ['alpha', 'beta'],
      actual: 'gamma',
    });
    expect(narrowTo('gamma').narrowed).toBeNull();
    expect(narrowTo('beta').narrowed).not.toBeNull();
    expect(refusalOf({}, { project: 'gamma' })).toBeUndefined();
    expect(isHeldIn('alpha', 'sa_3', ROLES)).toBe(false);
    expect(isHeldIn('anything', 'sa_2', ROLES)).toBe(true);
  });

  it('gives nothing without an audience, since such a token would be for everybody', () => {
    expect(IDENTITY.tokenAudiences).toEqual([]);
    expect(narrow(IDENTITY, NOTHING_ASKED, ROLES)).toMatchObject({ narrowed: null });
    expect(narrow(compile({}).identity, NOTHING_ASKED, ROLES).narrowed).not.toBeNull();
  });

  it('gives roles of the whole organisation, and those of the project, of this account only', () => {
    expect(rolesIn(null, 'sa_1', ROLES)).toEqual(['viewer']);
    expect(rolesIn('beta', 'sa_1', ROLES)).toEqual(['editor', 'viewer']);
    expect(rolesIn('beta', 'sa_3', ROLES)).toEqual([]);
  });

  it('decides with the first thing that is wrong, the token before the request', () => {
    expect(reasonOf([compile({ providerSubject: 'a:b' })], { scope: ['x'] })).toBe('subject_mismatch');
    expect(reasonOf([compile({})], { scope: ['x'] })).toBe('scope_not_allowed');
  });
});

describe('forwardedClaims (contract §3)', () => {
  it('copies what is present, named as the rule names it', () => {
    const claims = { a: 1, 'b.c': ['x'], d: { e: 'f' }, n: null };
    expect(forwardedClaims(claims, ['a', 'b.c', '/d/e', 'n', 'zz', 'toString'])).toEqual({
      a: 1,
      'b.c': ['x'],
      '/d/e': 'f',
      n: null,
    });
  });

  it('writes own members only, whatever they are called', () => {
    const claims = JSON.parse('{"__proto__": {"admin": true}}') as JsonObject;
    const upstream = forwardedClaims(claims, ['__proto__']);
    expect(Object.keys(upstream)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(upstream)).toBe(Object.prototype);
  });
});
