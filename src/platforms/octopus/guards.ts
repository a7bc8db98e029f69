// Octopus Deploy as data: issuers, the grammar of `sub` and its risks; no logic.

import type { Preset } from '../preset.ts';

export const octopus: Preset = {
  name: 'octopus',
  title: 'Octopus Deploy',
  // A self-hosted server is registered with `preset: octopus`.
  issuers: ['https://{instance}.octopus.app'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  subjectGrammar: [
    'space:{slug}:project:{slug}:environment:{slug}',
    'space:{slug}:project:{slug}:tenant:{slug}:environment:{slug}',
    'space:{slug}:target:{slug} (health check)',
    'space:{slug}:account:{slug} (account test)',
  ],
  stableClaims: [],
  fixedAudience: null,
  risks: [
    'Health checks and account tests come from the same issuer with shorter subjects: never end a subject after the space.',
    'Parts that are unused disappear from sub, so one account has subjects of several shapes.',
    'There are slugs only, and all of them can be edited.',
  ],
};
