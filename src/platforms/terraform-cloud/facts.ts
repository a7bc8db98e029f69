// HCP Terraform and Terraform Enterprise for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: [
    'organization:{org}:project:{project}:workspace:{workspace}:run_phase:{plan|apply}',
    'organization:{org}:workspace:{workspace}:run_phase:{plan|apply} (older)',
  ],
  stableClaims: ['terraform_organization_id', 'terraform_project_id', 'terraform_workspace_id'],
  risks: [
    'A plan can be speculative, started by a pull request: give write access to run_phase:apply alone.',
    'Names of organisations, projects and workspaces can change: bind the ids.',
    'One issuer serves all organisations: a rule without the organisation trusts every customer.',
    'Project names contain spaces ("Default Project").',
    'A token lives as long as its phase may run, and whoever can queue a run or change its code can read it.',
  ],
};
