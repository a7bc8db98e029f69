// `cambist apply`, `plan` and `test`: the whole configuration in a file; the work is in apply/.

import type { Command, CommandOption } from '../command.ts';

const FILE: CommandOption = {
  flags: '-f, --file <path>',
  description: 'the configuration, YAML or JSON; "-" for stdin',
  default: 'cambist.yaml',
};
const PRUNE: CommandOption = {
  flags: '--prune',
  description: 'delete what this configuration made (by its label) and no longer declares',
};

export const applyCommand: Command = {
  name: 'apply',
  summary: 'make the deployment as a file declares it',
  description:
    'Creates and changes identity providers, service accounts, federated identities, roles and bindings until they are as the file declares them. ' +
    'The tests of the file are run first, over what would then be in force; where one fails, nothing is changed. ' +
    'Applying again changes nothing. A deletion (--prune) is confirmed on a terminal. The format is in docs/guides/declarative.md.',
  options: [FILE, PRUNE, { flags: '-y, --yes', description: 'do not ask before deleting' }],
  arguments: [],
  examples: ['cambist apply', 'cambist apply -f cambist.yaml --prune --yes'],
  run: async (context) => await (await import('../apply/run-apply.ts')).runApply(context),
};

export const planCommand: Command = {
  name: 'plan',
  summary: 'show what apply would change',
  description:
    'Compares the file with the deployment, shows the difference and runs the tests of the file; changes nothing. Exits 1 where a test fails.',
  options: [FILE, PRUNE, { flags: '--exit-code', description: 'exit 1 where there is something to change' }],
  arguments: [],
  examples: ['cambist plan', 'cambist plan -f cambist.yaml --prune --exit-code'],
  run: async (context) => await (await import('../apply/run-apply.ts')).runPlan(context),
};

export const testCommand: Command = {
  name: 'test',
  summary: 'run the tests of a file, offline',
  description:
    'Checks the file and decides its tests (claims, and whether they must be allowed or refused) with the code that decides exchanges. ' +
    'Needs no deployment and no token. Exits 1 where a test fails.',
  options: [FILE],
  arguments: [],
  examples: ['cambist test', 'cambist test -f cambist.yaml --json'],
  run: async (context) => await (await import('../apply/run-apply.ts')).runOfflineTests(context),
};
