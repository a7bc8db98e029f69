// Ansible Automation Platform, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'ansible',
  title: 'Ansible Automation Platform',
  // `https://{host}/o` is the path of many products: registered with `preset: ansible`.
  issuers: [],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  tenancy: null,
  runClaims: ['aap_controller_job_id'],
  fixedAudience: null,
};
