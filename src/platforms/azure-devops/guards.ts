// Azure DevOps, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'azure-devops',
  title: 'Azure DevOps',
  // Newer service connections are issued by Entra ID; those select `azure`.
  issuers: ['https://vstoken.dev.azure.com/{organisation}'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  tenancy: null,
  runClaims: ['run_id'],
  fixedAudience: 'api://AzureADTokenExchange',
};
