// `cambist export`: reads an organisation and writes it as the file that apply reads; changes nothing.

import { Document } from 'yaml';

import { managerOf, readState } from '../apply/read-state.ts';
import { schemaAddress } from '../apply/schema-address.ts';
import { configurationOf } from '../apply/write-configuration.ts';
import type { JsonObject } from '../../token/json.ts';
import type { Api } from '../api.ts';

const HEADER = (schema: string): string => ` yaml-language-server: $schema=${schema}
 Written by \`cambist export\`. \`cambist plan -f\` this file compares it with the deployment.
 Add tests: what must be allowed, and what must be refused (docs/guides/declarative.md).`;

/** The whole organisation of the credential as a configuration; without a name, it has the one that made what is there. */
export async function exportConfiguration(api: Api, name?: string): Promise<JsonObject> {
  const state = await readState(api);
  return configurationOf(state, name ?? onlyOf(state.objects.map(managerOf)) ?? 'cambist', api.url);
}

/** A configuration as the text of a file. */
export function configurationText(configuration: JsonObject): string {
  const document = new Document(configuration, { aliasDuplicateObjects: false });
  document.commentBefore = HEADER(schemaAddress(process.cwd()));
  return document.toString({ lineWidth: 120, blockQuote: 'literal', flowCollectionPadding: false });
}

/** The one name that there is; null if there are several, or none. */
function onlyOf(names: readonly (string | null)[]): string | null {
  const [first, ...others] = new Set(names.filter((name) => name !== null));
  return others.length === 0 ? (first ?? null) : null;
}
