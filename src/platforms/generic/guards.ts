// Any other OIDC issuer as data: no special rules and no guards; no logic.

import type { Preset } from '../preset.ts';

export const generic: Preset = {
  name: 'generic',
  title: 'Any OIDC issuer',
  issuers: [],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  subjectGrammar: ['{sub}'],
  stableClaims: [],
  fixedAudience: null,
  risks: [
    'Find out whether people, pull requests or forks can get a token with the same sub, and bind a claim that tells them apart.',
    'An issuer shared by many customers proves nothing about which one: bind the customer.',
  ],
};
