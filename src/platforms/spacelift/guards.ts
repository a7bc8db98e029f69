// Spacelift as data: issuers, the grammar of `sub` and its risks; no logic.

import type { Preset } from '../preset.ts';

export const spacelift: Preset = {
  name: 'spacelift',
  title: 'Spacelift',
  // A self-hosted issuer is registered with `preset: spacelift`.
  issuers: ['https://{account}.app.spacelift.io'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  subjectGrammar: [
    'space:{space_id}:{stack|module}:{id}:run_type:{PROPOSED|TRACKED|TASK|TESTING|DESTROY}:scope:{read|write}',
    '{any template of the account}',
  ],
  stableClaims: ['spaceId', 'callerId'],
  fixedAudience: '{account}.app.spacelift.io',
  risks: [
    'PROPOSED runs execute the code of pull requests: write run_type and scope into the rule.',
    'The audience is a bare host name and cannot be chosen: every service that gets a token can replay it here.',
    'The default subject names the space by its slug alone, which two spaces may share.',
    'One template of the account can change every subject at once.',
  ],
};
