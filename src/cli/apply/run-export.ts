// The work of `cambist export`: the state of a deployment as a configuration that declares the same; changes nothing.

import { Document } from 'yaml';

import type { CommandContext } from '../command.ts';
import { hclOf } from './hcl.ts';
import { managerOf, readState } from './state.ts';
import type { State } from './state.ts';
import { configurationOf } from './written-state.ts';

const HEADER = ` Written by \`cambist export\`. \`cambist plan -f\` this file compares it with the deployment.
 Add tests: what must be allowed, and what must be refused (docs/guides/declarative.md).`;

/** Prints the state in the format that is asked for. */
export async function runExport(context: CommandContext): Promise<void> {
  const { options, output } = context;
  const api = await context.api();
  const state = await readState(api);
  if (options.text('format') === 'hcl') return output.raw(hclOf(state, api.url));
  const configuration = configurationOf(state, options.text('name') ?? onlyManager(state) ?? 'cambist', api.url);
  if (output.isJson) return output.raw(`${JSON.stringify(configuration, null, 2)}\n`);
  const document = new Document(configuration, { aliasDuplicateObjects: false });
  document.commentBefore = HEADER;
  output.raw(document.toString({ lineWidth: 120, blockQuote: 'literal', flowCollectionPadding: false }));
}

/** The configuration that made everything that any made; null where there are several, or none. */
function onlyManager({ objects }: State): string | null {
  const managers = new Set(objects.map(managerOf).filter((name) => name !== null));
  return managers.size === 1 ? ([...managers][0] ?? null) : null;
}
