// What `cambist bootstrap` proposes for inputs of many spellings: customised subjects, other hosts, whole refs, ids, quotes; and what it says it left out.

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import type { Plan } from '../../../src/bootstrap/build-plan.ts';
import type { Check } from '../../../src/bootstrap/check.ts';
import { judgePlan } from '../../../src/bootstrap/judge-plan.ts';
import { proposeRule } from '../../../src/cli/bootstrap/propose-rule.ts';
import { readOptions } from '../../../src/cli/bootstrap/read-options.ts';
import { renderConfiguration } from '../../../src/bootstrap/render-configuration.ts';
import type { OptionReader, World } from '../../../src/cli/command.ts';
import { CliFailure } from '../../../src/cli/failure.ts';
import { EVERY_RECIPE } from '../../../src/platforms/every-recipe.ts';
import type { PresetName } from '../../../src/platforms/preset.ts';
import type { JsonObject } from '../../../src/token/json.ts';
import { claimsOf, mergePatch, readPlatformFixtures } from '../../platforms/platform-fixtures.ts';

const URL_OF_OURS = 'https://tokens.example.com';
const world: World = {
  env: {},
  fetch: () => Promise.reject(new TypeError('fetch failed')),
  stdout: { write: () => true },
  stderr: { write: () => true },
  readStdin: () => Promise.resolve(''),
};

type Said = Readonly<Record<string, string | true | readonly string[]>>;

interface Proposed {
  readonly plan: Plan;
  readonly notes: readonly string[];
  readonly checks: readonly Check[];
  readonly configuration: string;
}

async function propose(preset: PresetName, said: Said, claims: JsonObject | null = null): Promise<Proposed> {
  const text = (name: string): string | undefined => {
    const value = said[name];
    return typeof value === 'string' ? value : undefined;
  };
  const options: OptionReader = {
    text,
    list: (name) => [said[name] ?? []].flat().filter((one) => typeof one === 'string'),
    flag: (name) => said[name] === true,
    wholeNumber: () => undefined,
  };
  const real = claims === null ? null : { compact: '', claims };
  const asked = readOptions(options, URL_OF_OURS);
  const { plan, notes } = await proposeRule(EVERY_RECIPE[preset], { options, world }, asked, real);
  const checks = judgePlan(plan, URL_OF_OURS, real, 1_789_000_060);
  return { plan, notes, checks, configuration: renderConfiguration(plan, URL_OF_OURS, 'sa_1').text };
}

async function failure(preset: PresetName, said: Said, claims: JsonObject | null = null): Promise<string> {
  try {
    await propose(preset, said, claims);
  } catch (error) {
    if (error instanceof CliFailure) return `${error.message}\n${error.details.next ?? ''}`;
    throw error;
  }
  return 'it was proposed';
}

/** A token of a fixture for our audience, changed. */
function token(platform: string, name: string, change: JsonObject = {}): JsonObject {
  const fixture = readPlatformFixtures().find((one) => one.platform === platform)!;
  return mergePatch(claimsOf(fixture, { token: name }), { aud: URL_OF_OURS, ...change });
}

function decisions(checks: readonly Check[]): readonly string[] {
  return checks.filter(({ expected, decision }) => expected !== decision).map(({ who }) => who);
}

