// Where the JSON Schema of a configuration is, as an editor finds it from a directory.

import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';

const NAME = 'cambist.schema.json';

/** Relative to the directory if it is in there, as in a clone or in node_modules; else the whole path. */
export function schemaAddress(directory: string): string {
  const inPackage = join(import.meta.dirname, '../..', NAME);
  const file = existsSync(inPackage) ? inPackage : join(import.meta.dirname, '../../../docs', NAME);
  const path = relative(directory, file);
  return path.startsWith('..') ? file : `./${path.replaceAll('\\', '/')}`;
}
