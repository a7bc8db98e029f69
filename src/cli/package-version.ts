// The version of this command line, as its package names it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Reads it, since it is asked for rarely. */
export function packageVersion(): string {
  const text = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');
  return String((JSON.parse(text) as { version: unknown }).version);
}
