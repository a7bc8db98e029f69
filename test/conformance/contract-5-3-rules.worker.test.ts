// Contract §5.3 end to end: what a rule accepts, and the neighbour that it refuses with exactly one reason.

import { beforeEach, describe, expect, it } from 'vitest';
import { addIdentity, deploy, join } from '../support/deployment.ts';
import type { Deployment, Joined } from '../support/deployment.ts';
import { circleci, githubActions, gitlab, kubernetes } from '../support/claims.ts';
import { createIssuer } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';

type Claims = Record<string, unknown>;

interface Case {
  readonly name: string;
  readonly rule: Claims & { readonly providerSubject: string };
  readonly accepts: Claims;
  readonly refuses: Claims;
  readonly reason: string;
}

let deployment: Deployment;
let issuer: TestIssuer;

beforeEach(async () => {
  deployment = await deploy();
});

/** Exchanges both tokens against one rule and reads the reason of the refusal from the audit event. */
async function check({ rule, accepts, refuses, reason }: Case): Promise<void> {
  issuer = await createIssuer({ issuer: String(accepts['iss']) });
  const joined = await join(deployment, issuer, rule);
  const sign = (claims: Claims): Promise<string> => issuer.sign(claims);
  const granted = await deployment.exchange(await sign(accepts), { service_account_id: joined.serviceAccount });
  expect(granted.body).toMatchObject({ token_type: 'Bearer' });
  const refused = await deployment.exchange(await sign(refuses), { service_account_id: joined.serviceAccount });
  expect(refused.status).toBe(400);
  expect((await deployment.events()).at(-1)).toMatchObject({ outcome: 'refused', reason });
}

const now = 1_789_000_000;
const push = (options: Parameters<typeof githubActions>[0] = {}): Claims => githubActions({ now, ...options });
const NAMES = 'repo:acme/app:ref:refs/heads/main';
const IDS = 'repo:acme@123456/app@456789:ref:refs/heads/main';

describe('subjects', () => {
  it.each<Case>([
    {
      name: 'an exact subject, not its extension',
      rule: { providerSubject: NAMES },
      accepts: push(),
      refuses: push({ ref: 'refs/heads/main-evil' }),
      reason: 'subject_mismatch',
    },
    {
      name: 'a star within a segment run, not across a separator',
      rule: { providerSubject: 'repo:acme/*:ref:refs/heads/main', providerSubjectMatch: 'glob' },
      accepts: push({ repository: 'acme/anything' }),
      refuses: push({ repository: 'acme-evil/anything' }),
      reason: 'subject_mismatch',
    },
    {
      name: 'a tag pattern, not a branch of the same name',
      rule: { providerSubject: 'repo:acme/app:ref:refs/tags/v*', providerSubjectMatch: 'glob' },
      accepts: push({ ref: 'refs/tags/v1.2.3' }),
      refuses: push({ ref: 'refs/heads/v1.2.3' }),
      reason: 'subject_mismatch',
    },
    {
      name: 'characters of other pattern languages literally',
      rule: { providerSubject: 'repo:acme/app:ref:refs/heads/(a+)+$' },
      accepts: push({ ref: 'refs/heads/(a+)+$' }),
      refuses: push({ ref: 'refs/heads/aaa' }),
      reason: 'subject_mismatch',
    },
  ])('match $name (contract §5.3)', check);
});

