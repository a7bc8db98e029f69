// Forgejo Actions as data: issuers, guards, the grammar of `sub` and its risks; no logic.

import type { Preset } from '../preset.ts';

export const forgejo: Preset = {
  name: 'forgejo',
  title: 'Forgejo Actions',
  issuers: ['https://{host}/api/actions', 'https://{host}/{path}/api/actions'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [
    {
      kind: 'allowOnly',
      claim: 'event_name',
      values: [
        'push',
        'schedule',
        'workflow_dispatch',
        'release',
        'create',
        'delete',
        'registry_package',
        'pull_request',
      ],
      liftedBy: 'event_name',
      why:
        'Only pull_request has a subject of its own: pull_request_target, issues, issue_comment and other events that people without ' +
        'write access can trigger have the sub of the default branch.',
    },
  ],
  subjectGrammar: [
    'repo:{owner}-{owner_id}/{repo}-{repo_id}:ref:{ref}',
    'repo:{owner}-{owner_id}/{repo}-{repo_id}:pull_request',
    'repo:{owner}/{repo}:ref:{ref} (Forgejo 15)',
    'repo:{owner}/{repo}:pull_request (Forgejo 15)',
  ],
  stableClaims: ['repository_id', 'repository_owner_id'],
  fixedAudience: null,
  risks: [
    'Names and ids are joined by "-", which names may contain: an owner called acme-123 and the owner acme with id 123 can have the same sub. Always bind repository_id and repository_owner_id.',
    'It looks like the subject of GitHub with ids, but is not: "-" instead of "@".',
    'No jti: single use is remembered by the header and payload.',
    'Ids and ref_protected are strings.',
  ],
};
