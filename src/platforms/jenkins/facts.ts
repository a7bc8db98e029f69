// Jenkins (OpenID Connect Provider plugin) for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: [
    '{JOB_URL}, as https://jenkins.example.com/job/{folder}/job/{job}/',
    '{JENKINS_URL} (outside a build)',
    '{any template of the administrator}',
  ],
  stableClaims: [],
  risks: [
    'Every branch and pull request of a multibranch job is a job of its own (…/job/main/, …/job/PR-12/): a wildcard below the project trusts pull requests.',
    'sub is made of names and ends in a slash; a job created again under the same name has the same one, and there are no ids.',
    'Whoever may configure a job that sees the credential can get a token for it.',
    'A credential without audience gives tokens without aud, which are refused.',
    'No jti: single use is remembered by the header and payload.',
    'A credential that is saved again changes its key under the same kid; the keys are then fetched anew.',
  ],
};