describe("GitHub's two subject forms", () => {
  it.each([
    ['names', NAMES],
    ['ids', IDS],
  ])(
    'are found without a named account where the provider reads the subject by a JSON Pointer, by a rule with %s (contract §5.3)',
    async (_form, providerSubject) => {
      const claims = push();
      issuer = await createIssuer({ issuer: String(claims['iss']) });
      await join(deployment, issuer, { providerSubject }, { subjectClaim: '/sub' });
      expect((await deployment.exchange(await issuer.sign(claims))).status).toBe(200);
      expect((await deployment.exchange(await issuer.sign({ ...claims, repository_id: '7' }))).status).toBe(400);
    },
  );

  it.each<Case>([
    {
      name: 'a rule with names takes both forms',
      rule: { providerSubject: NAMES },
      accepts: push({ subjectForm: 'immutable' }),
      refuses: push({ repository: 'acme/other' }),
      reason: 'subject_mismatch',
    },
    {
      name: 'a rule with ids takes the form with names, by the signed ids',
      rule: { providerSubject: IDS },
      accepts: push({ subjectForm: 'legacy' }),
      refuses: push({ subjectForm: 'legacy', repositoryId: '1' }),
      reason: 'subject_mismatch',
    },
    {
      name: 'a rule with ids follows a renamed repository, and no recycled name',
      rule: { providerSubject: IDS },
      accepts: push({ repository: 'renamed/elsewhere' }),
      refuses: push({ repositoryId: '999' }),
      reason: 'subject_mismatch',
    },
    {
      name: 'claims that disagree with the subject match nothing',
      rule: { providerSubject: NAMES },
      accepts: push(),
      refuses: push({ claims: { repository: 'acme/app', sub: 'repo:evil@1/app@2:ref:refs/heads/main' } }),
      reason: 'subject_mismatch',
    },
    {
      name: 'without signed ids only the literal form is compared',
      rule: { providerSubject: NAMES },
      accepts: push({ subjectForm: 'legacy', claims: { repository_id: undefined, repository_owner_id: undefined } }),
      refuses: push({ subjectForm: 'immutable', claims: { repository_id: undefined, repository_owner_id: undefined } }),
      reason: 'subject_mismatch',
    },
  ])('$name (contract §5.3)', check);
});

describe('audiences', () => {
  const audiences = (mode: string, trusted: string[]): Claims & { providerSubject: string } => ({
    providerSubject: NAMES,
    audienceMatchMode: mode,
    trustedAudiences: trusted,
  });
  it.each<Case>([
    {
      name: 'an empty list trusts this deployment and nobody else',
      rule: { providerSubject: NAMES },
      accepts: push(),
      refuses: push({ audience: 'https://github.com/acme' }),
      reason: 'audience_mismatch',
    },
    {
      name: 'any: one of the token is enough',
      rule: audiences('any', ['a', 'b']),
      accepts: push({ audience: ['x', 'b'] }),
      refuses: push({ audience: ['x', 'B'] }),
      reason: 'audience_mismatch',
    },
    {
      name: 'all: every one of the token is trusted',
      rule: audiences('all', ['a', 'b']),
      accepts: push({ audience: ['a'] }),
      refuses: push({ audience: ['a', 'x'] }),
      reason: 'audience_mismatch',
    },
    {
      name: 'exact: the same set',
      rule: audiences('exact', ['a', 'b']),
      accepts: push({ audience: ['b', 'a'] }),
      refuses: push({ audience: ['a'] }),
      reason: 'audience_mismatch',
    },
    {
      name: 'an absent audience is never trusted',
      rule: audiences('all', ['a']),
      accepts: push({ audience: 'a' }),
      refuses: push({ claims: { aud: undefined } }),
      reason: 'audience_mismatch',
    },
    {
      name: 'an empty array is never trusted',
      rule: audiences('all', ['a']),
      accepts: push({ audience: 'a' }),
      refuses: push({ audience: [] }),
      reason: 'audience_mismatch',
    },
  ])('$name (contract §5.3)', check);
});

