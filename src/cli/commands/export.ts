// `cambist export`: today's state as a file; the work is in apply/.

import type { Command } from '../command.ts';

export const exportCommand: Command = {
  name: 'export',
  summary: 'write what is there as a configuration, or as Terraform HCL',
  description:
    'Prints the organisation’s providers, service accounts, federated identities, roles and bindings as the file that apply reads, or as resources of the Terraform provider of Thalassa Cloud, which speaks this API; ' +
    'what that provider has no attribute for is said in a comment. Secrets are never part of it.',
  options: [
    { flags: '--format <format>', description: 'of the output', choices: ['yaml', 'hcl'], default: 'yaml' },
    {
      flags: '--name <name>',
      description: 'the name of the configuration; by default the one that made what is there',
    },
  ],
  arguments: [],
  examples: ['cambist export > cambist.yaml', 'cambist export --format hcl > cambist.tf'],
  run: async (context) => await (await import('../apply/run-export.ts')).runExport(context),
};
