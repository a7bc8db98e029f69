// How to trust a workload of CircleCI.

import { BRANCH, TAG, UUID } from '../parameter-kinds.ts';
import type { Recipe } from '../recipe.ts';
import { regexpOf } from '../regular-expression.ts';

export const recipe: Recipe = {
  preset: 'circleci',
  summary: 'CircleCI: a project on a branch or tag',
  parameters: [
    {
      ...UUID,
      name: 'organization-id',
      description: 'the organization',
      required: true,
      from: { claim: 'oidc.circleci.com/org-id' },
    },
    {
      ...UUID,
      name: 'project-id',
      description: 'the project',
      required: true,
      from: { claim: 'oidc.circleci.com/project-id' },
    },
    {
      name: 'repository',
      value: 'host/owner/name',
      description: 'where its code is, such as github.com/acme/web',
      required: true,
      pattern: ['[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+', 'host/owner/name'],
      from: { claim: 'oidc.circleci.com/vcs-origin' },
    },
    { ...TAG, from: { claim: 'oidc.circleci.com/vcs-ref', pattern: '^refs/tags/(.+)$' } },
    { ...BRANCH, from: { claim: 'oidc.circleci.com/vcs-ref', pattern: '^refs/heads/(.+)$' } },
    {
      name: 'root-issuer',
      value: null,
      description: 'the tokens are made with --root-issuer, which all organizations share',
      isPin: true,
      from: { claim: 'iss', pattern: '^(https://oidc\\.circleci\\.com)$' },
    },
    { ...UUID, name: 'context-id', description: 'only jobs that use this context', isPin: true },
  ],
  derive: (given) => [
    [
      'issuer',
      `https://oidc.circleci.com${given.has('root-issuer') ? '' : `/org/${given.get('organization-id') ?? ''}`}`,
    ],
    ['root-issuer-option', given.has('root-issuer') ? ' --root-issuer' : ''],
    ['branch-filter', jobFilter(given.get('branch') ?? '')],
    ['tag-filter', jobFilter(given.get('tag') ?? '')],
  ],
  customise: (_claims, subject) => {
    // The old form ends at the user, the new one has the origin and the ref behind it; a job may get either.
    const [, project] = /^(org\/[^/]+\/project\/[^/]+)\/user\/[^/]+$/.exec(subject) ?? [];
    return project === undefined ? [] : [['subject-pattern', `${project}/user/**`]];
  },
  provider: { issuer: '{issuer}' },
  variants: [
    {
      name: 'tag',
      needs: ['tag'],
      subject: 'org/{organization-id}/project/{project-id}/user/*/vcs-origin/{repository}/vcs-ref/refs/tags/{tag}',
      isGlob: true,
      who: 'jobs of {repository} on the tag {tag}',
      claims: { 'oidc.circleci.com/vcs-ref': 'refs/tags/{tag}' },
      variables: { filter: 'tags: { only: {tag-filter} }\nbranches: { ignore: /.*/ }' },
    },
    {
      name: 'branch',
      needs: ['branch'],
      subject: 'org/{organization-id}/project/{project-id}/user/*/vcs-origin/{repository}/vcs-ref/refs/heads/{branch}',
      isGlob: true,
      who: 'jobs of {repository} on the branch {branch}',
      claims: { 'oidc.circleci.com/vcs-ref': 'refs/heads/{branch}' },
      variables: { filter: 'branches: { only: {branch-filter} }' },
    },
  ],
  conditions: {
    'oidc.circleci.com/context-ids': '{context-id}',
  },
  claims: {
    'oidc.circleci.com/org-id': '{organization-id}',
    'oidc.circleci.com/project-id': '{project-id}',
    'oidc.circleci.com/vcs-origin': '{repository}',
    'oidc.circleci.com/context-ids': ['{context-id}'],
    'oidc.circleci.com/ssh-rerun': false,
  },
  neighbours: [
    { who: 'another branch', variant: 'branch', set: { branch: 'cambist-check' } },
    { who: 'a fork', set: { repository: 'github.com/cambist-check/app' } },
    { who: 'another project', set: { 'project-id': '00000000-0000-4000-8000-000000000000' } },
    { who: 'a job rerun with SSH', change: { 'oidc.circleci.com/ssh-rerun': true } },
  ],
  accountName: 'circleci-{slug}',
  configuration: {
    file: '.circleci/config.yml',
    text: `version: 2.1
jobs:
  token:
    docker:
      - image: cimg/base:current
    steps:
      - run:
          name: Get an access token
          command: |
            set -eu
            # CircleCI masks only what is configured: the tokens stay in this step.
            ID_TOKEN=$(circleci run oidc get{root-issuer-option} --claims '{"aud":"{audience}"}')
            test -n "$ID_TOKEN"
            {exchange}
            test -n "$ACCESS_TOKEN" # use it here
workflows:
  token:
    jobs:
      - token:
          filters:
            {filter}
`,
  },
};

function jobFilter(value: string): string {
  return value.includes('*') ? `/^${regexpOf(value)}$/` : `'${value}'`;
}