describe('a customised subject keeps by conditions what the headline says', () => {
  const cases: readonly (readonly [
    what: string,
    preset: PresetName,
    claims: JsonObject,
    who: string,
    neighbours: readonly JsonObject[],
  ])[] = [
    [
      'a CircleCI token of the old form',
      'circleci',
      token('circleci', 'V1 token, branch'),
      'jobs of github.com/octo-org/octo-repo on the branch main',
      [
        { 'oidc.circleci.com/vcs-ref': 'refs/heads/evil' },
        { 'oidc.circleci.com/vcs-ref': 'refs/tags/main' },
        { 'oidc.circleci.com/vcs-origin': 'github.com/stranger/octo-repo' },
        { 'oidc.circleci.com/project-id': '00000000-0000-4000-8000-000000000000' },
      ],
    ],
    [
      'a Buildkite token with --subject-claim',
      'buildkite',
      token('buildkite', 'self-hosted agent with organization and pipeline ids', {
        sub: '0184990a-4782-42b5-afc1-16715b10b1b0',
      }),
      'builds of acme-inc/super-duper-app on the branch main',
      [{ build_branch: 'evil' }, { organization_id: '0' }, { pipeline_id: '0' }],
    ],
    [
      'a GitLab subject of the project alone',
      'gitlab',
      token('gitlab-ci', 'customised sub: project path only'),
      'jobs of my-group/my-project on the branch main',
      [{ ref: 'evil' }, { ref_type: 'tag' }, { ref_protected: 'false' }, { project_id: '1' }],
    ],
    [
      'a GitHub subject without the ref',
      'github',
      token('github-actions', 'branch push, legacy sub', { sub: 'repository_owner:octo-org:actor:octocat' }),
      'runs of octo-org/octo-repo on the branch main',
      [
        { ref: 'refs/heads/evil' },
        { ref: 'refs/tags/main', ref_type: 'tag' },
        { repository_id: '1' },
        { repository_owner_id: '1' },
        { event_name: 'pull_request_target' },
      ],
    ],
    [
      'an older subject of HCP Terraform',
      'terraform-cloud',
      token('hcp-terraform', 'plan phase, older sub without project'),
      'the plan phase of runs of my-org/my-workspace',
      [{ terraform_run_phase: 'apply' }, { terraform_workspace_id: 'ws-evil' }, { terraform_organization_id: 'org-x' }],
    ],
    [
      'a Codefresh run that somebody started',
      'codefresh',
      token('codefresh', 'git push', {
        sub: 'account:5f30ebd30312313ae7f17948:pipeline:64f0c40800aafd1455566abc:initiator:ann:scm_repo_url:https://github.com/codefresh-user/oidc-test:scm_user_name:ann:scm_ref:main',
        scm_ref: 'main',
      }),
      'pushes to main of https://github.com/codefresh-user/oidc-test in the pipeline 64f0c40800aafd1455566abc',
      [{ scm_ref: 'evil' }, { scm_repo_url: 'https://github.com/evil/x' }, { scm_pull_request_target_branch: 'main' }],
    ],
    [
      'a Spacelift template',
      'spacelift',
      token('spacelift', 'tracked run, write', { sub: 'anything:of:the:account', aud: 'demo.app.spacelift.io' }),
      'TRACKED runs of the stack infra',
      [{ runType: 'PROPOSED' }, { callerId: 'other' }, { spaceId: 'other' }],
    ],
    [
      'a Semaphore subject without the ref',
      'semaphore',
      token('semaphore', 'branch, hook triggered', { sub: 'org:acme', aud: 'https://acme.semaphoreci.com' }),
      'jobs of web on the branch main',
      [{ ref: 'refs/heads/evil' }, { prj_id: '0' }, { org_id: '0' }, { ref_type: 'pull-request' }],
    ],
  ];

  it.each(cases)('%s', async (_what, preset, claims, who, neighbours) => {
    const { plan, checks } = await propose(preset, {}, claims);
    expect(plan.who).toBe(who);
    expect(decisions(checks)).toEqual([]);
    expect(checks[0]).toMatchObject({ who: 'this token', decision: 'granted' });
    for (const change of neighbours) {
      const changed = { ...plan, sample: { who: JSON.stringify(change), claims: mergePatch(claims, change) } };
      const judged = judgePlan({ ...changed, neighbours: [] }, URL_OF_OURS, null, 1_789_000_060);
      expect(judged).toMatchObject([{ who: changed.sample.who, decision: 'refused' }]);
    }
  });

  it('follows no person of a CircleCI token, and takes both forms of the subject', async () => {
    const claims = token('circleci', 'V1 token, branch');
    const { plan } = await propose('circleci', {}, claims);
    for (const sub of [
      String(claims['sub']).replace(/user\/.*/, 'user/somebody'),
      String(token('circleci', 'V2 token, branch')['sub']),
    ]) {
      const sample = { who: sub, claims: { ...claims, sub } };
      expect(judgePlan({ ...plan, sample, neighbours: [] }, URL_OF_OURS, null, 1_789_000_060)).toMatchObject([
        { decision: 'granted' },
      ]);
    }
  });

  it('prints how a Buildkite job gets such a subject again', async () => {
    const claims = token('buildkite', 'self-hosted agent with organization and pipeline ids');
    const custom = { ...claims, sub: claims['pipeline_id'] ?? '' };
    expect((await propose('buildkite', {}, custom)).configuration).toContain(
      '--claim organization_id,pipeline_id --subject-claim pipeline_id)',
    );
    expect((await propose('buildkite', {}, claims)).configuration).not.toContain('--subject-claim');
    expect(await failure('buildkite', {}, { ...claims, sub: '00000000-0000-4000-8000-000000000000' })).toMatch(
      /does not say what its subject .* is.*--subject-claim CLAIM --claim CLAIM/s,
    );
  });
});

