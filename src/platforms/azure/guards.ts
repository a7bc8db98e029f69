// Azure managed identity (Entra ID) as data: issuers, guards, the grammar of `sub` and its risks; no logic.

import type { Preset } from '../preset.ts';

export const azure: Preset = {
  name: 'azure',
  title: 'Azure managed identity (Entra ID)',
  issuers: ['https://sts.windows.net/{tenant}/', 'https://login.microsoftonline.com/{tenant}/v2.0'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [
    {
      kind: 'allowOnly',
      claim: 'idtyp',
      values: ['app'],
      liftedBy: 'idtyp',
      why: 'A person who signs in to the same application gets a token of the same audience, whose idtyp is not "app".',
    },
  ],
  subjectGrammar: ['{object id} (equal to oid)'],
  stableClaims: ['tid', 'oid', 'appid', 'azp'],
  fixedAudience: null,
  risks: [
    'Any identity of the tenant can get a token for the audience unless the app registration requires assignment: bind sub or oid, never the tenant alone.',
    'The app registration of the audience decides the version: v1.0 (issuer with a trailing slash, appid) or v2.0 (no slash, azp, the audience is usually the client id).',
    'A token lives 24 hours and more: raise the maxTokenLifetime of the provider to 86700 seconds, knowing that.',
    'No jti, and tokens are cached by the platform: single use does not work in practice.',
  ],
};
