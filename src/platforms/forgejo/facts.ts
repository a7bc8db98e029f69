// Forgejo Actions for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: [
    'repo:{owner}-{owner_id}/{repo}-{repo_id}:ref:{ref}',
    'repo:{owner}-{owner_id}/{repo}-{repo_id}:pull_request',
    'repo:{owner}/{repo}:ref:{ref} (Forgejo 15)',
    'repo:{owner}/{repo}:pull_request (Forgejo 15)',
  ],
  stableClaims: ['repository_id', 'repository_owner_id'],
  risks: [
    'Names and ids are joined by "-", which names may contain: an owner called acme-123 and the owner acme with id 123 can have the same sub. Always bind repository_id and repository_owner_id.',
    'It looks like the subject of GitHub with ids, but is not: "-" instead of "@".',
    'No jti: single use is remembered by the header and payload.',
    'Ids and ref_protected are strings.',
  ],
};
