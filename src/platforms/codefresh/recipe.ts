// How to trust a workload of Codefresh.

import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'codefresh',
  summary: 'Codefresh: a pipeline on a branch',
  parameters: [
    {
      name: 'account-id',
      value: 'id',
      description: 'the account',
      required: true,
      pattern: ['[0-9a-f]+', 'an id'],
      from: { claim: 'account_id' },
    },
    {
      name: 'pipeline-id',
      value: 'id',
      description: 'the pipeline',
      required: true,
      pattern: ['[0-9a-f]+', 'an id'],
      from: { claim: 'pipeline_id' },
    },
    {
      name: 'repository-url',
      value: 'url',
      description: 'the repository, such as https://github.com/acme/web',
      required: true,
      pattern: ['https://[^\\s*]+', 'an https URL'],
      from: { claim: 'scm_repo_url' },
    },
    { name: 'branch', value: 'branch', description: 'only this branch', required: true, from: { claim: 'scm_ref' } },
  ],
  customise: (_claims, subject) => {
    // A run that somebody started by hand has that person in it, and no push has.
    const [, pipeline] = /^(account:[^:]+:pipeline:[^:]+):/.exec(subject) ?? [];
    return pipeline === undefined ? [] : [['subject-pattern', `${pipeline}:**`]];
  },
  provider: { issuer: 'https://oidc.codefresh.io' },
  variants: [
    {
      name: 'workload',
      needs: [],
      subject:
        'account:{account-id}:pipeline:{pipeline-id}:scm_repo_url:{repository-url}:scm_user_name:*:scm_ref:{branch}',
      isGlob: true,
      who: 'pushes to {branch} of {repository-url} in the pipeline {pipeline-id}',
    },
  ],
  conditions: {
    account_id: '{account-id}',
    scm_pull_request_target_branch: { exists: false },
  },
  claims: {
    account_id: '{account-id}',
    pipeline_id: '{pipeline-id}',
    scm_repo_url: '{repository-url}',
    scm_ref: '{branch}',
  },
  neighbours: [
    { who: 'another branch', set: { branch: 'cambist-check' } },
    { who: 'another pipeline', set: { 'pipeline-id': '0' } },
    { who: 'a pull request', change: { scm_pull_request_target_branch: '{branch}' } },
  ],
  warnings: ['scm_ref has no refs/heads prefix: a tag of the same name gets in too.'],
  accountName: 'codefresh-{pipeline-id}',
  configuration: {
    file: 'codefresh.yml',
    text: `version: '1.0'
steps:
  token:
    image: curlimages/curl:8.16.0
    commands:
      - |
        set -eu
        answer=$(printf 'authorization: %s' "$CF_OIDC_REQUEST_TOKEN" |
          curl --silent --show-error --fail --retry 3 --max-time 30 --header @- "$CF_OIDC_REQUEST_URL?audience={url audience}")
        ID_TOKEN=$(printf '%s' "$answer" | sed -n 's/.*"id_token" *: *"\\([^"]*\\)".*/\\1/p')
        test -n "$ID_TOKEN" || { echo 'Codefresh answered without an ID token' >&2; exit 1; }
        {exchange}
        test -n "$ACCESS_TOKEN" # use it here
`,
  },
};
