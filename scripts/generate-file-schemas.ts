// Writes docs/*.schema.json, the schemas of the files that the command line reads; with `check` it only compares them.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { agentFileSchema } from '../src/cli/agent/file-schema.ts';
import { declarationSchema } from '../src/cli/apply/declaration-schema.ts';
import type { JsonObject } from '../src/token/json.ts';
import { ROOT } from './local/bundle.ts';

/** By the name of the file, in docs/ and in the package. */
export const FILE_SCHEMAS: ReadonlyMap<string, () => JsonObject> = new Map([
  ['agent.schema.json', agentFileSchema],
  ['cambist.schema.json', declarationSchema],
]);

/** Writes the files, or says which are out of date. */
export function fileSchemas(check: boolean): readonly string[] {
  const stale: string[] = [];
  for (const [name, schema] of FILE_SCHEMAS) {
    const file = join(ROOT, 'docs', name);
    const wanted = `${JSON.stringify(schema(), null, 2)}\n`;
    if (!check) writeFileSync(file, wanted);
    else if (!existsSync(file) || readFileSync(file, 'utf8') !== wanted) stale.push(`docs/${name}`);
  }
  return stale;
}
