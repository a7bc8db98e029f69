// Google service account for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: ['{numeric unique id}'],
  stableClaims: ['sub', '/google/compute_engine/project_number', '/google/compute_engine/instance_id'],
  risks: [
    'The issuer also signs the login of every Google user: bind sub, never the audience alone.',
    'An email is reused when an account is deleted and created again; sub is not.',
    'Whoever runs code on the machine gets its token, and the default compute account is shared by all machines of a project.',
    'Neither jti nor nbf, and the metadata server caches: single use does not work in practice.',
    'project_number is a number, instance_id a string.',
  ],
};
