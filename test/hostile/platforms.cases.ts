// Class 7: every platform's risky neighbours from its fixture, end to end, and what GitHub's two subject forms invite.

import { claimsOf } from '../platforms/platform-fixtures.ts';
import type { PlatformFixture, RuleFixture, TokenCase } from '../platforms/platform-fixtures.ts';
import type { DenialReason } from '../../src/exchange/denial.ts';
import { createIssuer, createKey } from '../support/issuer.ts';
import type { IssuerKey } from '../support/issuer.ts';
import { githubActions } from '../support/claims.ts';
import type { GitHubOptions } from '../support/claims.ts';
import { group, usual } from './case.ts';
import type { HostileCase, HostileClass, HostileGroup, Kit, World } from './case.ts';
import type { Refusal } from './refusal.ts';

const FIXTURES = Object.values(
  import.meta.glob('../fixtures/platforms/*.json', { eager: true, import: 'default' }),
) as readonly PlatformFixture[];

/** In the order in which an exchange finds them; a case of several reasons is refused for the first. */
const ORDER: readonly DenialReason[] = ['audience_mismatch', 'subject_mismatch', 'preset_refused', 'condition_failed'];

function firstReason(reasons: readonly string[]): DenialReason {
  return ORDER.find((reason) => reasons.includes(reason)) ?? (reasons[0] as DenialReason);
}

/** One key for each algorithm, since RSA keys take long to make. */
const keys = new Map<string, IssuerKey>();

async function keyFor(alg: string): Promise<IssuerKey> {
  const key = keys.get(alg) ?? (await createKey(alg, `platform-${alg}`));
  keys.set(alg, key);
  return key;
}

function ruleGroup(platform: PlatformFixture, rule: RuleFixture): HostileGroup {
  const alg = rule.provider.allowedAlgorithms?.[0] ?? 'RS256';
  const send = async (world: World, wanted: TokenCase): Promise<string> => {
    world.deployment.clock.now = nowOf(platform, wanted);
    const claims = claimsOf(platform, wanted);
    const { header } = platform.tokens.find(({ name }) => name === wanted.token) ?? {};
    const typ = typeof header?.['typ'] === 'string' ? header['typ'] : 'JWT';
    const jti = typeof claims['jti'] === 'string' ? { jti: crypto.randomUUID() } : {};
    return world.issuer.sign({ ...claims, ...jti }, { key: await keyFor(alg), header: { typ } });
  };
  return group({
    title: `${platform.platform}, ${rule.purpose}`,
    world: (kit) => platformWorld(kit, rule, alg),
    parameters: ({ joined }) => ({ service_account_id: joined.serviceAccount }),
    ...(rule.federatedIdentity.replayProtection === 'singleUse' ? { fresh: 'case' as const } : {}),
    cases: rule.refuses.map((refused): HostileCase => ({
      name: `${platform.platform}, ${rule.purpose}: ${refused.who}`,
      taught: platform.sources[0] ?? platform.platform,
      refused: { reason: firstReason(refused.reasons) },
      attack: (world) => send(world, refused),
      twin: (world) => send(world, rule.accepts[0] ?? { token: '' }),
    })),
  });
}

/** The rule as an operator would write it, with the platform's keys given by hand, so that nothing is fetched. */
async function platformWorld(kit: Kit, rule: RuleFixture, alg: string): Promise<World> {
  const deployment = await kit.deploy();
  const key = await keyFor(alg);
  const inMemory = await createIssuer();
  const { providerIssuer, providerJwksUri: _, ...provider } = rule.provider;
  const issuer = { ...inMemory, issuer: providerIssuer };
  const joined = await kit.join(deployment, issuer, rule.federatedIdentity, {
    ...provider,
    localJwks: { keys: [key.publicJwk] },
  });
  await deployment.send('/readyz');
  return {
    kit,
    deployment,
    issuer,
    joined,
    secrets: [],
    token: () => Promise.reject(new Error('a fixture has its own tokens')),
  };
}

/** A minute into the life of the token as it was published. */
function nowOf(platform: PlatformFixture, { token }: TokenCase): number {
  const { iat, exp } = claimsOf(platform, { token });
  if (typeof iat === 'number') return iat + 60;
  return typeof exp === 'number' ? exp - 60 : 1_789_000_060;
}

const GITHUB = 'https://token.actions.githubusercontent.com';
const SUBJECT: Refusal = { reason: 'subject_mismatch' };

interface GitHubWorld extends World {
  readonly github: (options: GitHubOptions) => Promise<string>;
}

