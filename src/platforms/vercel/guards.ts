// Vercel as data: issuers, the grammar of `sub` and its risks; no logic.

import type { Preset } from '../preset.ts';

export const vercel: Preset = {
  name: 'vercel',
  title: 'Vercel',
  issuers: ['https://oidc.vercel.com/{team}', 'https://oidc.vercel.com'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  subjectGrammar: ['owner:{team}:project:{project}:environment:{production|preview|development}'],
  stableClaims: ['owner_id', 'project_id'],
  fixedAudience: null,
  risks: [
    'A rule that leaves the environment open gives previews (any branch, any pull request) and development (the laptop of any team member, 12 hours) the rights of production.',
    'Team and project names can be renamed, and the issuer with them: bind owner_id and project_id.',
    'The global issuer and the key set are shared by all teams.',
    'There is no claim for branch or commit, and no jti unless the exchange asked for one.',
  ],
};
