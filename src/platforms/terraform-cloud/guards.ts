// HCP Terraform and Terraform Enterprise, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'terraform-cloud',
  title: 'HCP Terraform and Terraform Enterprise',
  // Terraform Enterprise issues under its own host and is registered with `preset: terraform-cloud`.
  issuers: ['https://app.terraform.io', 'https://app.eu.terraform.io'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  tenancy: {
    sharedIssuers: ['https://app.terraform.io', 'https://app.eu.terraform.io'],
    subjects: ['organization:{tenant}:'],
    isComposed: false,
    tenantClaims: [
      'terraform_organization_id',
      'terraform_organization_name',
      'terraform_project_id',
      'terraform_workspace_id',
      'terraform_stack_id',
      'terraform_full_workspace',
    ],
  },
  runClaims: ['terraform_run_id'],
  fixedAudience: null,
};