describe('conditions and expressions', () => {
  const when = (conditions: Claims): Claims & { providerSubject: string } => ({ providerSubject: NAMES, conditions });
  const cel = (expression: string): Claims & { providerSubject: string } => ({ providerSubject: NAMES, expression });
  it.each<Case>([
    {
      name: 'a scalar',
      rule: when({ ref_protected: true }),
      accepts: push(),
      refuses: push({ claims: { ref_protected: 'false' } }),
      reason: 'condition_failed',
    },
    {
      name: 'an absent claim',
      rule: when({ environment: { not: 'prod' } }),
      accepts: push({ claims: { environment: 'dev' } }),
      refuses: push(),
      reason: 'condition_failed',
    },
    {
      name: 'a glob',
      rule: when({ job_workflow_ref: { glob: 'acme/ci/.github/workflows/*@refs/heads/main' } }),
      accepts: push({ claims: { job_workflow_ref: 'acme/ci/.github/workflows/deploy.yml@refs/heads/main' } }),
      refuses: push(),
      reason: 'condition_failed',
    },
    {
      name: 'one of several',
      rule: when({ actor: ['octocat', 'hubot'] }),
      accepts: push(),
      refuses: push({ claims: { actor: 'mallory' } }),
      reason: 'condition_failed',
    },
    {
      name: 'existence',
      rule: when({ environment: { exists: false } }),
      accepts: push(),
      refuses: push({ claims: { environment: 'x' } }),
      reason: 'condition_failed',
    },
    {
      name: 'an identifier beyond 2^53',
      rule: when({ actor_id: '9007199254740993' }),
      accepts: push({ claims: { actor_id: '9007199254740993' } }),
      refuses: push({ claims: { actor_id: '9007199254740992' } }),
      reason: 'condition_failed',
    },
    {
      name: 'an expression',
      rule: cel("claims.ref == 'refs/heads/main' && claims.run_attempt == '1'"),
      accepts: push(),
      refuses: push({ claims: { run_attempt: '2' } }),
      reason: 'expression_failed',
    },
    {
      name: 'an expression that fails to evaluate',
      rule: cel("claims.no_such.thing == 'x' || claims.actor == 'octocat'"),
      accepts: push({ claims: { no_such: { thing: 'x' } } }),
      refuses: push({ claims: { actor: 'mallory' } }),
      reason: 'expression_failed',
    },
  ])('decide on $name (contract §5.3)', check);

  it.each<Case>([
    {
      name: 'reads nested claims by JSON Pointer',
      rule: {
        providerSubject: 'system:serviceaccount:payments:checkout',
        conditions: { '/kubernetes.io/serviceaccount/uid': 'a087d5a0-e1dd-43ec-93ac-f13d89cd13af' },
      },
      accepts: kubernetes({ now }),
      refuses: kubernetes({ now, claims: { 'kubernetes.io': { serviceaccount: { uid: 'another' } } } }),
      reason: 'condition_failed',
    },
  ])('$name (RFC 6901 §4)', check);
});

describe('presets refuse by default what outsiders can get', () => {
  const fork = { pipeline_source: 'merge_request_event', job_project_id: '99' };
  it.each<Case>([
    {
      name: 'pull_request_target on GitHub',
      rule: { providerSubject: NAMES },
      accepts: push(),
      refuses: push({ claims: { event_name: 'pull_request_target' } }),
      reason: 'preset_refused',
    },
    {
      name: 'workflow_run on GitHub',
      rule: { providerSubject: NAMES },
      accepts: push({ claims: { event_name: undefined } }),
      refuses: push({ claims: { event_name: 'workflow_run' } }),
      reason: 'preset_refused',
    },
    {
      name: 'merge requests from forks on GitLab',
      rule: { providerSubject: 'project_path:acme/app:ref_type:branch:ref:main' },
      accepts: gitlab({ now, pipelineSource: 'merge_request_event' }),
      refuses: gitlab({ now, claims: fork }),
      reason: 'preset_refused',
    },
    {
      name: 'SSH reruns on CircleCI',
      rule: { providerSubject: String(circleci({ now })['sub']) },
      accepts: circleci({ now }),
      refuses: circleci({ now, sshRerun: true }),
      reason: 'preset_refused',
    },
  ])('$name (contract §5.3)', check);

  it.each<Case>([
    {
      name: 'unless the identity names the claim itself',
      rule: { providerSubject: NAMES, conditions: { event_name: ['pull_request_target', 'push'] } },
      accepts: push({ claims: { event_name: 'pull_request_target' } }),
      refuses: push({ claims: { event_name: 'workflow_run' } }),
      reason: 'condition_failed',
    },
  ])('$name (contract §5.3)', check);
});

