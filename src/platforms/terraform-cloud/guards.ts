// HCP Terraform and Terraform Enterprise as data: issuers, the grammar of `sub` and its risks; no logic.

import type { Preset } from '../preset.ts';

export const terraformCloud: Preset = {
  name: 'terraform-cloud',
  title: 'HCP Terraform and Terraform Enterprise',
  // Terraform Enterprise issues under its own host and is registered with `preset: terraform-cloud`.
  issuers: ['https://app.terraform.io'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  subjectGrammar: [
    'organization:{org}:project:{project}:workspace:{workspace}:run_phase:{plan|apply}',
    'organization:{org}:workspace:{workspace}:run_phase:{plan|apply} (older)',
  ],
  stableClaims: ['terraform_organization_id', 'terraform_project_id', 'terraform_workspace_id'],
  fixedAudience: null,
  risks: [
    'A plan can be speculative, started by a pull request: give write access to run_phase:apply alone.',
    'Names of organisations, projects and workspaces can change: bind the ids.',
    'One issuer serves all organisations: a rule without the organisation trusts every customer.',
    'Project names contain spaces ("Default Project").',
    'A token lives as long as its phase may run, and whoever can queue a run or change its code can read it.',
  ],
};
