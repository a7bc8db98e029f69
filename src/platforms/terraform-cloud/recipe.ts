// How to trust a workload of HCP Terraform and Terraform Enterprise.

import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'terraform-cloud',
  summary: 'HCP Terraform: the runs of one workspace',
  examples: ['cambist bootstrap terraform-cloud --organization acme --workspace network'],
  parameters: [
    {
      name: 'organization',
      value: 'name',
      description: 'the organization',
      required: true,
      pattern: ['[A-Za-z0-9_.-]+', 'a slug'],
      from: { claim: 'terraform_organization_name' },
    },
    {
      name: 'project',
      value: 'name',
      description: 'the project',
      pattern: ['[A-Za-z0-9_. -]+', 'a name'],
      default: 'Default Project',
      from: { claim: 'terraform_project_name' },
    },
    {
      name: 'workspace',
      value: 'name',
      description: 'the workspace',
      required: true,
      pattern: ['[A-Za-z0-9_.-]+', 'a slug'],
      from: { claim: 'terraform_workspace_name' },
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
      name: 'host',
      value: 'host',
      description: 'the host of Terraform Enterprise',
      pattern: ['[A-Za-z0-9.-]+(?::\\d+)?', 'a host name'],
      default: 'app.terraform.io',
    },
  ],
  derive: (given) => [['other-phase', given.get('run-phase') === 'apply' ? 'plan' : 'apply']],
  provider: { issuer: 'https://{host}' },
  variants: [
    {
      name: 'workload',
      needs: [],
      subject: 'organization:{organization}:project:{project}:workspace:{workspace}:run_phase:{run-phase}',
      who: 'the {run-phase} phase of runs of {organization}/{workspace}',
    },
  ],
  conditions: { terraform_organization_id: '{organization-id}', terraform_workspace_id: '{workspace-id}' },
  claims: {
    terraform_organization_id: '{organization-id}',
    terraform_organization_name: '{organization}',
    terraform_project_name: '{project}',
    terraform_workspace_id: '{workspace-id}',
    terraform_workspace_name: '{workspace}',
    terraform_run_phase: '{run-phase}',
  },
  neighbours: [
    { who: 'another workspace', set: { workspace: 'cambist-check' } },
    { who: 'another organization', set: { organization: 'cambist-check' } },
    { who: 'the other phase', set: { 'run-phase': '{other-phase}' } },
    { who: 'another workspace under the same name', set: { 'workspace-id': 'ws-1' }, needs: ['workspace-id'] },
  ],
  accountName: 'terraform-{workspace}',
  configuration: {
    file: 'main.tf',
    text: `# In the workspace set the environment variable TFC_WORKLOAD_IDENTITY_AUDIENCE_CAMBIST to {audience}:
# every {run-phase} then has its ID token in TFC_WORKLOAD_IDENTITY_TOKEN_CAMBIST.
resource "terraform_data" "cambist" {
  triggers_replace = timestamp()
  provisioner "local-exec" {
    command = <<-EOT
      set -eu
      : "$\${TFC_WORKLOAD_IDENTITY_TOKEN_CAMBIST:?set TFC_WORKLOAD_IDENTITY_AUDIENCE_CAMBIST in the workspace}"
      ID_TOKEN=$TFC_WORKLOAD_IDENTITY_TOKEN_CAMBIST
      {exchange-terraform}
      test -n "$ACCESS_TOKEN" # use it here: it does not reach the state
    EOT
  }
}
`,
  },
};
