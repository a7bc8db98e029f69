// Writes docs/agent.schema.json from what the agent reads; with `check` it only compares.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { agentFileSchema } from '../src/cli/agent/file-schema.ts';
import { ROOT } from './local/bundle.ts';

const FILE = join(ROOT, 'docs/agent.schema.json');

/** True if the file is as it should be. */
export function agentSchema(check: boolean): boolean {
  const wanted = `${JSON.stringify(agentFileSchema(), null, 2)}\n`;
  if (check) return existsSync(FILE) && readFileSync(FILE, 'utf8') === wanted;
  writeFileSync(FILE, wanted);
  return true;
}
