// Pulumi Cloud as data: issuers, the grammar of `sub` and its risks; no logic.

import type { Preset } from '../preset.ts';

export const pulumi: Preset = {
  name: 'pulumi',
  title: 'Pulumi Cloud',
  issuers: ['https://api.pulumi.com/oidc'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  subjectGrammar: [
    'pulumi:deploy:org:{org}:project:{project}:stack:{stack}:operation:{preview|update|refresh|destroy}:scope:write',
    'pulumi:environments:org:{org}:env:{project/environment} (ESC)',
  ],
  stableClaims: [],
  fixedAudience: '{organization} (Deployments), {aws|azure|gcp}:{organization} (ESC)',
  risks: [
    'scope is "write" for previews too: only the operation tells them apart.',
    'The audience is the name of the organisation and cannot be chosen: every service that gets a token can replay it here.',
    'There are names only, no ids.',
    'One issuer serves all organisations.',
  ],
};