describe('a token of another host', () => {
  it.each([
    ['github', 'github-actions', 'enterprise-slug issuer', 'https://token.actions.githubusercontent.com/avocado-corp'],
    ['github', 'github-actions', 'data residency (ghe.com) issuer', 'https://token.actions.octocorp.ghe.com'],
    ['github', 'github-actions', 'GitHub Enterprise Server, environment', 'https://ghe.example.com/_services/token'],
    ['terraform-cloud', 'hcp-terraform', 'Terraform Enterprise, apply phase', 'https://tfe.example.com'],
  ] as const)('%s: %s, %s', async (preset, platform, name, issuer) => {
    const { plan, checks } = await propose(preset, {}, token(platform, name));
    expect(plan.provider.providerIssuer).toBe(issuer);
    expect(decisions(checks)).toEqual([]);
  });

  it.each([
    ['terraform-cloud', 'hcp-terraform', 'apply phase', 'https://app.eu.terraform.io'],
    ['forgejo', 'forgejo-actions', 'custom audience', 'https://example.com/forge/api/actions'],
    ['circleci', 'circleci', 'V2 token, branch', 'https://oidc.circleci.com'],
    ['vercel', 'vercel', 'production, exchanged for another audience with jti', 'https://oidc.vercel.com'],
    ['buddy', 'buddy', 'manual run, EU region', 'https://asia-oidc.buddyusercontent.com'],
    ['pulumi', 'pulumi-cloud', 'update deployment', 'https://pulumi.example.com/oidc'],
    [
      'azure',
      'azure-managed-identity',
      'VM, system-assigned identity, v1.0 token',
      'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0',
    ],
  ] as const)('%s: %s, %s from %s', async (preset, platform, name, iss) => {
    const { plan, checks } = await propose(preset, {}, token(platform, name, { iss }));
    expect(plan.provider.providerIssuer).toBe(iss);
    expect(checks.filter(({ expected, decision }) => expected !== decision)).toEqual([]);
  });
});

describe('HCP Terraform beyond workspaces', () => {
  const usual = { iss: 'https://app.terraform.io', aud: URL_OF_OURS, terraform_organization_name: 'acme' };

  it('trusts the deployment of a stack in one operation', async () => {
    const sub = 'organization:acme:project:Default Project:stack:net:deployment:prod:operation:plan';
    const { plan, checks, configuration } = await propose('terraform-cloud', {}, { ...usual, sub });
    expect(plan.identity.providerSubject).toBe(sub);
    expect(plan.who).toBe('the plan of the deployment prod of the stack acme/net');
    expect(decisions(checks)).toEqual([]);
    expect(checks.map(({ who }) => who)).toEqual(
      expect.arrayContaining(['another stack', 'another deployment', 'the other operation', 'another organization']),
    );
    expect(configuration).toContain('identity_token "cambist"');
  });

  it('trusts the test runs of a module', async () => {
    const sub = 'organization:acme:module:terraform-gcp-vpc:operation:test_run';
    const { plan, checks } = await propose('terraform-cloud', {}, { ...usual, sub });
    expect(plan.identity.providerSubject).toBe(sub);
    expect(plan.who).toBe('test runs of the module acme/terraform-gcp-vpc');
    expect(decisions(checks)).toEqual([]);
  });

  it('asks which of them is meant', async () => {
    expect(await failure('terraform-cloud', { organization: 'acme' })).toMatch(/Which ones may get in\?.*--workspace/s);
  });
});