function githubRule(
  providerSubject: string,
  rule: Readonly<Record<string, unknown>> = {},
): (kit: Kit) => Promise<GitHubWorld> {
  return async (kit) => {
    const world = await usual(kit, { issuer: { issuer: GITHUB }, rule: { providerSubject, ...rule }, warm: false });
    const github = (options: GitHubOptions): Promise<string> =>
      world.issuer.sign(githubActions({ now: world.deployment.clock.now, ...options }));
    const token = (): Promise<string> => github({});
    await world.deployment.exchange(await token());
    return { ...world, token, github };
  };
}

function github(
  name: string,
  taught: string,
  options: GitHubOptions,
  refused: Refusal = SUBJECT,
  twin?: GitHubOptions,
): HostileCase<GitHubWorld> {
  return {
    name,
    taught,
    refused,
    attack: (world) => world.github(options),
    ...(twin === undefined ? {} : { twin: (world: GitHubWorld) => world.github(twin) }),
  };
}

const RECYCLED = 'GitHub, 2026: immutable subjects (recycled names)';
const sub = (text: string): GitHubOptions => ({ claims: { sub: text } });

const ids: readonly HostileCase<GitHubWorld>[] = [
  github('the same names under another owner id', RECYCLED, { ownerId: '999' }),
  github('the same names under another repository id', RECYCLED, { repositoryId: '999' }),
  github(
    'the older form under another repository id',
    RECYCLED,
    { repositoryId: '999', subjectForm: 'legacy' },
    SUBJECT,
    { subjectForm: 'legacy' },
  ),
  github('the older form without the signed ids', 'contract §5.3 (only the literal form)', {
    subjectForm: 'legacy',
    claims: { repository_id: undefined },
  }),
  github('the older form without the signed owner id', 'contract §5.3', {
    subjectForm: 'legacy',
    claims: { repository_owner_id: undefined },
  }),
  github('signed ids with a leading zero', 'ids are text', {
    subjectForm: 'legacy',
    claims: { repository_id: '0456789' },
  }),
  github('signed ids that are lists', 'ids are text', { claims: { repository_id: ['456789'] } }),
  github('signed ids with a space', 'ids are text', { claims: { repository_id: '456789 ' } }),
  github('signed ids that are null', 'ids are text', { claims: { repository_owner_id: null } }),
  github('a sub with ids that the signed ids contradict', 'contract §5.3 (claims that disagree match nothing)', {
    claims: { repository_id: '999' },
  }),
  github('a sub with an owner that the signed owner contradicts', 'contract §5.3', {
    claims: { repository_owner: 'evil' },
  }),
  github('a sub with a repository that the signed one contradicts', 'contract §5.3', {
    claims: { repository: 'evil/app' },
  }),
  github('a repository claim of another shape', 'contract §5.3', { claims: { repository: ['acme/app'] } }),
  github(
    'an id on the owner only',
    'a form that GitHub does not send',
    sub('repo:acme@123456/app:ref:refs/heads/main'),
  ),
  github(
    'an id on the repository only',
    'a form that GitHub does not send',
    sub('repo:acme/app@456789:ref:refs/heads/main'),
  ),
  github('an id twice', 'a form that GitHub does not send', sub('repo:acme@123456@1/app@456789:ref:refs/heads/main')),
  github('an empty id', 'a form that GitHub does not send', sub('repo:acme@/app@:ref:refs/heads/main')),
  github(
    'ids where names belong',
    'our own index key, sent as a subject',
    sub('repo:@123456/@456789:ref:refs/heads/main'),
  ),
  github('an asterisk for the owner’s name', 'patterns in tokens', sub('repo:*@123456/app@456789:ref:refs/heads/main')),
  github('another branch', 'contract §5.3', { ref: 'refs/heads/evil' }),
  github('a tag called main', 'contract §5.3', { ref: 'refs/tags/main' }),
  github('a pull request whose head branch is called main', 'contract §5.3', {
    event: 'pull_request',
    claims: { head_ref: 'main' },
  }),
  github('an environment called ref:refs/heads/main', 'GitHub encodes the colon', {
    environment: 'ref:refs/heads/main',
  }),
  ...[
    'pull_request_target',
    'workflow_run',
    'issue_comment',
    'issues',
    'discussion',
    'fork',
    'watch',
    'PUSH',
    'push ',
    '',
    'constructor',
    'made_up',
  ].map((event) =>
    github(
      `the event ${JSON.stringify(event)}, though sub says main`,
      'GHSL-2021 (pwn requests); contract §5.3',
      { event, claims: { sub: 'repo:acme@123456/app@456789:ref:refs/heads/main' } },
      { reason: 'preset_refused' },
      { event: 'workflow_dispatch' },
    ),
  ),
  ...([null, ['push'], { push: true }, 42] as const).map((event) =>
    github(
      `the event ${JSON.stringify(event)}`,
      'what cannot be compared is refused',
      { claims: { event_name: event } },
      { reason: 'preset_refused' },
    ),
  ),
];

