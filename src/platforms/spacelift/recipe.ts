// How to trust a workload of Spacelift, as data; no logic.

import { NAME } from '../parameter-kinds.ts';
import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'spacelift',
  summary: 'Spacelift: the runs of a stack',
  parameters: [
    {
      ...NAME,
      name: 'account',
      description: 'the account',
      required: true,
      from: { claim: 'iss', pattern: '^https://([^.]+)\\.app\\.spacelift\\.io$' },
    },
    {
      name: 'space',
      value: 'id',
      description: 'the space',
      required: true,
      pattern: ['[A-Za-z0-9_.-]+', 'a slug'],
      from: { claim: 'spaceId' },
    },
    {
      name: 'stack',
      value: 'id',
      description: 'the stack',
      required: true,
      pattern: ['[A-Za-z0-9_.-]+', 'a slug'],
      from: { claim: 'callerId' },
    },
    {
      name: 'run-type',
      value: 'type',
      description: 'TRACKED, TASK, DESTROY …; PROPOSED runs the code of pull requests',
      pattern: ['[A-Z]+', 'capital letters'],
      default: 'TRACKED',
      from: { claim: 'runType' },
    },
  ],
  provider: { issuer: 'https://{account}.app.spacelift.io' },
  audience: '{account}.app.spacelift.io',
  singleUse: true,
  variants: [
    {
      name: 'workload',
      needs: [],
      subject: 'space:{space}:stack:{stack}:run_type:{run-type}:scope:write',
      who: '{run-type} runs of the stack {stack}',
    },
  ],
  conditions: { spaceId: '{space}', callerId: '{stack}' },
  claims: { spaceId: '{space}', callerType: 'stack', callerId: '{stack}', runType: '{run-type}', scope: 'write' },
  neighbours: [
    { who: 'another kind of run', set: { 'run-type': 'CAMBIST' } },
    { who: 'another stack', set: { stack: 'cambist-check' } },
    { who: 'another space', set: { space: 'cambist-check' } },
  ],
  warnings: [
    'The audience is a bare host name and cannot be chosen: every service that gets a token can replay it. Each token is accepted once.',
  ],
  accountName: 'spacelift-{stack}',
  configuration: {
    file: 'before_apply hook',
    text: `set -eu
: "\${SPACELIFT_OIDC_TOKEN:?this account has no OIDC tokens}"
ID_TOKEN=$SPACELIFT_OIDC_TOKEN
{exchange}
test -n "$ACCESS_TOKEN" # use it here
`,
  },
};