describe('spellings of what is given', () => {
  const github = { repository: 'acme/shop', 'owner-id': '9919', 'repository-id': '742190' };

  it.each(
    [
      ['github', github, 'repo:acme@9919/shop@742190:ref:refs/heads/main'],
      ['gitlab', { project: 'acme/shop' }, 'project_path:acme/shop:ref_type:branch:ref:main'],
      [
        'buildkite',
        { organization: 'acme', pipeline: 'web' },
        'organization:acme:pipeline:web:ref:refs/heads/main:commit:*:step:*',
      ],
    ].map(([preset, said, subject]) => [preset, said, subject] as [PresetName, Said, string]),
  )('%s takes a branch as a whole ref', async (preset, said, subject) => {
    for (const branch of ['main', 'refs/heads/main']) {
      expect((await propose(preset, { ...said, branch })).plan.identity.providerSubject).toBe(subject);
    }
    expect(await failure(preset, { ...said, branch: 'refs/tags/v1' })).toMatch(/is a tag\.\nGive --tag "v1"/);
    expect(await failure(preset, { ...said, tag: 'refs/heads/main' })).toMatch(/is a branch\.\nGive --branch "main"/);
    expect(await failure(preset, { ...said, branch: 'refs/pull/1/merge' })).toMatch(/one pull request, not a branch/);
  });

  it('every recipe with a branch or a tag takes it as a whole ref', () => {
    const named = Object.values(EVERY_RECIPE).flatMap(({ parameters }) => parameters.map(({ name }) => name));
    // The prefix is read off by the parameter's name.
    expect(named.filter((name) => /branch|tag/.test(name)).toSorted()).toEqual(
      named.filter((name) => name === 'branch' || name === 'tag').toSorted(),
    );
  });

  it('reads the ids of a repository as GitHub writes them', async () => {
    const { plan } = await propose('github', { repository: 'acme@9919/shop@742190', branch: 'main' });
    expect(plan.identity.providerSubject).toBe('repo:acme@9919/shop@742190:ref:refs/heads/main');
    expect(plan.accountName).toBe('github-acme-shop');
    const every = await propose('github', { repository: 'acme@9919/*', branch: 'main' });
    expect(every.plan.identity.providerSubject).toBe('repo:acme@9919/*:ref:refs/heads/main');
    const said = { repository: 'acme@9919/shop@742190', branch: 'main' };
    expect(await failure('github', { ...said, 'owner-id': '1' })).toMatch(/says 9919, and --owner-id says 1/);
    expect(await failure('github', { repository: 'acme@x/shop', branch: 'main' })).toMatch(/must be owner\/name/);
  });
});

describe('--uses', () => {
  const DIGEST = '0123456789abcdef0123456789abcdef01234567';
  const github = { repository: 'acme/app', branch: 'main' };
  const gitlab = { project: 'acme/app', branch: 'main' };

  it('prints the Action at this address in the place of a script', async () => {
    const uses = `acme/cambist/action@${DIGEST}`;
    const { configuration } = await propose('github', { ...github, uses, audience: 'api://cambist' });
    const { jobs } = parse(configuration) as {
      readonly jobs: Readonly<Record<string, { readonly steps: readonly Readonly<Record<string, unknown>>[] }>>;
    };
    expect(jobs['token']?.steps).toEqual([
      {
        id: 'cambist',
        uses,
        with: { url: URL_OF_OURS, 'service-account': 'sa_1', 'oidc-audience': 'api://cambist' },
      },
      {
        name: 'Use it',
        shell: 'bash',
        run: 'test -n "$ACCESS_TOKEN"',
        env: { ACCESS_TOKEN: '${{ steps.cambist.outputs.token }}' },
      },
    ]);
    expect((await propose('github', github)).configuration).toContain('curl');
  });

  it('prints the component of GitLab', async () => {
    const component = `gitlab.example.com/acme/cambist/token@${DIGEST}`;
    const { configuration } = await propose('gitlab', { ...gitlab, environment: 'production', uses: component });
    expect(parse(configuration)).toMatchObject({
      include: [{ component, inputs: { url: URL_OF_OURS, 'service-account': 'sa_1' } }],
      cambist: { extends: '.cambist', environment: 'production' },
    });
  });

  it.each<[PresetName, Said, string]>([
    ['github', { ...github, uses: 'acme/cambist/action@main' }, 'the digest of a commit'],
    ['github', { ...github, uses: `acme/cambist/action@${DIGEST}\nrun: x` }, 'the digest of a commit'],
    ['gitlab', { ...gitlab, uses: 'gitlab.example.com/acme/cambist/token@~latest' }, 'the digest of a commit'],
    ['gitlab', { ...gitlab, uses: `a.example/b/c/token@${DIGEST}`, audience: 'other' }, '--audience'],
  ])('refuses what could be moved or would not work: %s %o', async (preset, said, words) => {
    expect(await failure(preset, said)).toContain(words);
  });
});

