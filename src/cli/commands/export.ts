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

const HEADER = (schema: string): string => ` yaml-language-server: $schema=${schema}
 Written by \`cambist export\`. \`cambist plan -f\` this file compares it with the deployment.
 Add tests: what must be allowed, and what must be refused (docs/guides/declarative.md).`;

/** Prints the state as YAML, or as JSON with `--json`. */
async function write(context: CommandContext): Promise<void> {
  const [{ Document }, { managerOf, readState }, { configurationOf }, { schemaAddress }] = await Promise.all([
    import('yaml'),
    import('../apply/read-state.ts'),
    import('../apply/write-configuration.ts'),
    import('../apply/schema-address.ts'),
  ]);
  const { options, output } = context;
  const api = await context.api();
  if (options.text('format') === 'hcl') {
    if (output.isJson) throw usageFailure('--json is for the file of cambist apply, not for --format hcl');
    const { exportTerraform } = await import('../export/export-terraform.ts');
    return output.raw(await exportTerraform(api));
  }
  const state = await readState(api);
  const configuration = configurationOf(
    state,
    options.text('name') ?? onlyOf(state.objects.map(managerOf)) ?? 'cambist',
    api.url,
  );
  if (output.isJson) return output.raw(`${JSON.stringify(configuration, null, 2)}\n`);
  const document = new Document(configuration, { aliasDuplicateObjects: false });
  document.commentBefore = HEADER(schemaAddress(process.cwd()));
  output.raw(document.toString({ lineWidth: 120, blockQuote: 'literal', flowCollectionPadding: false }));
}

/** The one name that there is; null if there are several, or none. */
function onlyOf(names: readonly (string | null)[]): string | null {
  const [first, ...others] = new Set(names.filter((name) => name !== null));
  return others.length === 0 ? (first ?? null) : null;
}
