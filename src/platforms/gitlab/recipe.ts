// How to trust a workload of GitLab CI.

import { BRANCH, HOST, NUMERIC_ID } from '../parameter-kinds.ts';
import type { Recipe } from '../recipe.ts';
import { regexpOf } from '../regular-expression.ts';

export const recipe: Recipe = {
  preset: 'gitlab',
  summary: 'GitLab CI: a project or group on a branch, tag or environment',
  examples: [
    'cambist bootstrap gitlab --project acme/app --branch main --role deployer',
    'cambist bootstrap gitlab --project acme/app --environment production --branch main --host gitlab.example.com',
  ],
  parameters: [
    {
      name: 'project',
      value: 'path',
      description: 'the project, such as acme/platform/web; "acme/*" is every project directly in the group',
      required: true,
      pattern: ['[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*/(?:[A-Za-z0-9_.-]+|\\*)', 'group/project'],
      mayGlob: true,
      from: { claim: 'project_path' },
    },
    {
      name: 'environment',
      value: 'name',
      description: 'only jobs that deploy to this environment',
      from: { claim: 'environment' },
    },
    {
      name: 'tag',
      value: 'tag',
      description: 'only this tag; "v*" is a pattern',
      mayGlob: true,
      from: [
        { claim: 'sub', pattern: ':ref_type:tag:ref:(.+)$' },
        { claim: 'ref_path', pattern: '^refs/tags/(.+)$' },
      ],
    },
    {
      ...BRANCH,
      from: [
        { claim: 'sub', pattern: ':ref_type:branch:ref:(.+)$' },
        { claim: 'ref_path', pattern: '^refs/heads/(.+)$' },
      ],
    },
    {
      name: 'allow-unprotected',
      value: null,
      description: 'also refs and environments that are not protected: whoever may push gets in',
    },
    {
      ...NUMERIC_ID,
      name: 'project-id',
      description: 'its number, if GitLab cannot be asked (on the page of the project)',
      isPin: true,
      from: { claim: 'project_id' },
    },
    {
      ...NUMERIC_ID,
      name: 'namespace-id',
      description: "its group's number",
      isPin: true,
      from: { claim: 'namespace_id' },
    },
    {
      ...HOST,
      name: 'host',
      description: 'the host of a self-managed GitLab',
      default: 'gitlab.com',
      from: { claim: 'iss', pattern: '^https://([^/]+)$' },
    },
    {
      name: 'issuer',
      value: 'url',
      description: "the tokens' iss, if it is not https://{host}",
      from: { claim: 'iss' },
    },
  ],
  derive: (given) => [
    ['branch-rule', jobRule('$CI_COMMIT_BRANCH', given.get('branch') ?? '')],
    ['tag-rule', jobRule('$CI_COMMIT_TAG', given.get('tag') ?? '')],
    ['issuer', given.get('issuer') ?? `https://${given.get('host') ?? 'gitlab.com'}`],
    ['namespace', (given.get('project') ?? '').replace(/\/[^/]*$/, '')],
    ['sample-ref', 'main'],
    ['sample-protected', 'true'],
    ...(given.has('allow-unprotected') ? [] : [['protected', 'true'] as const]),
    ...(given.has('environment') && !given.has('branch') ? [['any-branch', 'true'] as const] : []),
  ],
  provider: { issuer: '{issuer}' },
  variants: [
    {
      name: 'environment',
      needs: ['environment', 'branch'],
      subject: 'project_path:{project}:ref_type:branch:ref:{branch}',
      who: 'jobs of {project} on {branch} that deploy to {environment}',
      conditions: { environment: '{environment}', environment_protected: '{protected}' },
      claims: {
        ref: '{branch}',
        ref_type: 'branch',
        environment: '{environment}',
        environment_protected: '{sample-protected}',
      },
      variables: { rule: '{branch-rule}', 'environment-line': "\n  environment: '{environment}'" },
    },
    {
      name: 'any-ref-environment',
      needs: ['environment'],
      subject: 'project_path:{project}:ref_type:branch:ref:**',
      isGlob: true,
      who: 'jobs of {project} on any branch that deploy to {environment}',
      conditions: { environment: '{environment}', environment_protected: '{protected}' },
      claims: {
        ref: '{sample-ref}',
        ref_type: 'branch',
        environment: '{environment}',
        environment_protected: '{sample-protected}',
      },
      variables: {
        rule: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH',
        'environment-line': "\n  environment: '{environment}'",
      },
    },
    {
      name: 'tag',
      needs: ['tag'],
      subject: 'project_path:{project}:ref_type:tag:ref:{tag}',
      who: 'jobs of {project} on the tag {tag}',
      conditions: { ref_protected: '{protected}' },
      claims: { ref: '{tag}', ref_type: 'tag' },
      variables: { rule: '{tag-rule}', 'environment-line': '' },
    },
    {
      name: 'branch',
      needs: ['branch'],
      subject: 'project_path:{project}:ref_type:branch:ref:{branch}',
      who: 'jobs of {project} on the branch {branch}',
      conditions: { ref_protected: '{protected}' },
      claims: { ref: '{branch}', ref_type: 'branch' },
      variables: { rule: '{branch-rule}', 'environment-line': '' },
    },
  ],
  conditions: { project_id: '{project-id-condition}', namespace_id: '{namespace-id}' },
  claims: {
    project_path: '{project}',
    project_id: '{project-id}',
    namespace_path: '{namespace}',
    namespace_id: '{namespace-id}',
    job_project_id: '{project-id}',
    pipeline_source: 'push',
    ref_protected: 'true',
  },
  names: { project_path: 'project-id', namespace_path: 'namespace-id' },
  advice: {
    ref_protected: 'The ref is not protected: protect it in GitLab, or give --allow-unprotected.',
    environment_protected: 'The environment is not protected: protect it in GitLab, or give --allow-unprotected.',
  },
  neighbours: [
    { who: 'another branch', variant: 'branch', set: { branch: 'cambist-check' }, unless: ['any-branch'] },
    {
      who: 'a ref that is not protected',
      change: { ref_protected: 'false' },
      needs: ['protected'],
      unless: ['environment'],
    },
    { who: 'another environment', change: { environment: 'cambist-check' }, needs: ['environment'] },
    {
      who: 'the same environment if it is not protected',
      change: { environment_protected: 'false' },
      needs: ['environment', 'protected'],
    },
    {
      who: 'a merge request from a fork',
      change: { pipeline_source: 'merge_request_event', job_project_id: '0' },
    },
    { who: 'the same path with another id', set: { 'project-id': '0' }, needs: ['project-id-condition'] },
    { who: 'another group', set: { project: 'cambist-check/app', namespace: 'cambist-check', 'namespace-id': '0' } },
  ],
  accountName: 'gitlab-{slug}',
  configuration: {
    file: '.gitlab-ci.yml',
    text: `cambist:
  image: curlimages/curl:8.16.0
  rules:
    - if: {rule}{environment-line}
  id_tokens:
    ID_TOKEN:
      aud: {audience}
  script:
    # GitLab cannot mask what a job makes, and a debug trace would print it.
    - case "\${CI_DEBUG_TRACE:-}" in true) echo 'refusing to work with CI_DEBUG_TRACE' >&2; exit 1;; esac
    - |
      set -eu
      : "\${ID_TOKEN:?the job has no id_tokens}"
      {exchange}
      test -n "$ACCESS_TOKEN" # use it here: it does not reach other jobs
`,
  },
  template: {
    description:
      'where your copy of the component is, such as gitlab.example.com/acme/cambist/token@<commit>: it is printed in the place of a script',
    address: [
      '[\\w.-]+(?::\\d+)?(?:/[\\w.-]+){2,}@(?:[0-9a-f]{40}|[0-9a-f]{64})',
      'host/group/project/token@ and the digest of a commit',
    ],
    hasFixedAudience: true,
    text: `include:
  - component: {uses}
    inputs:
      url: {url}
      service-account: {account}

cambist:
  extends: .cambist
  image: curlimages/curl:8.16.0
  rules:
    - if: {rule}{environment-line}
  script:
    - test -n "$ACCESS_TOKEN" # use it here: it does not reach other jobs
`,
  },
};

/** GitLab compares texts, or a regular expression if there is a pattern. */
function jobRule(variable: string, value: string): string {
  return value.includes('*') ? `${variable} =~ /^${regexpOf(value)}$/` : `${variable} == "${value}"`;
}
