// Semaphore as data: issuers, guards, the grammar of `sub` and its risks; no logic.

import type { Preset } from '../preset.ts';

export const semaphore: Preset = {
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
  subjectGrammar: [
    'org:{organization}:project:{project uuid}:repo:{repository}:ref_type:{branch|tag|pull-request}:ref:{ref}',
  ],
  stableClaims: ['org_id', 'prj_id'],
  fixedAudience: 'https://{organization}.semaphoreci.com',
  risks: [
    'The audience cannot be chosen and a token lives 24 hours: every service that gets one can replay it here. Use replayProtection singleUse.',
    'For a pull request the branch claim holds the target branch: a rule on branch alone would accept it.',
    'Absent values are empty strings, so {"exists": true} says nothing.',
    'sub127 is cut at 127 characters and can collide: never use it.',
    'An organisation can switch optional claims off, sub included.',
  ],
};
