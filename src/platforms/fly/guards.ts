// Fly.io as data: issuers, the grammar of `sub` and its risks; no logic.

import type { Preset } from '../preset.ts';

export const fly: Preset = {
  name: 'fly',
  title: 'Fly.io',
  issuers: ['https://oidc.fly.io/{org}'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  subjectGrammar: ['{org}:{app}:{machine}'],
  stableClaims: ['org_id', 'app_id'],
  fixedAudience: null,
  risks: [
    'The machine is part of sub: match it with a glob and bind org_id and app_id.',
    'Whatever runs in the machine can ask for a token.',
    'image is a tag that can move; only image_digest pins the code.',
  ],
};
