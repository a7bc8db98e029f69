// Semaphore, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'semaphore',
  title: 'Semaphore',
  issuers: ['https://{organization}.semaphoreci.com'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [
    {
      kind: 'refuse',
      claim: 'ref_type',
      values: ['pull-request'],
      liftedBy: 'ref_type',
      why: 'The branch claim of a pull request holds its target branch, so a rule on branch would trust whoever opens one.',
    },
    {
      kind: 'refuse',
      claim: 'job_type',
      values: ['debug_job', 'project_debug_job'],
      liftedBy: 'job_type',
      why: 'A person has a shell in a debug job and can read its token, whose sub is that of the ordinary job.',
    },
  ],
  tenancy: null,
  runClaims: ['job_id', 'ppl_id', 'wf_id'],
  fixedAudience: 'https://{organization}.semaphoreci.com',
};
