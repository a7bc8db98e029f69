// SPIFFE JWT-SVIDs as data: the trust domain as issuer, the grammar of `sub` and its risks; no logic.

import type { Preset } from '../preset.ts';

export const spiffe: Preset = {
  name: 'spiffe',
  title: 'SPIFFE JWT-SVID',
  // Never detected for https issuers, since this preset accepts tokens without iat and kid.
  issuers: ['spiffe://{trustDomain}'],
  subjectForms: 'literal',
  jwtSvid: true,
  guards: [],
  subjectGrammar: ['spiffe://{trust-domain}/{path}'],
  stableClaims: ['sub'],
  fixedAudience: null,
  risks: [
    'iss may be missing: the trust domain of sub then selects the provider.',
    'kid may be missing: every key of a fitting type is tried, up to a small number.',
    'A path prefix has to end at a slash: spiffe://example.org/ns/prod* also means /ns/production.',
    'A token with several audiences can be replayed at each of them.',
    'jti is only there where the server was told to add it.',
  ],
};
