// How to trust a workload of GitHub Actions.

import { PlatformFailure } from '../failure.ts';
import type { Variables } from '../look-up.ts';
import { BRANCH, HOST, NUMERIC_ID } from '../parameter-kinds.ts';
import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'github',
  summary: 'GitHub Actions: a repository on a branch, tag, environment or pull request',
  examples: [
    'cambist bootstrap github --repository acme/app --branch main --role deployer --scope api:write',
    'cambist bootstrap github --repository acme/app --environment production --branch main',
    'cambist bootstrap github --repository acme/app --tag "v*"',
    'cambist bootstrap github --repository acme/app --branch main --host ghe.example.com',
    'cambist bootstrap github --from-token token.jwt',
  ],
  parameters: [
    {
      name: 'repository',
      value: 'owner/name',
      description: 'the repository, also as owner@id/name@id; "owner/*" is every repository of the owner',
      required: true,
      pattern: [
        '[A-Za-z0-9_.-]+(?:@\\d+)?/(?:[A-Za-z0-9_.-]+(?:@\\d+)?|\\*)',
        'owner/name, as in the address of the repository',
      ],
      mayGlob: true,
      from: { claim: 'repository' },
    },
    {
      name: 'environment',
      value: 'name',
      description: 'only jobs that name this environment',
      mayQuote: true,
      from: { claim: 'environment' },
    },
    {
      name: 'tag',
      value: 'tag',
      description: 'only this tag; "v*" is a pattern',
      mayGlob: true,
      mayQuote: true,
      from: { claim: 'ref', pattern: '^refs/tags/(.+)$' },
    },
    { ...BRANCH, mayQuote: true, from: { claim: 'ref', pattern: '^refs/heads/(.+)$' } },
    {
      name: 'pull-request',
      value: null,
      description: 'every pull request of the repository, whoever opened it',
      from: { claim: 'event_name', pattern: '^(pull_request)$' },
    },
    {
      name: 'reusable-workflow',
      value: 'owner/name/path@ref',
      description:
        'only where this reusable workflow runs, such as acme/ci/.github/workflows/deploy.yml@refs/heads/main',
      pattern: ['[^/@]+/[^/@]+/.+@.+', 'owner/name/.github/workflows/file.yml@ref'],
      mayGlob: true,
    },
    {
      ...NUMERIC_ID,
      name: 'repository-id',
      description: 'its number, if GitHub cannot be asked (`gh api repos/OWNER/NAME --jq .id`)',
      isPin: true,
      from: { claim: 'repository_id' },
    },
    {
      ...NUMERIC_ID,
      name: 'owner-id',
      description: "its owner's number (`gh api repos/OWNER/NAME --jq .owner.id`)",
      isPin: true,
      from: { claim: 'repository_owner_id' },
    },
    {
      ...HOST,
      name: 'host',
      description: 'the host of GitHub Enterprise Server, or {subdomain}.ghe.com',
      default: 'github.com',
      from: [
        { claim: 'iss', pattern: '^https://token\\.actions\\.([^/]+\\.ghe\\.com)(?:/|$)' },
        { claim: 'iss', pattern: '^https://([^/]+)/_services/token$' },
      ],
    },
    {
      name: 'enterprise',
      value: 'slug',
      description: 'the enterprise, where its tokens come from an issuer of its own',
      pattern: ['[A-Za-z0-9_-]+', 'a slug'],
      from: {
        claim: 'iss',
        pattern: '^https://token\\.actions\\.(?:githubusercontent\\.com|[^/]+\\.ghe\\.com)/([^/]+)$',
      },
    },
  ],
  normalise: splitIds,
  derive: (given) => {
    const [owner = '', name = ''] = (given.get('repository') ?? '').split('/');
    const [tag, branch] = [given.get('tag'), given.get('branch')];
    const workflow = given.get('reusable-workflow');
    const ref = tag !== undefined ? `refs/tags/${tag}` : branch !== undefined ? `refs/heads/${branch}` : undefined;
    return [
      ['owner', owner],
      ['repository-name', name],
      ['issuer', issuerOf(given.get('host') ?? 'github.com', given.get('enterprise'))],
      ['sample-ref', ref ?? 'refs/heads/main'],
      ['ref-kind', tag === undefined ? 'branches' : 'tags'],
      ['ref-name', tag ?? branch ?? 'main'],
      ['sample-ref-type', tag === undefined ? 'branch' : 'tag'],
      ['sample-pull-ref', 'refs/pull/1/merge'],
      ['from-ref', ref === undefined ? '' : ` from ${ref}`],
      ['through', workflow === undefined ? '' : ` through ${workflow}`],
      ...(ref === undefined ? [] : [['ref', ref] as const]),
    ];
  },
  provider: { issuer: '{issuer}' },
  variants: [
    {
      name: 'environment',
      needs: ['environment'],
      allows: ['branch', 'tag'],
      subject: 'repo:{repo}:environment:{colon environment}',
      who: 'jobs of {repository} that name the environment {environment}{from-ref}{through}',
      conditions: { ref: '{ref}' },
      claims: { environment: '{environment}', ref: '{sample-ref}', ref_type: '{sample-ref-type}' },
      variables: {
        trigger: "push:\n  {ref-kind}: ['{yaml ref-name}']",
        'environment-line': "environment: '{yaml environment}'\n    ",
      },
    },
    {
      name: 'tag',
      needs: ['tag'],
      subject: 'repo:{repo}:ref:refs/tags/{colon tag}',
      who: 'runs of {repository} on the tag {tag}{through}',
      claims: { ref: 'refs/tags/{tag}', ref_type: 'tag' },
      variables: { trigger: "push:\n  tags: ['{yaml tag}']", 'environment-line': '' },
    },
    {
      name: 'branch',
      needs: ['branch'],
      subject: 'repo:{repo}:ref:refs/heads/{colon branch}',
      who: 'runs of {repository} on the branch {branch}{through}',
      claims: { ref: 'refs/heads/{branch}', ref_type: 'branch' },
      variables: { trigger: "push:\n  branches: ['{yaml branch}']", 'environment-line': '' },
    },
    {
      name: 'pull-request',
      needs: ['pull-request'],
      subject: 'repo:{repo}:pull_request',
      who: 'every pull request of {repository}{through}',
      conditions: { event_name: 'pull_request' },
      claims: { ref: '{sample-pull-ref}', event_name: 'pull_request' },
      warning:
        'Every pull request of {repository} gets in, whoever opened it: give it nothing that a stranger may not have.',
      variables: { trigger: 'pull_request:', 'environment-line': '' },
    },
  ],
  conditions: {
    job_workflow_ref: '{reusable-workflow}',
    repository_id: '{repository-id-condition}',
    repository_owner_id: '{owner-id-condition}',
  },
  claims: {
    repository: '{owner}/{repository-name}',
    repository_owner: '{owner}',
    repository_id: '{repository-id}',
    repository_owner_id: '{owner-id}',
    job_workflow_ref: '{reusable-workflow}',
    event_name: 'push',
    ref_type: 'branch',
  },
  names: { repository: 'repository-id', repository_owner: 'owner-id' },
  neighbours: [
    { who: 'another branch', variant: 'branch', set: { branch: 'cambist-check' } },
    { who: 'a pull request', variant: 'pull-request', unless: ['pull-request'] },
    { who: 'another environment', set: { environment: 'cambist-check' }, needs: ['environment'] },
    {
      who: 'the same environment from another branch',
      change: { ref: 'refs/heads/cambist-check' },
      needs: ['environment', 'branch'],
    },
    { who: 'pull_request_target', change: { event_name: 'pull_request_target' } },
    { who: 'another owner', set: { owner: 'cambist-check', repo: 'cambist-check/{repository-name}', 'owner-id': '0' } },
    {
      who: 'the same name with another id',
      set: { repo: '{owner}@{owner-id}/{repository-name}@0', 'repository-id': '0' },
      needs: ['pins-repository'],
    },
    {
      who: 'another workflow',
      change: { job_workflow_ref: 'acme/other/.github/workflows/x.yml@refs/heads/x' },
      needs: ['reusable-workflow'],
    },
  ],
  accountName: 'github-{slug}',
  configuration: {
    file: '.github/workflows/cambist.yml',
    text: `name: cambist
on:
  {trigger}
permissions:
  contents: read
  id-token: write # lets the job ask for its ID token; without it the two ACTIONS_ID_TOKEN_REQUEST_… variables are missing
jobs:
  token:
    {environment-line}runs-on: ubuntu-latest
    steps:
      - name: Get an access token
        shell: bash
        run: |
          set -euo pipefail
          : "\${ACTIONS_ID_TOKEN_REQUEST_URL:?the job lacks the permission id-token: write}"
          answer=$(printf 'authorization: Bearer %s' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" |
            curl --silent --show-error --fail --retry 3 --max-time 30 --header @- "$ACTIONS_ID_TOKEN_REQUEST_URL&audience={url audience}")
          ID_TOKEN=$(printf '%s' "$answer" | sed -n 's/.*"value" *: *"\\([^"]*\\)".*/\\1/p')
          test -n "$ID_TOKEN" || { echo 'GitHub answered without an ID token' >&2; exit 1; }
          echo "::add-mask::$ID_TOKEN"
          {exchange}
          echo "::add-mask::$ACCESS_TOKEN"
          echo "ACCESS_TOKEN=$ACCESS_TOKEN" >> "$GITHUB_ENV"
      - name: Use it
        shell: bash
        run: test -n "$ACCESS_TOKEN" # in every later step of this job
`,
  },
  template: {
    description:
      'where your copy of the Action is, such as acme/cambist/action@<commit>: it is printed in the place of a script',
    address: [
      '[\\w.-]+/[\\w.-]+(?:/[\\w.-]+)*@(?:[0-9a-f]{40}|[0-9a-f]{64})',
      'owner/name/action@ and the digest of a commit',
    ],
    text: `name: cambist
on:
  {trigger}
permissions:
  contents: read
  id-token: write # lets the job ask for its ID token
jobs:
  token:
    {environment-line}runs-on: ubuntu-latest
    steps:
      - id: cambist
        uses: {uses}
        with:
          url: {url}
          service-account: {account}
          oidc-audience: '{audience}'
      - name: Use it
        shell: bash
        run: test -n "$ACCESS_TOKEN"
        env:
          ACCESS_TOKEN: \${{ steps.cambist.outputs.token }}
`,
  },
};

/** `owner@1/name@2`, as GitHub writes it in subjects, is the name and both ids. */
function splitIds(given: Variables): Variables {
  const [, owner = '', ownerId, name = '', repositoryId] =
    /^([^/@]+)(?:@(\d+))?\/([^/@]+)(?:@(\d+))?$/.exec(given.get('repository') ?? '') ?? [];
  const read = new Map([...given, ['repository', `${owner}/${name}`]]);
  for (const [parameter, id] of [
    ['owner-id', ownerId],
    ['repository-id', repositoryId],
  ] as const) {
    if (id === undefined) continue;
    const other = given.get(parameter);
    if (other !== undefined && other !== id)
      throw new PlatformFailure(`--repository says ${id}, and --${parameter} says ${other}.`);
    read.set(parameter, id);
  }
  return read;
}

function issuerOf(host: string, enterprise: string | undefined): string {
  const path = enterprise === undefined ? '' : `/${enterprise}`;
  if (host === 'github.com') return `https://token.actions.githubusercontent.com${path}`;
  return host.endsWith('.ghe.com') ? `https://token.actions.${host}${path}` : `https://${host}/_services/token`;
}
