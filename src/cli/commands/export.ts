// `cambist export`: the state of a deployment as a configuration that declares the same; changes nothing.

import type { CommandBody, CommandContext } from '../command.ts';

export const exportCommand: CommandBody = {
  description:
    'Prints the organisation’s providers, service accounts, federated identities, roles and bindings as the file that apply reads. ' +
    'Secrets are never part of it. There is no Terraform output: keep the file, and run `cambist plan` and `cambist apply` with it.',
  options: [
    {
      flags: '--name <name>',
      description: 'the name of the configuration; by default the one that made what is there',
    },
  ],
  arguments: [],
  examples: ['cambist export > cambist.yaml', 'cambist export --name production > production.yaml'],
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
