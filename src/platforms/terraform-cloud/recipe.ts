// How to trust a workload of HCP Terraform and Terraform Enterprise.

import { HOST, NAME } from '../parameter-kinds.ts';
import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'terraform-cloud',
  summary: 'HCP Terraform: the runs of one workspace',
  examples: ['cambist bootstrap terraform-cloud --organization acme --workspace network'],
  parameters: [
    {
      ...NAME,
      name: 'organization',
      description: 'the organization',
      required: true,
      from: [{ claim: 'terraform_organization_name' }, { claim: 'sub', pattern: '^organization:([^:]+):' }],
    },
    {
      name: 'project',
      value: 'name',
      description: 'the project',
      pattern: ['[A-Za-z0-9_. -]+', 'a name'],
      default: 'Default Project',
      from: [{ claim: 'terraform_project_name' }, { claim: 'sub', pattern: ':project:([^:]+):' }],
    },
    {
      ...NAME,
      name: 'workspace',
      description: 'the workspace',
      from: [{ claim: 'terraform_workspace_name' }, { claim: 'sub', pattern: ':workspace:([^:]+):' }],
    },
    {
      name: 'stack',
      value: 'name',
      description: 'the stack; give its --deployment, too',
      pattern: ['[A-Za-z0-9_. -]+', 'a name'],
      from: { claim: 'sub', pattern: ':stack:([^:]+):' },
    },
    {
      name: 'deployment',
      value: 'name',
      description: "the stack's deployment",
      pattern: ['[A-Za-z0-9_.-]+', 'a name'],
      from: { claim: 'sub', pattern: ':deployment:([^:]+):' },
    },
    {
      name: 'module',
      value: 'name',
      description: 'the module whose tests run',
      pattern: ['[A-Za-z0-9_./-]+', 'a name'],
      from: { claim: 'sub', pattern: ':module:([^:]+):' },
    },
    {
      name: 'operation',
      value: 'operation',
      description: 'of a stack: plan or apply',
      pattern: ['plan|apply', 'plan or apply'],
      default: 'apply',
      from: { claim: 'sub', pattern: ':stack:.*:operation:([a-z_]+)$' },
    },
    {
      name: 'run-phase',
      value: 'phase',
      description: 'plan or apply; a plan may be that of a pull request',
      pattern: ['plan|apply', 'plan or apply'],
      default: 'apply',
      from: { claim: 'terraform_run_phase' },
    },
    {
      name: 'organization-id',
      value: 'org-…',
      description: "the organization's id",
      pattern: ['org-[A-Za-z0-9]+', 'org-…'],
      isPin: true,
      from: { claim: 'terraform_organization_id' },
    },
    {
      name: 'workspace-id',
      value: 'ws-…',
      description: "the workspace's id",
      pattern: ['ws-[A-Za-z0-9]+', 'ws-…'],
      isPin: true,
      from: { claim: 'terraform_workspace_id' },
    },
    {
      ...HOST,
      name: 'host',
      description: 'the host: app.eu.terraform.io in Europe, or that of Terraform Enterprise',
      default: 'app.terraform.io',
      from: { claim: 'iss', pattern: '^https://([^/]+)$' },
    },
  ],
  derive: (given) => [
    ['sample-project', given.get('project') ?? ''],
    ['other-phase', given.get('run-phase') === 'apply' ? 'plan' : 'apply'],
    ['other-operation', given.get('operation') === 'apply' ? 'plan' : 'apply'],
    [
      'short-name',
      (given.get('module') ?? given.get('stack') ?? given.get('workspace') ?? 'runs').replaceAll(/[^\w.-]+/g, '-'),
    ],
  ],
  provider: { issuer: 'https://{host}' },
  variants: [
    {
      name: 'stack',
      needs: ['stack', 'deployment'],
      subject:
        'organization:{organization}:project:{project}:stack:{stack}:deployment:{deployment}:operation:{operation}',
      who: 'the {operation} of the deployment {deployment} of the stack {organization}/{stack}',
      configuration: {
        file: 'deployments.tfdeploy.hcl',
        text: `# The deployment hands its ID token to a component, whose provider exchanges it at {url} for the service account {account}.
identity_token "cambist" {
  audience = ["{audience}"]
}
deployment "{deployment}" {
  inputs = {
    id_token = identity_token.cambist.jwt
  }
}
`,
      },
    },
    {
      name: 'module-test',
      needs: ['module'],
      subject: 'organization:{organization}:module:{module}:operation:test_run',
      who: 'test runs of the module {organization}/{module}',
      variables: { place: 'the test settings of the module', runs: 'test run' },
      warning:
        'A test run executes the code of whoever may push to the module: give it nothing that they may not have.',
    },
    {
      name: 'workspace',
      needs: ['workspace'],
      subject: 'organization:{organization}:project:{project}:workspace:{workspace}:run_phase:{run-phase}',
      who: 'the {run-phase} phase of runs of {organization}/{workspace}',
      claims: { terraform_run_phase: '{run-phase}' },
      variables: { place: 'the workspace', runs: '{run-phase}' },
    },
  ],
  conditions: { terraform_organization_id: '{organization-id}', terraform_workspace_id: '{workspace-id}' },
  claims: {
    terraform_organization_id: '{organization-id}',
    terraform_organization_name: '{organization}',
    terraform_project_name: '{sample-project}',
    terraform_workspace_id: '{workspace-id}',
    terraform_workspace_name: '{workspace}',
  },
  neighbours: [
    { who: 'another workspace', set: { workspace: 'cambist-check', 'workspace-id': 'ws-0' }, needs: ['workspace'] },
    { who: 'another stack', set: { stack: 'cambist-check' }, needs: ['stack'] },
    { who: 'another deployment', set: { deployment: 'cambist-check' }, needs: ['stack'] },
    { who: 'the other operation', set: { operation: '{other-operation}' }, needs: ['stack'] },
    { who: 'another module', set: { module: 'cambist-check' }, needs: ['module'] },
    {
      who: 'another organization',
      set: { organization: 'cambist-check', 'organization-id': 'org-0', 'workspace-id': 'ws-0' },
    },
    { who: 'the other phase', set: { 'run-phase': '{other-phase}' }, needs: ['workspace'] },
    { who: 'another workspace under the same name', set: { 'workspace-id': 'ws-1' }, needs: ['workspace-id'] },
  ],
  names: { terraform_organization_name: 'organization-id', terraform_workspace_name: 'workspace-id' },
  accountName: 'terraform-{short-name}',
  configuration: {
    file: 'main.tf',
    text: `# In {place} set the environment variable TFC_WORKLOAD_IDENTITY_AUDIENCE_CAMBIST to {audience}:
# every {runs} then has its ID token in TFC_WORKLOAD_IDENTITY_TOKEN_CAMBIST.
resource "terraform_data" "cambist" {
  triggers_replace = timestamp()
  provisioner "local-exec" {
    command = <<-EOT
      set -eu
      : "$\${TFC_WORKLOAD_IDENTITY_TOKEN_CAMBIST:?set TFC_WORKLOAD_IDENTITY_AUDIENCE_CAMBIST in {place}}"
      ID_TOKEN=$TFC_WORKLOAD_IDENTITY_TOKEN_CAMBIST
      {exchange-terraform}
      test -n "$ACCESS_TOKEN" # use it here: it does not reach the state
    EOT
  }
}
`,
  },
};
