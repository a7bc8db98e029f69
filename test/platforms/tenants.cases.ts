// For every platform, a stranger's token: another tenant's, everything else the same; and rules that name a tenant or do not.

import type { JsonObject } from '../../src/token/json.ts';
import type { Conditions } from '../../src/objects/conditions.ts';

export interface TenantRule {
  readonly subject: string;
  readonly glob?: true;
  readonly conditions?: Conditions;
  /** Read as the subject; `sub` by default. */
  readonly subjectClaim?: string;
  /** What is different in our token and in the stranger's for this rule, such as a composed subject. */
  readonly change?: JsonObject;
  readonly strangerChange?: JsonObject;
}

export interface TenantCases {
  /** The fixture, and the token of it that is ours. */
  readonly platform: string;
  readonly token: string;
  /** What makes our token one of the shared issuer, if the fixture's is not. */
  readonly change?: JsonObject;
  /** What makes it the stranger's. */
  readonly stranger: JsonObject;
  /** Null if the stranger has another issuer. */
  readonly named: readonly TenantRule[] | null;
  readonly unnamed: readonly TenantRule[];
}

const github = { repository: 'evil/x', repository_id: '6', repository_owner: 'evil', repository_owner_id: '66' };
const called = 'octo-org/ci/.github/workflows/deploy.yml@refs/heads/main';

/** A subject that a repository composed, the same for everybody. */
function composed(sub: string): Pick<TenantRule, 'change' | 'strangerChange'> {
  return { change: { sub }, strangerChange: { sub } };
}

