// Azure managed identity (Entra ID) for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: ['{object id} (equal to oid)'],
  stableClaims: ['tid', 'oid', 'appid', 'azp'],
  risks: [
    'Any identity of the tenant can get a token for the audience unless the app registration requires assignment: bind sub or oid, never the tenant alone.',
    'The app registration of the audience decides the version: v1.0 (issuer with a trailing slash, appid) or v2.0 (no slash, azp, the audience is usually the client id).',
    'A token lives 24 hours and more: raise the maxTokenLifetime of the provider to 86700 seconds, knowing that.',
    'No jti, and tokens are cached by the platform: single use does not work in practice.',
  ],
};
