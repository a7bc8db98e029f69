// The mistakes that people make most, from a survey of new users and public bug reports: what the caller reads of each, and what the
// operator reads with one command, `cambist explain` (contract §3, §5.6).

import { beforeEach, describe, expect, it } from 'vitest';

import { githubActions, gitlab } from '../support/claims.ts';
import { addIdentity, deploy, expectCreated, join } from '../support/deployment.ts';
import type { Answer, Deployment, Joined } from '../support/deployment.ts';
import { createIssuer } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';

const GITHUB = 'https://token.actions.githubusercontent.com';
const NAMES = 'repo:acme/app:ref:refs/heads/main';

interface World {
  readonly deployment: Deployment;
  readonly issuer: TestIssuer;
  readonly joined: Joined;
}

interface Mistake {
  readonly what: string;
  /** Laid over the one rule, which trusts `main` of acme/app by its names. */
  readonly rule?: Record<string, unknown>;
  /** What else is different; the answer is laid over the request. */
  readonly prepare?: (world: World) => Promise<Record<string, string> | undefined>;
  /** Of the token, laid over a push to `main`. */
  readonly claims?: Record<string, unknown>;
  readonly token?: (signed: string) => string;
  readonly request?: Record<string, string>;
  /** What the caller reads. */
  readonly caller: RegExp;
  /** What the caller may not read: expected values. */
  readonly hides?: RegExp;
  /** What the operator reads; null if the operator needs no command, since the request never had a token. */
  readonly operator: RegExp | null;
  /** The reason of a refusal that is stored, and so is explained by its request id; else the token is explained. */
  readonly stored?: string;
}