export const TENANTS: readonly TenantCases[] = [
  {
    platform: 'github-actions',
    token: 'custom audience requested by the job, immutable sub',
    stranger: { ...github, sub: 'repo:evil@66/x@6:ref:refs/heads/main' },
    named: [
      { subject: 'repo:octo-org@123456/octo-repo@456789:ref:refs/heads/main' },
      { subject: 'repo:octo-org/octo-repo:ref:refs/heads/main' },
      { subject: 'repo:octo-org/*:ref:refs/heads/main', glob: true },
      { subject: 'repo:octo-org@123456/*:ref:refs/heads/main', glob: true },
      {
        subject: 'repository_owner_id:123456:environment:production',
        change: { sub: 'repository_owner_id:123456:environment:production' },
        strangerChange: { sub: 'repository_owner_id:66:environment:production' },
      },
      {
        subject: 'environment:production:repository:octo-org/octo-repo',
        change: { sub: 'environment:production:repository:octo-org/octo-repo' },
        strangerChange: { sub: 'environment:production:repository:evil/x' },
      },
      {
        subject: 'ref:refs/heads/*:repo:octo-org/octo-repo',
        glob: true,
        change: { sub: 'ref:refs/heads/main:repo:octo-org/octo-repo' },
        strangerChange: { sub: 'ref:refs/heads/main:repo:evil/x' },
      },
      {
        subject: 'pull_request:repository_id:456789',
        change: { sub: 'pull_request:repository_id:456789' },
        strangerChange: { sub: 'pull_request:repository_id:6' },
      },
      {
        subject: 'environment:production',
        conditions: { repository_owner_id: '123456' },
        ...composed('environment:production'),
      },
      {
        subject: `job_workflow_ref:${called}`,
        conditions: { '/repository': ['octo-org/octo-repo', 'octo-org/other'] },
        ...composed(`job_workflow_ref:${called}`),
      },
      {
        subject: 'environment:production',
        conditions: { repository_owner: { anyOf: ['octo-org'] } },
        ...composed('environment:production'),
      },
      {
        subject: 'environment:production',
        conditions: { repository_id: { allOf: [456789] } },
        ...composed('environment:production'),
      },
      { subject: 'octo-org/octo-repo', subjectClaim: 'repository' },
      {
        subject: 'main',
        subjectClaim: 'branch',
        conditions: { sub: 'repo:octo-org/octo-repo:ref:refs/heads/main' },
        change: { branch: 'main', sub: 'repo:octo-org/octo-repo:ref:refs/heads/main' },
        strangerChange: { branch: 'main', sub: 'repo:evil/x:ref:refs/heads/main' },
      },
    ],
    unnamed: [
      { subject: 'environment:production', ...composed('environment:production') },
      { subject: 'event_name:push:ref:refs/heads/main', ...composed('event_name:push:ref:refs/heads/main') },
      { subject: `job_workflow_ref:${called}`, ...composed(`job_workflow_ref:${called}`) },
      {
        subject: 'ref:refs/heads/main:repo:**',
        glob: true,
        strangerChange: { sub: 'ref:refs/heads/main:repo:evil/x' },
      },
      { subject: 'environment:production:*:*', glob: true, strangerChange: { sub: 'environment:production:repo:x' } },
      { subject: 'repository_visibility:private:**', glob: true, ...composed('repository_visibility:private:x:y') },
      {
        // A `**` may hold any number of parts: what stands behind it can be a value.
        subject: 'environment:production:**:repository_owner_id:123456',
        glob: true,
        ...composed('environment:production:workflow:repository_owner_id:123456'),
      },
      {
        // The value of the environment, not a tenant claim.
        subject: 'environment:repository_owner_id:actor:123456',
        ...composed('environment:repository_owner_id:actor:123456'),
      },
      {
        subject: 'environment:prod:repository_owner:*',
        glob: true,
        ...composed('environment:prod:repository_owner:x'),
      },
      ...(
        [
          { repository_owner_id: { not: '1' } },
          { repository_owner_id: { exists: true } },
          { repository: { glob: 'octo-org/**' } },
          { repository_owner: '' },
          { repository_owner: [] },
          { job_workflow_ref: called },
          { environment: 'production' },
          { repository_visibility: 'private' },
          { sub: 'environment:production' },
          { sub: ['repo:octo-org/octo-repo:ref:refs/heads/main', 'environment:production'] },
        ] satisfies Conditions[]
      ).map((conditions) => ({ subject: 'environment:production', conditions, ...composed('environment:production') })),
      { subject: 'push', subjectClaim: 'event_name' },
      { subject: called, subjectClaim: 'job_workflow_ref' },
    ],
  },
  {
    platform: 'gitlab-ci',
    token: 'branch push, gitlab.com',
    stranger: {
      sub: 'project_path:evil/x:ref_type:branch:ref:main',
      project_path: 'evil/x',
      project_id: '6',
      namespace_path: 'evil',
      namespace_id: '66',
      job_project_id: '6',
      job_project_path: 'evil/x',
      job_namespace_id: '66',
      job_namespace_path: 'evil',
    },
    named: [
      { subject: 'project_path:my-group/my-project:ref_type:branch:ref:main' },
      { subject: 'project_path:my-group/**', glob: true },
      { subject: 'true', subjectClaim: 'ref_protected', conditions: { namespace_id: '72' } },
      { subject: '20', subjectClaim: 'project_id' },
      {
        subject: 'ref_type:branch:ref:main:project_path:my-group/my-project',
        change: { sub: 'ref_type:branch:ref:main:project_path:my-group/my-project' },
        strangerChange: { sub: 'ref_type:branch:ref:main:project_path:evil/x' },
      },
    ],
    unnamed: [
      { subject: 'ref_type:branch:ref:main', ...composed('ref_type:branch:ref:main') },
      { subject: 'true', subjectClaim: 'ref_protected' },
      { subject: 'ref_type:branch:**', glob: true, ...composed('ref_type:branch:ref:main') },
      { subject: 'main', subjectClaim: 'ref', conditions: { project_visibility: 'private' } },
      { subject: 'main', subjectClaim: 'ref', conditions: { project_path: { glob: 'my-group/*' } } },
    ],
  },
  {
    platform: 'circleci',
    token: 'V2 token, branch',
    change: { iss: 'https://oidc.circleci.com', aud: 'https://tokens.example.com' },
    stranger: {
      sub: 'org/00000000-0000-4000-8000-000000000001/project/00000000-0000-4000-8000-000000000002/user/5e6f7a8b-9c0d-4e1f-a2b3-c4d5e6f7a8b9/vcs-origin/github.com/octo-org/octo-repo/vcs-ref/refs/heads/main',
      'oidc.circleci.com/org-id': '00000000-0000-4000-8000-000000000001',
      'oidc.circleci.com/project-id': '00000000-0000-4000-8000-000000000002',
    },
    named: [
      { subject: 'org/c9035eb6-6eb2-4c85-8a81-d9ed6a1d1d1e/**', glob: true },
      {
        subject: 'github.com/octo-org/octo-repo',
        subjectClaim: 'oidc.circleci.com/vcs-origin',
        conditions: { 'oidc.circleci.com/org-id': 'c9035eb6-6eb2-4c85-8a81-d9ed6a1d1d1e' },
      },
      { subject: '3a2f5b1c-7d4e-4f6a-9b8c-0d1e2f3a4b5c', subjectClaim: 'oidc.circleci.com/project-id' },
    ],
    unnamed: [
      { subject: 'github.com/octo-org/octo-repo', subjectClaim: 'oidc.circleci.com/vcs-origin' },
      {
        subject: 'refs/heads/main',
        subjectClaim: 'oidc.circleci.com/vcs-ref',
        conditions: { 'oidc.circleci.com/vcs-origin': 'github.com/octo-org/octo-repo' },
      },
    ],
  },
  {
    platform: 'buildkite',
    token: 'self-hosted agent with organization and pipeline ids',
    stranger: {
      sub: 'organization:evil:pipeline:super-duper-app:ref:refs/heads/main:commit:9f3182061f1e2cca4702c368cbc039b7dc9d4485:step:build',
      organization_slug: 'evil',
      organization_id: '00000000-0000-4000-8000-000000000001',
      pipeline_id: '00000000-0000-4000-8000-000000000002',
    },
    named: [
      { subject: 'organization:acme-inc:**', glob: true },
      { subject: 'build', subjectClaim: 'step_key', conditions: { organization_slug: 'acme-inc' } },
      {
        subject: '0184990a-4782-42b5-afc1-16715b10b1b0',
        change: { sub: '0184990a-4782-42b5-afc1-16715b10b1b0' },
        strangerChange: { sub: '00000000-0000-4000-8000-000000000002' },
      },
    ],
    unnamed: [
      { subject: 'super-duper-app', subjectClaim: 'pipeline_slug' },
      { subject: 'main', subjectClaim: 'build_branch', conditions: { pipeline_slug: 'super-duper-app' } },
    ],
  },
  {
    platform: 'hcp-terraform',
    token: 'apply phase',
    stranger: {
      sub: 'organization:evil:project:Default Project:workspace:my-workspace:run_phase:apply',
      terraform_organization_id: 'org-evil',
      terraform_organization_name: 'evil',
      terraform_project_id: 'prj-evil',
      terraform_workspace_id: 'ws-evil',
      terraform_full_workspace: 'organization:evil:project:Default Project:workspace:my-workspace',
    },
    named: [
      { subject: 'organization:my-org:project:*:workspace:my-workspace:run_phase:apply', glob: true },
      {
        subject: 'my-workspace',
        subjectClaim: 'terraform_workspace_name',
        conditions: { terraform_organization_name: ['my-org'] },
      },
    ],
    unnamed: [
      { subject: 'my-workspace', subjectClaim: 'terraform_workspace_name' },
      {
        subject: 'apply',
        subjectClaim: 'terraform_run_phase',
        conditions: { terraform_project_name: 'Default Project' },
      },
    ],
  },
  {
    platform: 'hcp-terraform',
    token: 'apply phase',
    change: { iss: 'https://app.eu.terraform.io' },
    stranger: {
      sub: 'organization:evil:project:Default Project:workspace:my-workspace:run_phase:apply',
      terraform_organization_name: 'evil',
    },
    named: [{ subject: 'organization:my-org:project:Default Project:workspace:my-workspace:run_phase:apply' }],
    unnamed: [{ subject: 'my-workspace', subjectClaim: 'terraform_workspace_name' }],
  },
  {
    platform: 'codefresh',
    token: 'git push',
    change: { aud: 'https://tokens.example.com' },
    stranger: {
      sub: 'account:000000000000000000000000:pipeline:111111111111111111111111:scm_repo_url:https://github.com/codefresh-user/oidc-test:scm_user_name:codefresh-user:scm_ref:codefresh-patch-3',
      account_id: '000000000000000000000000',
      account_name: 'evil',
      pipeline_id: '111111111111111111111111',
    },
    named: [
      { subject: 'account:5f30ebd30312313ae7f17948:pipeline:**', glob: true },
      {
        subject: 'https://github.com/codefresh-user/oidc-test',
        subjectClaim: 'scm_repo_url',
        conditions: { account_id: '5f30ebd30312313ae7f17948' },
      },
    ],
    unnamed: [
      { subject: 'https://github.com/codefresh-user/oidc-test', subjectClaim: 'scm_repo_url' },
      { subject: 'oidc/git-run', subjectClaim: 'pipeline_name' },
    ],
  },
  {
    platform: 'pulumi-cloud',
    token: 'update deployment',
    stranger: {
      sub: 'pulumi:deploy:org:evil:project:core:stack:dev:operation:update:scope:write',
      org: 'evil',
      stackId: 'evil/core/dev',
    },
    named: [
      { subject: 'pulumi:deploy:org:contoso:project:core:stack:dev:operation:update:scope:write' },
      { subject: 'core', subjectClaim: 'project', conditions: { org: 'contoso' } },
    ],
    unnamed: [
      { subject: 'pulumi:deploy:**', glob: true },
      { subject: 'pulumi:deploy:org:*:project:core:stack:dev:operation:update:scope:write', glob: true },
      { subject: 'core', subjectClaim: 'project', conditions: { operation: 'update' } },
    ],
  },
  {
    platform: 'scalr',
    token: 'workspace run (documented claims only)',
    stranger: { sub: 'account:evil:environment:production:workspace:network' },
    named: [{ subject: 'account:acme:environment:*:workspace:network', glob: true }],
    unnamed: [{ subject: 'production', subjectClaim: 'environment', change: { environment: 'production' } }],
  },
  {
    platform: 'buddy',
    token: 'manual run, EU region',
    stranger: {
      sub: 'https://eu.buddy.works/evil/myproject/pipelines/pipeline/1',
      workspace_domain: 'evil',
      pipeline_id: 1,
    },
    named: [
      { subject: 'https://eu.buddy.works/meok/**', glob: true },
      { subject: 'myproject', subjectClaim: 'project_name', conditions: { pipeline_id: 45289 } },
    ],
    unnamed: [{ subject: 'myproject', subjectClaim: 'project_name', conditions: { triggered_on: 'MANUAL' } }],
  },
  {
    platform: 'google-service-account',
    token: 'Compute Engine, format=full',
    stranger: {
      sub: '1',
      azp: '1',
      email: 'x@evil.iam.gserviceaccount.com',
      google: { compute_engine: { project_id: 'evil', project_number: 1 } },
    },
    named: [
      { subject: '104479897743394244856' },
      { subject: '405721773632-compute@developer.gserviceaccount.com', subjectClaim: 'email' },
      {
        subject: 'runner-1',
        subjectClaim: '/google/compute_engine/instance_name',
        conditions: { '/google/compute_engine/project_number': 405721773632 },
      },
    ],
    unnamed: [
      { subject: 'runner-1', subjectClaim: '/google/compute_engine/instance_name' },
      {
        subject: 'europe-west1-b',
        subjectClaim: '/google/compute_engine/zone',
        conditions: { email: { glob: '*@developer.gserviceaccount.com' } },
      },
    ],
  },
  {
    platform: 'vercel',
    token: 'production, exchanged for another audience with jti',
    change: { iss: 'https://oidc.vercel.com' },
    stranger: {
      sub: 'owner:evil:project:acme_website:environment:production',
      owner: 'evil',
      owner_id: 'team_evil',
      project_id: 'prj_evil',
    },
    named: [
      { subject: 'owner:acme:project:acme_website:environment:production' },
      {
        subject: 'production',
        subjectClaim: 'environment',
        conditions: { owner_id: 'team_7Gw5ZMzpQA8h90F832KGp7nwbuh3' },
      },
    ],
    unnamed: [{ subject: 'production', subjectClaim: 'environment', conditions: { project: 'acme_website' } }],
  },
  {
    platform: 'forgejo-actions',
    token: 'custom audience',
    change: { iss: 'https://codeberg.org/api/actions' },
    stranger: { ...github, sub: 'repo:evil-66/x-6:ref:refs/heads/main' },
    named: [
      { subject: 'repo:acme-123/web-456:ref:refs/heads/main' },
      { subject: 'push', subjectClaim: 'event_name', conditions: { repository_owner_id: '123' } },
    ],
    unnamed: [{ subject: 'push', subjectClaim: 'event_name', conditions: { ref: 'refs/heads/main' } }],
  },
  {
    platform: 'bitbucket-pipelines',
    token: 'deployment environment',
    change: { aud: 'https://tokens.example.com' },
    stranger: {
      sub: '{00000000-0000-4000-8000-000000000001}:{9d8c7b6a-5f4e-4d3c-8b2a-1908f7e6d5c4}:{5f4e3d2c-1b0a-4c9d-8e7f-6a5b4c3d2e1f}',
      workspaceUuid: '{00000000-0000-4000-8000-000000000000}',
      repositoryUuid: '{00000000-0000-4000-8000-000000000001}',
    },
    named: [
      { subject: '{c7b1f0a2-4d3e-4f5a-8b6c-7d8e9f0a1b2c}:{9d8c7b6a-5f4e-4d3c-8b2a-1908f7e6d5c4}:*', glob: true },
      { subject: '{c7b1f0a2-4d3e-4f5a-8b6c-7d8e9f0a1b2c}', subjectClaim: 'repositoryUuid' },
    ],
    unnamed: [{ subject: 'main', subjectClaim: 'branchName', change: { branchName: 'main' } }],
  },
  {
    platform: 'fly-io',
    token: 'machine, custom audience',
    stranger: {
      sub: 'evil:example-app:example-machine',
      org_id: '1',
      org_name: 'evil',
      app_id: '2',
      app_name: 'evil-app',
    },
    named: [
      { subject: 'example-org:example-app:*', glob: true },
      { subject: 'sea', subjectClaim: 'region', conditions: { org_id: '22222222' } },
    ],
    unnamed: [{ subject: 'sea', subjectClaim: 'region', conditions: { machine_name: 'example-machine' } }],
  },
  {
    platform: 'azure-managed-identity',
    token: 'VM, system-assigned identity, v1.0 token',
    change: { iss: 'https://sts.windows.net/9188040d-6c67-4c5b-b112-36a304b66dad/' },
    stranger: { sub: '00000000-0000-4000-8000-000000000001', oid: '00000000-0000-4000-8000-000000000001' },
    named: [{ subject: '33333333-4444-5555-6666-777777777777' }],
    unnamed: [
      {
        subject: '11111111-2222-3333-4444-555555555555',
        subjectClaim: 'tid',
        conditions: { appid: '22222222-3333-4444-5555-666666666666' },
      },
    ],
  },
  ...[
    ['circleci', 'V2 token, branch', 'https://oidc.circleci.com/org/00000000-0000-4000-8000-000000000001'],
    ['vercel', 'production, team issuer', 'https://oidc.vercel.com/evil'],
    ['github-actions', 'enterprise-slug issuer', 'https://token.actions.githubusercontent.com/evil-corp'],
    ['github-actions', 'data residency (ghe.com) issuer', 'https://token.actions.evil.ghe.com'],
    ['github-actions', 'GitHub Enterprise Server, environment', 'https://ghe.evil.example/_services/token'],
    ['gitlab-ci', 'self-managed, branch, environment, external identities', 'https://gitlab.evil.example'],
    ['hcp-terraform', 'Terraform Enterprise, apply phase', 'https://tfe.evil.example'],
    ['forgejo-actions', 'custom audience', 'https://forgejo.evil.example/api/actions'],
    ['kubernetes', 'EKS projected token with own audience', 'https://oidc.eks.us-east-2.amazonaws.com/id/0'],
    ['azure-devops', 'pipeline token, GitHub repository, branch main', 'https://vstoken.dev.azure.com/0'],
    ['azure-managed-identity', 'VM, system-assigned identity, v1.0 token', 'https://sts.windows.net/0/'],
    ['aws-sts', 'Lambda function with tags', 'https://0.tokens.sts.global.api.aws'],
    ['jenkins', 'multibranch main build, folder credential', 'https://jenkins.evil.example/oidc/job/team-a'],
    ['gocdnext', 'branch run', 'https://gocdnext.evil.example'],
    ['semaphore', 'branch, hook triggered', 'https://evil.semaphoreci.com'],
    ['spacelift', 'tracked run, write', 'https://evil.app.spacelift.io'],
    ['octopus-deploy', 'deployment, default keys, untenanted', 'https://evil.octopus.app'],
    ['cloudflare-access', 'service token', 'https://evil.cloudflareaccess.com'],
    ['ansible-automation-platform', 'controller job', 'https://ansible.evil.example/o'],
    ['spiffe-jwt-svid', 'SPIRE, no issuer', 'spiffe://evil.example'],
  ].map(([platform = '', token = '', iss = '']): TenantCases => ({
    platform,
    token,
    stranger: { iss },
    named: null,
    unnamed: [],
  })),
];
