// `cambist export`: the state of a deployment as a configuration that declares the same; changes nothing.

import type { CommandBody, CommandContext } from '../command.ts';
import { usageFailure } from '../failure.ts';

export const exportCommand: CommandBody = {
  description:
    'Prints the organisation’s providers, service accounts, federated identities, roles and bindings as the file that apply reads. ' +
    'Secrets are never part of it. With `--format hcl` it is a configuration of terraform-provider-cambist, with access credentials ' +
    'and with import blocks: its plan imports everything and changes nothing.',
  options: [
    {
      flags: '--format <format>',
      description: 'a file for cambist apply, or one for Terraform',
      choices: ['yaml', 'hcl'],
      default: 'yaml',
    },
    {
      flags: '--name <name>',
      description: 'the name of the configuration; by default the one that made what is there',
    },
  ],
  arguments: [],
  examples: [
    'cambist export > cambist.yaml',
    'cambist export --name production > production.yaml',
    'cambist export --format hcl > cambist.tf',
  ],
  run: write,
};

/** Prints the state as YAML, or as JSON with `--json`. */
async function write(context: CommandContext): Promise<void> {
  const { options, output } = context;
  const api = await context.api();
  if (options.text('format') === 'hcl') {
    if (output.isJson) throw usageFailure('--json is for the file of cambist apply, not for --format hcl');
    const { exportTerraform } = await import('../export/export-terraform.ts');
    return output.raw(await exportTerraform(api));
  }
  const { configurationText, exportConfiguration } = await import('../export/export-yaml.ts');
  const configuration = await exportConfiguration(api, options.text('name'));
  output.raw(output.isJson ? `${JSON.stringify(configuration, null, 2)}\n` : configurationText(configuration));
}
