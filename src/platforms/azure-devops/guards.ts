// Azure DevOps as data: issuers, the grammar of `sub` and its risks; no logic.

import type { Preset } from '../preset.ts';

export const azureDevops: Preset = {
  name: 'azure-devops',
  title: 'Azure DevOps',
  // Newer service connections are issued by Entra ID; those select `azure`.
  issuers: ['https://vstoken.dev.azure.com/{organisation}'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  subjectGrammar: ['p://{organization}/{project}/{pipeline}', 'sc://{organization}/{project}/{service connection}'],
  stableClaims: ['org_id', 'prj_id', 'def_id', 'rpo_id'],
  fixedAudience: 'api://AzureADTokenExchange',
  risks: [
    'The audience cannot be chosen: every service that gets such a token can replay it here within five minutes. Use replayProtection singleUse and bind org_id, prj_id and def_id.',
    'sub has no branch: a pull request run has the same one, and only rpo_ref (refs/pull/…) tells it apart. Bind rpo_ref.',
    'One key set serves all organisations: only the issuer tells them apart.',
    'Organisation, project and pipeline names can be renamed and taken by others.',
    'A service connection token (sc://) carries neither pipeline nor repository.',
  ],
};
