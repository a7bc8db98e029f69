// Azure DevOps for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: ['p://{organization}/{project}/{pipeline}', 'sc://{organization}/{project}/{service connection}'],
  stableClaims: ['org_id', 'prj_id', 'def_id', 'rpo_id'],
  risks: [
    'The audience cannot be chosen: every service that gets such a token can replay it here within five minutes. Accept each token once (`--single-use`) and bind org_id, prj_id and def_id.',
    'sub has no branch: a pull request run has the same one, and only rpo_ref (refs/pull/…) tells it apart. Bind rpo_ref.',
    'One key set serves all organisations: only the issuer tells them apart.',
    'Organisation, project and pipeline names can be renamed and taken by others.',
    'A service connection token (sc://) carries neither pipeline nor repository.',
  ],
};
