// HCP Terraform and Terraform Enterprise, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'terraform-cloud',
  title: 'HCP Terraform and Terraform Enterprise',
  // Terraform Enterprise issues under its own host and is registered with `preset: terraform-cloud`.
  issuers: ['https://app.terraform.io'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  fixedAudience: null,
};
