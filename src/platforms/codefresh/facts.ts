// Codefresh for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: [
    'account:{account_id}:pipeline:{pipeline_id} (cron)',
    'account:{account_id}:pipeline:{pipeline_id}:initiator:{user} (manual)',
    'account:{account_id}:pipeline:{pipeline_id}:scm_repo_url:{url}:scm_user_name:{user}:scm_ref:{ref} (push)',
    'account:{account_id}:pipeline:{pipeline_id}:scm_repo_url:{url}:scm_user_name:{user}:scm_ref:{ref}:scm_pull_request_target_branch:{branch} (pull request)',
  ],
  stableClaims: ['account_id', 'pipeline_id'],
  risks: [
    'The subject of a pull request is that of a push with something appended: a subject that ends in ** accepts pull requests. Add the condition {"scm_pull_request_target_branch": {"exists": false}}.',
    'scm_user_name and initiator put a person into sub: an exact rule follows the person.',
    'scm_ref has no refs/heads or refs/tags prefix: a branch and a tag of one name look alike.',
    'One issuer serves all accounts.',
    'No jti: single use is remembered by the header and payload.',
  ],
};