const TWELVE: readonly Mistake[] = [
  {
    what: '1. the default audience of the platform',
    claims: { aud: 'https://github.com/acme' },
    caller:
      /audience of the token is https:\/\/github\.com\/acme: request an ID token whose audience is https:\/\/cambist\.test/,
    operator: /default audience of GitHub Actions.*request an ID token whose audience is https:\/\/cambist\.test/,
    stored: 'audience_mismatch',
  },
  {
    what: '2. a trailing slash at the audience',
    claims: { aud: 'https://cambist.test/' },
    caller: /audience of the token is https:\/\/cambist\.test\/: request .* audience is https:\/\/cambist\.test$/,
    operator: /differ only in a trailing slash/,
    stored: 'audience_mismatch',
  },
  {
    what: '2. a trailing slash at the issuer',
    claims: { iss: `${GITHUB}/` },
    caller: /not a registered identity provider: .*byte for byte, and this one ends in a slash/,
    operator: /registered issuer https:\/\/token\.actions\.githubusercontent\.com differs only in a trailing slash/,
  },
  {
    what: '3. a rule for a branch, and a job with an environment',
    claims: { sub: 'repo:acme/app:environment:prod', environment: 'prod' },
    caller:
      /subject repo:acme\/app:environment:prod.*the job names the environment prod, so its subject has that and no branch/,
    hides: /refs\/heads\/main/,
    operator: /names the environment prod, so its subject has environment:prod where the rule has the ref/,
    stored: 'subject_mismatch',
  },
  {
    what: '4. a recycled name',
    rule: { providerSubject: 'repo:acme@1/app@2:ref:refs/heads/main' },
    claims: githubActions({}),
    caller: /no federated identity accepts this token: .*subject repo:acme@123456\/app@456789/,
    operator: /another repository under a recycled name/,
    stored: 'subject_mismatch',
  },
  {
    what: '5. no permission to get an ID token',
    token: () => '',
    caller: /subject_token is missing: it is the ID token of the workload/,
    operator: null,
  },
  {
    what: '5. no permission to get an ID token, and the word null in its place',
    token: () => 'null',
    caller:
      /It is the word null: what should have held the token was empty \(on GitHub, a job without .* id-token: write\)/,
    operator: /the word null.*id-token: write/,
  },
  {
    what: '6. upper and lower case',
    claims: { sub: 'repo:Acme/App:ref:refs/heads/main', repository: 'Acme/App', repository_owner: 'Acme' },
    caller: /subject is compared exactly, upper and lower case included/,
    operator: /differ only in upper and lower case/,
    stored: 'subject_mismatch',
  },
  {
    what: '7. a tag in place of a branch',
    claims: { sub: 'repo:acme/app:ref:refs/tags/v1', ref: 'refs/tags/v1', ref_type: 'tag' },
    caller: /its subject is that of the tag v1, not of a branch/,
    operator: /the job runs for a tag, the rule wants a branch/,
    stored: 'subject_mismatch',
  },
  {
    what: '8. a pull request',
    claims: { sub: 'repo:acme/app:pull_request', event_name: 'pull_request' },
    caller: /its subject is that of a pull request and has no branch/,
    operator: /runs for a pull request, whose subject has pull_request where the rule has the ref/,
    stored: 'subject_mismatch',
  },
  {
    what: '8. pull_request_target',
    claims: { event_name: 'pull_request_target' },
    caller: /tokens with event_name pull_request_target are refused by default: People without write access/,
    operator: /People without write access can trigger/,
    stored: 'preset_refused',
  },
  {
    what: '9. a token that has expired',
    prepare: async ({ deployment }) => {
      deployment.clock.now += 600;
      return undefined;
    },
    caller: /the token expired \d+ seconds ago: its exp is \d+, this service's clock is \d+/,
    operator: /expired \d+ seconds ago/,
  },
  {
    what: '10. an issuer that cannot be reached',
    prepare: async ({ issuer, deployment }) => {
      issuer.goDown();
      deployment.coldStart();
      return undefined;
    },
    caller: /keys of the token's issuer cannot be obtained .*nothing is said against the token; try again later/,
    operator: /token\.actions\.githubusercontent\.com.*answered 503/,
  },
  {
    what: '11. an account that does not exist',
    request: { service_account_id: 'sa_00000000000000000000000000' },
    caller: /check service_account_id and organisation_id, too/,
    operator:
      /no service account sa_00000000000000000000000000.*the rule .* of the service account deployer accepts this token: send service_account_id=sa_/,
    stored: 'service_account_unknown',
  },
  {
    what: '11. a slug without its organisation',
    request: { service_account_id: 'deployer' },
    caller: /check service_account_id and organisation_id, too/,
    operator: /deployer is the slug of the service account sa_.*: send that id, or organisation_id beside the slug/,
    stored: 'service_account_unknown',
  },
  {
    what: '11. an account that has no rule, where the rule is another one’s',
    prepare: async ({ deployment }) => ({
      service_account_id: await expectCreated(deployment.iam('POST', '/v1/service-accounts', { name: 'other' })),
    }),
    caller: /check service_account_id and organisation_id, too/,
    operator: /the rule .* \(fid_.*\) of the service account deployer accepts this token: send service_account_id=sa_/,
    stored: 'no_federated_identity',
  },
  {
    what: '11. an organisation that does not exist',
    prepare: async ({ joined }) => ({ service_account_id: joined.serviceAccount, organisation_id: 'acme' }),
    caller: /check service_account_id and organisation_id, too/,
    operator: /asks for the organisation acme, which does not exist.*service account sa_.* exists in this organisation/,
    stored: 'service_account_unknown',
  },
  {
    what: '11. an organisation that does not exist, with no account named',
    request: { organisation_id: 'acme', service_account_id: '' },
    caller: /not a registered identity provider.*check organisation_id, too/,
    operator: null,
  },
  {
    what: '12. a rule that has expired',
    rule: { expiresAt: '2026-01-01T00:00:00Z' },
    caller: /a federated identity matches this token .* but it or its service account is switched off or has expired/,
    operator: /the federated identity has expired: set a later expiresAt/,
    stored: 'identity_expired',
  },
  {
    what: '12. a rule that is disabled',
    rule: { status: 'inactive' },
    caller: /switched off or has expired: ask the operator/,
    operator: /the federated identity is switched off/,
    stored: 'identity_inactive',
  },
  {
    what: '12. an account that is disabled',
    prepare: async ({ deployment, joined }) => {
      await deployment.iam('PATCH', `/v1/service-accounts/${joined.serviceAccount}`, { status: 'inactive' });
      return undefined;
    },
    caller: /it or its service account is switched off/,
    operator: /service account sa_\w+ is not active/,
    stored: 'service_account_inactive',
  },
];

const REUSABLE = 'acme/ci/.github/workflows/deploy.yml@refs/heads/main';