describe('a rule too broad, as an old row may be', () => {
  it.each(['repo:*', 'repo:acme*', '*', 'repo:acme/app*'])('%s matches nothing (contract §5.3)', async (pattern) => {
    issuer = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
    const joined: Joined = await join(deployment, issuer, {
      providerSubject: 'repo:acme/*:ref:refs/heads/main',
      providerSubjectMatch: 'glob',
    });
    expect((await deployment.exchange(await issuer.sign(push()))).status).toBe(200);
    await deployment.db
      .prepare('UPDATE federated_identity SET provider_subject = ?1, object_version = 2')
      .bind(pattern)
      .run();
    expect(
      (await deployment.exchange(await issuer.sign(push()), { service_account_id: joined.serviceAccount })).status,
    ).toBe(400);
    expect((await deployment.events()).at(-1)).toMatchObject({ outcome: 'refused', reason: 'rule_invalid' });
  });
});

describe('a guard that a condition tightens', () => {
  it.each<Case>(
    [{ not: 'schedule' }, { exists: true }, { glob: 'pu*' }].map((matcher) => ({
      name: JSON.stringify(matcher),
      rule: { providerSubject: NAMES, conditions: { event_name: matcher } },
      accepts: push(),
      refuses: push({ claims: { event_name: 'pull_request_target' } }),
      reason: 'preset_refused',
    })),
  )('$name lifts nothing (contract §5.3)', check);
});

describe('a rule that names no tenant, as an old row may', () => {
  const COMPOSED = 'environment:production';

  it.each(['github', 'generic'])('matches nothing, whatever preset: %s (contract §5.3)', async (preset) => {
    issuer = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
    const joined = await join(deployment, issuer, {
      providerSubject: COMPOSED,
      conditions: { repository_owner_id: '123456' },
    });
    await deployment.db.prepare('UPDATE identity_provider SET preset = ?1').bind(preset).run();
    const named = { service_account_id: joined.serviceAccount };
    const ours = push({ claims: { sub: COMPOSED } });
    const strangers = push({ claims: { sub: COMPOSED, repository_owner_id: '66' } });
    expect((await deployment.exchange(await issuer.sign(ours), named)).status).toBe(200);
    expect((await deployment.exchange(await issuer.sign(strangers), named)).status).toBe(400);
    expect((await deployment.events()).at(-1)).toMatchObject({ outcome: 'refused', reason: 'condition_failed' });

    await deployment.db.prepare('UPDATE federated_identity SET conditions = NULL').run();
    for (const claims of [ours, strangers]) {
      const refused = await deployment.exchange(await issuer.sign({ ...claims, jti: crypto.randomUUID() }), named);
      expect(refused.status).toBe(400);
      expect((await deployment.events()).at(-1)).toMatchObject({ outcome: 'refused', reason: 'tenant_missing' });
    }
  });
});

describe('issuers that look alike', () => {
  it('a rule of one issuer refuses the same claims signed by another (contract §5.3)', async () => {
    const ours = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
    const theirs = await createIssuer({ issuer: 'https://ghe.example.com/_services/token' });
    const joined = await join(deployment, ours, { providerSubject: NAMES });
    deployment.connect(theirs);
    await deployment.iam('POST', '/v1/federated-identity-providers', {
      name: 'theirs',
      providerIssuer: theirs.issuer,
      status: 'active',
    });
    const forged = await theirs.sign(push({ issuer: theirs.issuer }));
    expect((await deployment.exchange(forged, { service_account_id: joined.serviceAccount })).status).toBe(400);
    expect(
      (await deployment.exchange(await theirs.sign(push()), { service_account_id: joined.serviceAccount })).status,
    ).toBe(400);
    expect(
      (await deployment.exchange(await ours.sign(push()), { service_account_id: joined.serviceAccount })).status,
    ).toBe(200);
  });

  it('an account without a rule for the issuer refuses, and with one accepts (contract §5.3)', async () => {
    issuer = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
    const joined = await join(deployment, issuer, { providerSubject: 'repo:acme/app:environment:prod' });
    const token = await issuer.sign(push());
    expect((await deployment.exchange(token)).status).toBe(400);
    await addIdentity(deployment, joined, { providerSubject: NAMES });
    expect((await deployment.exchange(token)).status).toBe(200);
  });
});
