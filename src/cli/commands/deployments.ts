// `cambist deployments …`: the deployments that this user has given names.

import type { Command, CommandArgument } from '../command.ts';
import { YES } from '../confirm.ts';

const NAME: CommandArgument = { name: '<name>', description: 'its name', completes: 'deployments' };

export const deploymentCommands: readonly Command[] = [
  {
    name: 'list',
    summary: 'list the deployments that have a name',
    description:
      'Lists the deployments of ~/.config/cambist/config.yaml (or of XDG_CONFIG_HOME), where the token of each comes from, ' +
      'and which one is the default. Reads no token and asks no deployment.',
    options: [],
    arguments: [],
    examples: ['cambist deployments list'],
    run: async (context) => await (await import('../deployments/manage-deployments.ts')).listDeployments(context),
  },
  {
    name: 'add',
    summary: 'give a deployment a name',
    description:
      'Writes --url, --organisation and the place of the token under a name, for --deployment and CAMBIST_DEPLOYMENT. The token ' +
      'itself is never written, and the file is readable by its owner only. The first deployment becomes the default.',
    options: [
      { flags: '--token-variable <name>', description: 'the token is in this variable' },
      {
        flags: '--token-command <line>',
        description: 'this line of shell prints the token, such as that of a password manager',
      },
      { flags: '--default', description: 'mean this one from now on if none is named' },
      YES,
    ],
    arguments: [{ name: '<name>', description: 'letters, digits, dots, dashes and underscores' }],
    examples: [
      'cambist deployments add production --url https://tokens.example.com --token-command "pass show cambist"',
      'cambist deployments add local --url http://localhost:8787 --token-file .cambist/admin-token',
    ],
    run: async (context) => await (await import('../deployments/manage-deployments.ts')).addDeployment(context),
  },
  {
    name: 'use',
    summary: 'make one the default',
    description: 'The default is meant if no option and no variable names a deployment or an address.',
    options: [],
    arguments: [NAME],
    examples: ['cambist deployments use production'],
    run: async (context) => await (await import('../deployments/manage-deployments.ts')).makeDefault(context),
  },
  {
    name: 'remove',
    summary: 'forget a name; asks first',
    description: 'Takes the name out of the file. The deployment itself, and the place of its token, stay as they are.',
    options: [YES],
    arguments: [NAME],
    examples: ['cambist deployments remove local --yes'],
    run: async (context) => await (await import('../deployments/manage-deployments.ts')).removeDeployment(context),
  },
];