const TEN: readonly Mistake[] = [
  {
    what: '1. a star in an exact subject',
    rule: { providerSubject: 'repo:acme/app:*' },
    caller: /its subject is that of the branch main, not of a tag or an environment/,
    operator: /providerSubjectMatch is exact, so \* is literal: set it to glob, and write repo:acme\/app:\*\*/,
    stored: 'subject_mismatch',
  },
  {
    what: '2. a star that does not cross',
    rule: { providerSubject: 'repo:acme/app:*', providerSubjectMatch: 'glob' },
    caller: /its subject is that of the branch main/,
    operator: /\* stops at \\":\\" and \\"\/\\": repo:acme\/app:\*\* would match/,
    stored: 'subject_mismatch',
  },
  {
    what: '2. a star that does not cross a branch name',
    rule: { providerSubject: 'repo:acme/app:ref:refs/heads/release/*', providerSubjectMatch: 'glob' },
    claims: { sub: 'repo:acme/app:ref:refs/heads/release/2/x', ref: 'refs/heads/release/2/x' },
    caller: /its subject is that of the branch release\/2\/x/,
    operator: /release\/\*\* would match/,
    stored: 'subject_mismatch',
  },
  {
    what: '3. a customised subject',
    claims: { sub: 'repository_owner_id:123456:repository_id:456789:environment:release', environment: 'release' },
    caller: /its subject is a customised one of its repository/,
    operator: /the repository has a customised subject \(repository_owner_id, repository_id, environment\)/,
    stored: 'subject_mismatch',
  },
  {
    what: '4. a workflow that moved, or a reusable one',
    rule: { conditions: { job_workflow_ref: 'acme/app/.github/workflows/deploy.yml@refs/heads/main' } },
    claims: { job_workflow_ref: REUSABLE },
    caller:
      /the subject and the audience of the token are accepted, but not its claim job_workflow_ref \(acme\/ci\/.*main\)/,
    hides: /acme\/app\/\.github/,
    operator:
      /workflow_ref has that value, the workflow that was started; job_workflow_ref is the one that really runs/,
    stored: 'condition_failed',
  },
  {
    what: '5. a short ref in a condition',
    rule: { conditions: { ref: 'main' } },
    caller: /accepted, but not its claim ref \(refs\/heads\/main\)/,
    operator: /the claim has the whole ref: write refs\/heads\/main/,
    stored: 'condition_failed',
  },
  {
    what: '6. a claim that is absent',
    rule: { conditions: { environment_protected: true } },
    caller: /accepted, but not that it lacks the claim environment_protected/,
    operator: /the token has no such claim, and an absent claim never matches/,
    stored: 'condition_failed',
  },
  {
    what: '6. a claim of another value',
    rule: { conditions: { ref_protected: true } },
    claims: { ref_protected: 'false' },
    caller: /accepted, but not its claim ref_protected \(false\)/,
    operator:
      /\\?"check\\?":\\?"condition\\?",\\?"claim\\?":\\?"ref_protected\\?",\\?"expected\\?":true,\\?"actual\\?":\\?"false/,
    stored: 'condition_failed',
  },
  {
    what: '6. an expression',
    rule: { expression: 'claims.actor == "hubot"' },
    caller: /accepted, but not another claim of it/,
    hides: /hubot/,
    operator: /claims\.actor == \\"hubot\\"/,
    stored: 'expression_failed',
  },
  {
    what: '7. white space at an end of the rule',
    rule: { providerSubject: `${NAMES} ` },
    caller: /no federated identity accepts this token/,
    operator: /differ only in white space at an end/,
    stored: 'subject_mismatch',
  },
  {
    what: '7. a letter that looks like another',
    rule: { providerSubject: NAMES.replace('app', '\u0430pp') },
    caller: /no federated identity accepts this token/,
    operator: /look the same but are different characters \(the rule has U\+0430\)/,
    stored: 'subject_mismatch',
  },
  {
    what: '8. an audience that is not allowed',
    request: { audience: 'https://else.example' },
    caller: /the requested audience or resource is not allowed: https:\/\/else\.example/,
    operator: /audience_not_allowed: asked https:\/\/else\.example, allowed https:\/\/cambist\.test/,
    stored: 'audience_not_allowed',
  },
  {
    what: '8. a scope that is not allowed',
    request: { scope: 'iam:admin' },
    caller: /the requested scope is not allowed: iam:admin/,
    operator: /scope_not_allowed: asked iam:admin, allowed api:read api:write/,
    stored: 'scope_not_allowed',
  },
  {
    what: "9. a cluster's own name for itself",
    claims: { iss: 'https://kubernetes.default.svc.cluster.local' },
    caller: /a cluster's own name for itself: the operator has to register the cluster with its keys/,
    operator: /default issuer of a Kubernetes cluster.*--upload-jwks/,
  },
  {
    what: '9. a double slash in the issuer',
    claims: { iss: 'https://token.actions.githubusercontent.com//' },
    caller: /this one ends in a slash/,
    operator: /differs only in/,
  },
  ...(
    [
      ['the JSON answer', (token: string) => `{"value":"${token}"}`, /only the member that holds the token/],
      ['quotes', (token: string) => `"${token}"`, /in quotes; send it without/],
      ['the word Bearer', (token: string) => `Bearer ${token}`, /begins with the word Bearer; send the token alone/],
      ['a line break', (token: string) => `${token}\n`, /ends in white space or a line break/],
      ['a variable', () => '$ID_TOKEN', /name of a variable whose value was not put in its place/],
    ] as const
  ).map(([what, token, sentence]) => ({ what: `10. ${what}`, token, caller: sentence, operator: sentence })),
];