describe('what a token says that cannot be used', () => {
  const push = token('github-actions', 'branch push, legacy sub');

  it('quotes what GitHub lets a name hold, so that the printed job is accepted', async () => {
    const environment = "it's 🚀 prod:eu/1";
    const { plan, checks, configuration } = await propose(
      'github',
      {},
      {
        ...push,
        environment,
        sub: "repo:octo-org/octo-repo:environment:it's 🚀 prod%3Aeu/1",
      },
    );
    expect(plan.who).toContain(`name the environment ${environment}`);
    expect(decisions(checks)).toEqual([]);
    expect(configuration).toContain("environment: 'it''s 🚀 prod:eu/1'");
    const branch = "fix/it's-#1@x%y";
    const { configuration: onBranch, plan: ofBranch } = await propose(
      'github',
      {},
      {
        ...push,
        ref: `refs/heads/${branch}`,
        sub: `repo:octo-org/octo-repo:ref:refs/heads/${branch}`,
      },
    );
    expect(ofBranch.who).toContain(branch);
    expect(onBranch).toContain("branches: ['fix/it''s-#1@x%y']");
  });

  it('names what was left out, and why', async () => {
    const { notes } = await propose(
      'gitlab',
      {},
      { ...token('gitlab-ci', 'branch push, gitlab.com'), environment: 'a"b' },
    );
    expect(notes.join('\n')).toMatch(
      /The token says "a\\"b" for --environment, which was left out: it must not .*quotes/,
    );
    const expression = await propose('github', {}, { ...push, environment: '${{ x }}' });
    expect(expression.notes.join('\n')).toMatch(/for --environment, which was left out/);
    expect(
      await failure(
        'circleci',
        {},
        { ...token('circleci', 'V2 token, branch'), 'oidc.circleci.com/vcs-ref': "refs/heads/it's" },
      ),
    ).toMatch(/Which ones may get in\?.*The token says "it's" for --branch, which was left out/s);
  });

  it('says that a ref which is not protected is kept out by its own rule', async () => {
    const claims = token('gitlab-ci', 'branch push, gitlab.com', { ref_protected: 'false' });
    const { checks } = await propose('gitlab', {}, claims);
    expect(checks[0]).toMatchObject({ who: 'this token', decision: 'refused', isOfRule: true });
    expect(checks[0]?.detail).toMatch(/ref_protected/);
    const { checks: loose } = await propose('gitlab', { 'allow-unprotected': true }, claims);
    expect(loose[0]).toMatchObject({ who: 'this token', decision: 'granted' });
  });
});

describe('neighbours', () => {
  const github = { repository: 'acme/shop', 'owner-id': '9919', 'repository-id': '742190' };

  it('says who gets in although nobody named them', async () => {
    const { checks } = await propose('github', { ...github, branch: '*' });
    expect(decisions(checks)).toEqual(['another branch']);
  });

  it('counts whom a customised subject cannot tell apart, and not whom it can', async () => {
    const jenkins = { iss: 'https://jenkins.example.com/oidc', sub: 'jenkins:team/web', aud: URL_OF_OURS };
    expect(decisions((await propose('jenkins', { job: 'job/web' }, jenkins)).checks)).toEqual(['another job']);
    const named = { ...jenkins, sub: 'build:job/web' };
    expect(decisions((await propose('jenkins', {}, named)).checks)).toEqual([]);
    const octopus = {
      iss: 'https://acme.octopus.app',
      sub: 'space:default:project:web:environment:prod:type:deploy',
      aud: URL_OF_OURS,
    };
    const { checks } = await propose('octopus', {}, octopus);
    expect(checks.map(({ who }) => who)).toEqual(expect.arrayContaining(['another environment', 'another project']));
    expect(decisions(checks)).toEqual([]);
  });

  it.each<[PresetName, Said]>([
    ['github', { repository: 'acme/app', 'repository-id': '1', 'owner-id': '1', branch: 'main' }],
    [
      'gitlab',
      { project: 'acme/app', branch: 'main', host: 'git.acme.example', 'project-id': '1', 'namespace-id': '1' },
    ],
    ['fly', { organization: 'acme', app: 'web', 'organization-id': '1', 'app-id': '1' }],
    [
      'forgejo',
      {
        host: 'git.acme.example',
        owner: 'a',
        repository: 'app',
        'repository-id': '1',
        'owner-id': '1',
        branch: 'main',
      },
    ],
    ['google', { 'unique-id': '1', 'project-number': '1' }],
  ])('takes the first of all for no stranger (%s)', async (preset, said) => {
    const { checks } = await propose(preset, said);
    expect(checks.filter(({ expected }) => expected === 'refused').length).toBeGreaterThan(1);
    expect(decisions(checks)).toEqual([]);
  });

  it('does not take for a neighbour whom a condition asks for', async () => {
    const { checks } = await propose('github', {
      ...github,
      branch: 'main',
      condition: ['event_name=pull_request_target'],
    });
    expect(decisions(checks)).toEqual([]);
    expect(checks.map(({ who }) => who)).not.toContain('pull_request_target');
  });
});
