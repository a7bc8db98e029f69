// Buddy as data: issuers, the grammar of `sub` and its risks; no logic.

import type { Preset } from '../preset.ts';

export const buddy: Preset = {
  name: 'buddy',
  title: 'Buddy',
  issuers: [
    'https://oidc.buddyusercontent.com',
    'https://eu-oidc.buddyusercontent.com',
    'https://asia-oidc.buddyusercontent.com',
  ],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  subjectGrammar: ['{base_url}/{workspace}/{project}/pipelines/pipeline/{pipeline_id}'],
  stableClaims: ['pipeline_id'],
  fixedAudience: null,
  risks: [
    'sub has no branch; ref and revision are optional claims, and an absent claim never matches.',
    'Workspace and project are slugs that can change; pipeline_id is unique within one region, that is, one issuer.',
    'pipeline_id is a number.',
    'One issuer serves all workspaces of a region.',
  ],
};