let world: World;

beforeEach(async () => {
  const deployment = await deploy();
  const issuer = await createIssuer({ issuer: GITHUB });
  world = { deployment, issuer, joined: await join(deployment, issuer, { providerSubject: NAMES }) };
});

const explain = (body: Record<string, unknown>): Promise<Answer> =>
  world.deployment.iam('POST', '/v1/federated-identities/explain', body);

async function make(mistake: Mistake): Promise<{ answer: Answer; token: string }> {
  const { deployment, issuer, joined } = world;
  const { clock } = deployment;
  const usual = githubActions({ subjectForm: 'legacy', now: clock.now });
  const signed = await issuer.sign({
    ...usual,
    ...mistake.claims,
    iat: clock.now,
    nbf: clock.now,
    exp: clock.now + 300,
  });
  if (mistake.rule !== undefined) {
    const path = `/v1/federated-identities/${joined.federatedIdentity}`;
    expect((await deployment.iam('PATCH', path, mistake.rule)).status).toBe(200);
  }
  const more = await mistake.prepare?.(world);
  const token = mistake.token?.(signed) ?? signed;
  return {
    answer: await deployment.exchange(token, {
      service_account_id: joined.serviceAccount,
      ...mistake.request,
      ...more,
    }),
    token,
  };
}

describe.each([
  ['the twelve commonest mistakes', TWELVE],
  ['ten others, from public threads', TEN],
])('%s', (_list, mistakes) => {
  it.each(mistakes.map((mistake) => [mistake.what, mistake] as const))(
    'are told to the caller and explained to the operator: %s (contract §3, §5.6)',
    async (_what, mistake) => {
      const { answer, token } = await make(mistake);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      const said = String(answer.body.error_description);
      expect(said).toMatch(mistake.caller);
      if (mistake.hides !== undefined) expect(said).not.toMatch(mistake.hides);
      if (mistake.operator === null) return;
      const requestId = answer.headers.get('x-request-id');
      const explained = await explain(mistake.stored === undefined ? { subjectToken: token } : { requestId });
      expect(explained.status).toBe(200);
      expect(explained.body.decision).toBe('refused');
      expect(JSON.stringify(explained.body)).toMatch(mistake.operator);
      if (mistake.stored !== undefined)
        expect(explained.body).toMatchObject({ reason: mistake.stored, event: { requestId } });
    },
  );

  it('are mistakes: without one, the exchange is granted', async () => {
    expect((await make({ what: 'nothing', caller: /./, operator: null })).answer.status).toBe(200);
  });
});

describe('a project of GitLab that was renamed', () => {
  it('is told from another project by the id that the rule pins (contract §5.6)', async () => {
    const deployment = await deploy();
    world = { ...world, deployment };
    const issuer = await createIssuer({ issuer: 'https://gitlab.com' });
    const joined = await join(deployment, issuer, {
      providerSubject: 'project_path:acme/web:ref_type:branch:ref:main',
      conditions: { project_id: '42' },
    });
    const claims = gitlab({
      now: deployment.clock.now,
      claims: { sub: 'project_path:acme/shop:ref_type:branch:ref:main', project_path: 'acme/shop', project_id: '42' },
    });
    const answer = await deployment.exchange(await issuer.sign(claims), { service_account_id: joined.serviceAccount });
    const { body } = await explain({ requestId: answer.headers.get('x-request-id') });
    expect(JSON.stringify(body)).toContain('acme/web is now called acme/shop: project_id is still the same');
  });
});

