// What @cambist/sdk exports, with the comment at each declaration, read from the sources of its three entries.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface SdkExport {
  readonly name: string;
  /** The text of the comment above the declaration, without its asterisks; empty if there is none. */
  readonly documentation: string;
}

const ENTRIES = ['src/sdk/client/index.ts', 'src/sdk/verify/verify.ts', 'src/sdk/hono/hono.ts'] as const;
const DECLARATION = String.raw`export (?:async )?(?:function|class|interface|type|const) `;

/** Every export of the three entries; a name that two entries export is there twice. */
export function sdkExports(): readonly SdkExport[] {
  return ENTRIES.flatMap((entry) => {
    const text = readFileSync(entry, 'utf8');
    const handedOn = [...text.matchAll(/^export (?:type )?\{([^}]+)\} from '([^']+)';/gm)].flatMap(
      ([, names = '', file = '']) => names.split(',').map((name) => [name.trim(), join(dirname(entry), file)] as const),
    );
    const own = [...text.matchAll(new RegExp(`^${DECLARATION}(\\w+)`, 'gm'))].map(
      ([, name = '']) => [name, entry] as const,
    );
    return [...handedOn, ...own].map(([name, file]) => ({ name, documentation: documentationOf(name, file) }));
  });
}

function documentationOf(name: string, file: string): string {
  const comment = String.raw`/\*\*((?:(?!\*/)[\s\S])*)\*/\n`;
  const found = new RegExp(`${comment}${DECLARATION}${name}\\b`).exec(readFileSync(file, 'utf8'))?.[1] ?? '';
  return found.replaceAll(/^ *\*? ?/gm, '').trim();
}

/** The code of the example in a comment; null if it has none. */
export function exampleIn(documentation: string): string | null {
  return /@example\n```ts\n([\s\S]+?)```/.exec(documentation)?.[1] ?? null;
}
