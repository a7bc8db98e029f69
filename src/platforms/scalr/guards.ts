// Scalr as data: issuers, the grammar of `sub` and its risks; no logic.

import type { Preset } from '../preset.ts';

export const scalr: Preset = {
  name: 'scalr',
  title: 'Scalr',
  issuers: ['https://scalr.io'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  subjectGrammar: ['account:{account}:environment:{environment}:workspace:{workspace}'],
  stableClaims: [],
  fixedAudience: null,
  risks: [
    'One issuer serves all accounts: a rule without the account trusts every customer.',
    'There are names only, and all of them can change.',
    'Wildcards inside a name (prod*) also match names that others may create.',
  ],
};
