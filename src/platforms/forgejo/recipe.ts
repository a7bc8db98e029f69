// How to trust a workload of Forgejo Actions, as data; no logic.

import { BRANCH, NAME, NUMBER, TAG } from '../parameter-kinds.ts';
import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'forgejo',
  summary: 'Forgejo Actions: a repository on a branch, tag or pull request',
  parameters: [
    {
      name: 'host',
      value: 'host',
      description: 'the Forgejo instance',
      required: true,
      pattern: ['[A-Za-z0-9.-]+(?::\\d+)?(?:/[A-Za-z0-9_.-]+)*', 'a host name, with its path if it has one'],
      from: { claim: 'iss', pattern: '^https://(.+)/api/actions$' },
    },
    {
      ...NAME,
      name: 'owner',
      description: 'the owner of the repository',
      required: true,
      from: { claim: 'repository_owner' },
    },
    {
      ...NUMBER,
      name: 'owner-id',
      description: "the owner's number",
      required: true,
      from: { claim: 'repository_owner_id' },
    },
    {
      ...NAME,
      name: 'repository',
      description: 'the repository, without its owner',
      required: true,
      from: { claim: 'repository', pattern: '/(.+)$' },
    },
    {
      ...NUMBER,
      name: 'repository-id',
      description: "the repository's number",
      required: true,
      from: { claim: 'repository_id' },
    },
    { ...TAG, from: { claim: 'ref', pattern: '^refs/tags/(.+)$' } },
    { ...BRANCH, from: { claim: 'ref', pattern: '^refs/heads/(.+)$' } },
    {
      name: 'pull-request',
      value: null,
      description: 'every pull request of the repository, whoever opened it',
      from: { claim: 'event_name', pattern: '^(pull_request)$' },
    },
  ],
  provider: { issuer: 'https://{host}/api/actions' },
  variants: [
    {
      name: 'tag',
      needs: ['tag'],
      subject: 'repo:{owner}-{owner-id}/{repository}-{repository-id}:ref:refs/tags/{tag}',
      who: 'runs of {owner}/{repository} on the tag {tag}',
      claims: { ref: 'refs/tags/{tag}', ref_type: 'tag' },
      variables: { trigger: "push:\n  tags: ['{tag}']" },
    },
    {
      name: 'branch',
      needs: ['branch'],
      subject: 'repo:{owner}-{owner-id}/{repository}-{repository-id}:ref:refs/heads/{branch}',
      who: 'runs of {owner}/{repository} on the branch {branch}',
      claims: { ref: 'refs/heads/{branch}', ref_type: 'branch' },
      variables: { trigger: "push:\n  branches: ['{branch}']" },
    },
    {
      name: 'pull-request',
      needs: ['pull-request'],
      subject: 'repo:{owner}-{owner-id}/{repository}-{repository-id}:pull_request',
      who: 'every pull request of {owner}/{repository}',
      conditions: { event_name: 'pull_request' },
      claims: { event_name: 'pull_request' },
      warning: 'Every pull request of {owner}/{repository} gets in, whoever opened it.',
      variables: { trigger: 'pull_request:' },
    },
  ],
  conditions: { repository_id: '{repository-id}', repository_owner_id: '{owner-id}' },
  claims: {
    repository: '{owner}/{repository}',
    repository_id: '{repository-id}',
    repository_owner: '{owner}',
    repository_owner_id: '{owner-id}',
    event_name: 'push',
  },
  names: { repository: 'repository-id', repository_owner: 'owner-id' },
  neighbours: [
    { who: 'another branch', variant: 'branch', set: { branch: 'cambist-check' } },
    { who: 'a pull request', variant: 'pull-request', unless: ['pull-request'] },
    { who: 'pull_request_target', change: { event_name: 'pull_request_target' } },
    { who: 'another repository with the same subject', change: { repository_id: '0' } },
  ],
  accountName: 'forgejo-{slug}',
  configuration: {
    file: '.forgejo/workflows/cambist.yml',
    text: `on:
  {trigger}
enable-openid-connect: true
jobs:
  token:
    runs-on: docker
    steps:
      - name: Get an access token
        shell: bash
        run: |
          set -euo pipefail
          : "\${ACTIONS_ID_TOKEN_REQUEST_URL:?the workflow lacks enable-openid-connect: true}"
          answer=$(printf 'authorization: Bearer %s' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" |
            curl --silent --show-error --fail --retry 3 --max-time 30 --header @- "$ACTIONS_ID_TOKEN_REQUEST_URL&audience={url audience}")
          ID_TOKEN=$(printf '%s' "$answer" | sed -n 's/.*"value" *: *"\\([^"]*\\)".*/\\1/p')
          test -n "$ID_TOKEN" || { echo 'Forgejo answered without an ID token' >&2; exit 1; }
          echo "::add-mask::$ID_TOKEN"
          {exchange}
          echo "::add-mask::$ACCESS_TOKEN"
          echo "ACCESS_TOKEN=$ACCESS_TOKEN" >> "$GITHUB_ENV"
`,
  },
};