const names: readonly HostileCase<GitHubWorld>[] = [
  github('a repository whose name begins alike', 'contract §5.3', { repository: 'acme/app-evil' }),
  github('an owner whose name begins alike', 'contract §5.3', { repository: 'acme-evil/app' }),
  github('an owner in capitals', 'names are compared byte for byte', { repository: 'ACME/app' }),
  github('a form with ids whose names are others', RECYCLED, { repository: 'evil/app' }),
  github('a form with ids whose signed names are others', 'contract §5.3', {
    claims: { repository: 'evil/app', repository_owner: 'evil' },
  }),
  github('a renamed repository under a rule of names', RECYCLED, { repository: 'acme/renamed' }),
  github('a name with ids inside a sub of names', 'contract §5.3', {
    subjectForm: 'legacy',
    claims: { repository: 'acme@123456/app@456789' },
  }),
  github(
    'a customised subject without a repository',
    'GitHub: customised templates',
    sub('repository_owner:acme:repository_visibility:private'),
  ),
  github(
    'a customised subject that begins like the rule',
    'GitHub: customised templates',
    sub('repo:acme/app:ref:refs/heads/main:job_workflow_ref:acme/app/.github/workflows/x.yml@refs/heads/main'),
  ),
  github(
    'a customised subject that names the rule later',
    'GitHub: customised templates',
    sub('job_workflow_ref:evil/x:repo:acme/app:ref:refs/heads/main'),
  ),
  github('the repository of a fork', 'contract §5.3', { repository: 'evil/app', ownerId: '999', repositoryId: '998' }),
];

const otherIssuers: readonly HostileCase<GitHubWorld>[] = [
  'https://token.actions.githubusercontent.com/',
  'https://token.actions.githubusercontent.com/enterprise',
  'https://ghes.example.com/_services/token',
  'https://token.actions.enterprise.ghe.com',
  'http://token.actions.githubusercontent.com',
].map((issuer) =>
  github(
    `the same claims from ${issuer}`,
    'GitHub: enterprise and GHES issuers',
    { issuer },
    { reason: 'issuer_not_registered' },
  ),
);

export const platforms: HostileClass = {
  title: 'Platforms',
  about:
    'Every platform’s rules with the tokens of its risky neighbours, registered and exchanged as an operator would, and what GitHub’s two subject forms invite.',
  groups: [
    ...FIXTURES.flatMap((platform) =>
      platform.rules.filter(({ refuses }) => refuses.length > 0).map((rule) => ruleGroup(platform, rule)),
    ),
    group({
      title: 'GitHub, a rule with ids',
      world: githubRule('repo:acme@123456/app@456789:ref:refs/heads/main'),
      parameters: ({ joined }) => ({ service_account_id: joined.serviceAccount }),
      cases: ids,
    }),
    group({
      title: 'GitHub, a rule of names',
      world: githubRule('repo:acme/app:ref:refs/heads/main'),
      parameters: ({ joined }) => ({ service_account_id: joined.serviceAccount }),
      cases: names,
    }),
    group({
      title: 'GitHub, other issuers',
      world: githubRule('repo:acme/app:ref:refs/heads/main'),
      cases: otherIssuers,
    }),
  ],
};

/** Every rule of the fixtures with the tokens it accepts, each sent without a named account, as most callers do; answers those refused. */
export const accepted: readonly { readonly name: string; readonly run: (kit: Kit) => Promise<readonly string[]> }[] =
  FIXTURES.flatMap((platform) =>
    platform.rules.map((rule) => ({
      name: `${platform.platform}, ${rule.purpose}`,
      run: async (kit: Kit) => {
        const alg = rule.provider.allowedAlgorithms?.[0] ?? 'RS256';
        const { deployment, issuer } = await platformWorld(kit, rule, alg);
        const refused: string[] = [];
        for (const wanted of rule.accepts) {
          deployment.clock.now = nowOf(platform, wanted);
          const token = await issuer.sign(claimsOf(platform, wanted), { key: await keyFor(alg) });
          if ((await deployment.exchange(token)).status !== 200) refused.push(wanted.who ?? wanted.token);
        }
        return refused;
      },
    })),
  );
