// CircleCI for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: [
    'org/{org}/project/{project}/user/{user} (V1 token)',
    'org/{org}/project/{project}/user/{user}/vcs-origin/{host/owner/repo}/vcs-ref/{ref} (V2 token, except custom webhooks)',
  ],
  stableClaims: [
    'oidc.circleci.com/org-id',
    'oidc.circleci.com/project-id',
    'oidc.circleci.com/pipeline-definition-id',
    'oidc.circleci.com/context-ids',
  ],
  risks: [
    'sub contains the user who caused the job: match it with a glob over the user, or the rule follows a person.',
    'The V1 subject has no branch: it trusts every branch, and every fork that is allowed a token. Bind vcs-origin and vcs-ref.',
    'Where forks may build, vcs-origin names the fork and vcs-ref can be refs/heads/main: bind vcs-origin.',
    'vcs-origin and vcs-ref are absent for custom webhook triggers.',
    'The root issuer is shared by all organisations: bind oidc.circleci.com/org-id there.',
    'No jti: single use is remembered by the header and payload.',
  ],
};
