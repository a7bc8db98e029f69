// Writes `templates/exchange.sh` into the places that must hold it themselves: a template of another repository can include nothing.

import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from './local/bundle.ts';

const BLOCK = /^(?<indent> *)# exchange\.sh\n(?:.*\n)*?\k<indent># end of exchange\.sh\n/m;

/** Fills each template; with `check` it writes nothing and returns those that hold an older script. */
export function fillTemplates(check: boolean): readonly string[] {
  const script = readFileSync(join(ROOT, 'templates/exchange.sh'), 'utf8').trimEnd().split('\n');
  return globSync('templates/*/{*.yml,*.sh,hooks/*}', { cwd: ROOT }).filter((file) => {
    const path = join(ROOT, file);
    const text = readFileSync(path, 'utf8');
    const filled = text.replace(BLOCK, (_, indent: string) =>
      [`# exchange.sh`, ...script, '# end of exchange.sh'].map((line) => `${indent}${line}\n`).join(''),
    );
    if (filled === text) return false;
    if (!check) writeFileSync(path, filled);
    return check;
  });
}