describe('expressions that take too long for a token', () => {
  it('are not run: no rule accepts it, and the operator is told which rule took how much (contract §7)', async () => {
    const { deployment, issuer, joined } = world;
    const expression = 'claims.l.exists(x, claims.a.contains(claims.b))';
    const costly = await addIdentity(deployment, joined, { providerSubject: NAMES, expression });
    const made = { l: Array.from({ length: 1_500 }, () => 1), a: 'a'.repeat(4_600), b: `${'a'.repeat(1_200)}b` };
    const tokenOf = (claims: Record<string, unknown>): Promise<string> =>
      issuer.sign({ ...githubActions({ subjectForm: 'legacy', now: deployment.clock.now }), ...claims });
    const exchange = async (claims: Record<string, unknown>): Promise<Answer> =>
      deployment.exchange(await tokenOf(claims), { service_account_id: joined.serviceAccount });
    const answer = await exchange(made);
    expect(answer.status).toBe(400);
    expect(answer.body.error_description).toContain('take too long');
    const [event] = (await deployment.events()).filter(({ reason }) => reason === 'rules_too_costly');
    expect(event?.['detail']).toMatch(new RegExp(`${costly} .* \\d{6,}`));
    // Its event keeps less than the token said, and says what it lacks.
    const replayed = await explain({ requestId: answer.headers.get('x-request-id') });
    expect([replayed.status, JSON.stringify(replayed.body)]).toEqual([
      400,
      expect.stringContaining('more claims than its audit event keeps'),
    ]);
    const { body } = await explain({
      subjectToken: await tokenOf(made),
      serviceAccountIdentity: joined.serviceAccount,
    });
    expect(body).toMatchObject({ decision: 'refused', reason: 'rules_too_costly' });
    const checks = JSON.stringify((body as { identities: unknown }).identities);
    expect(checks).toContain('it was not evaluated: it may take');
    expect((await exchange({ ...made, l: [1] })).status).toBe(200);
  });
});

describe('a recorded request', () => {
  const refuse = async (claims: Record<string, unknown>, asked: Record<string, string>): Promise<string> => {
    const { deployment, issuer } = world;
    const token = await issuer.sign({
      ...githubActions({ subjectForm: 'legacy', now: deployment.clock.now }),
      ...claims,
    });
    return (await deployment.exchange(token, asked)).headers.get('x-request-id') ?? '';
  };

  it('is explained by its own claims, whatever was refused within the minute (contract §5.7)', async () => {
    const { serviceAccount } = world.joined;
    const first = await refuse({ aud: 'https://github.com/acme' }, { service_account_id: serviceAccount });
    const second = await refuse({ aud: 'https://cambist.test/' }, { service_account_id: serviceAccount });
    const [one, two] = [await explain({ requestId: first }), await explain({ requestId: second })];
    expect(JSON.stringify(one.body)).toContain('default audience');
    expect(JSON.stringify(two.body)).toContain('trailing slash');
  });

  it('is found by every one of the equal requests (contract §5.7)', async () => {
    const ids = [];
    for (let sent = 0; sent < 4; sent += 1) ids.push(await refuse({ sub: 'repo:acme/app:pull_request' }, {}));
    for (const requestId of ids) {
      const { body } = await explain({ requestId });
      expect(body).toMatchObject({ reason: 'no_federated_identity', event: { requestId: ids[0], count: 4 } });
    }
  });

  it('is asked again with everything that it asked for (contract §5.6)', async () => {
    const { serviceAccount } = world.joined;
    const asked = {
      service_account_id: serviceAccount,
      organisation_id: 'default',
      scope: 'api:read',
      audience: 'https://else.example',
      project_id: 'p1',
      access_token_lifetime: '120',
    };
    const { body } = await explain({ requestId: await refuse({}, asked) });
    expect(body.event.asked).toEqual({
      serviceAccount,
      organisation: 'default',
      scope: 'api:read',
      audience: ['https://else.example'],
      project: 'p1',
      lifetime: 120,
    });
    expect(body).toMatchObject({ decision: 'refused', reason: 'audience_not_allowed' });
  });

  it('that was granted would be granted again, for the audience and lifetime that it asked for (contract §5.6)', async () => {
    const requestId = await refuse({}, { scope: 'api:read', access_token_lifetime: '120' });
    expect((await explain({ requestId })).body).toMatchObject({
      decision: 'granted',
      event: { outcome: 'granted' },
      wouldIssue: { scope: 'api:read', expiresIn: 120 },
    });
  });

  it('that used a token up is told from one that came too late (contract §5.6)', async () => {
    const { deployment, issuer, joined } = world;
    await deployment.iam('PATCH', `/v1/federated-identities/${joined.federatedIdentity}`, {
      replayProtection: 'singleUse',
    });
    const claims = { ...githubActions({ subjectForm: 'legacy', now: deployment.clock.now }), jti: undefined };
    const token = await issuer.sign(claims);
    const [won, lost] = [await deployment.exchange(token), await deployment.exchange(token)];
    const decision = async ({ headers }: Answer): Promise<unknown> =>
      (await explain({ requestId: headers.get('x-request-id') })).body;
    expect(await decision(won)).toMatchObject({ decision: 'granted' });
    expect(await decision(lost)).toMatchObject({ decision: 'refused', reason: 'token_already_used' });
  });

  it('that was mended since ends otherwise, and shows how it ended then (contract §5.6)', async () => {
    const { deployment, joined } = world;
    const requestId = await refuse(
      { sub: 'repo:acme/app:environment:prod' },
      { service_account_id: joined.serviceAccount },
    );
    await addIdentity(deployment, joined, { providerSubject: 'repo:acme/app:environment:prod' });
    expect((await explain({ requestId })).body).toMatchObject({
      decision: 'granted',
      event: { outcome: 'refused', reason: 'subject_mismatch' },
    });
  });

  it.each<[string, () => Promise<Record<string, unknown>>, number, string]>([
    ['that is unknown', async () => ({ requestId: '01990000-0000-7000-8000-000000000000' }), 404, '/requestId'],
    ['of another kind', async () => ({ requestId: 'x'.repeat(200) }), 400, '/requestId'],
    ['beside claims', async () => ({ requestId: await refuse({}, {}), claims: {} }), 400, '/claims'],
    ['beside a scope', async () => ({ requestId: await refuse({}, {}), scope: 'api:read' }), 400, '/scope'],
    [
      'beside an account',
      async () => ({ requestId: 'x', serviceAccountIdentity: 'deployer' }),
      400,
      '/serviceAccountIdentity',
    ],
  ])('%s is refused with its pointer (contract §5)', async (_what, body, status, pointer) => {
    const answer = await explain(await body());
    expect(answer.status).toBe(status);
    expect(answer.body.errors).toMatchObject([{ pointer }]);
  });

  it('of an access credential has no claims to explain (contract §5.6)', async () => {
    const { deployment, joined } = world;
    const { body } = await deployment.iam('POST', `/v1/service-accounts/${joined.serviceAccount}/access-credentials`, {
      name: 'legacy',
      scopes: [],
    });
    const used = await deployment.token({
      grant_type: 'client_credentials',
      client_id: body.accessKey,
      client_secret: body.accessSecret,
    });
    expect(used.status).toBe(200);
    const answer = await explain({ requestId: used.headers.get('x-request-id') });
    expect(answer.status).toBe(400);
    expect(answer.body.detail).toContain('no claims to explain');
  });

  it('of another organisation is not found (contract §4)', async () => {
    const { deployment } = world;
    const requestId = await refuse({ sub: 'repo:acme/app:pull_request' }, {});
    await expectCreated(deployment.iam('POST', '/v1/organisations', { name: 'Other', slug: 'other' }));
    const answer = await deployment.send('/v1/federated-identities/explain', {
      method: 'POST',
      headers: {
        authorization: 'Bearer test-root-token-of-at-least-32-characters',
        'content-type': 'application/json',
        'x-organisation-identity': 'other',
      },
      body: JSON.stringify({ requestId }),
    });
    expect(answer.status).toBe(404);
  });
});
