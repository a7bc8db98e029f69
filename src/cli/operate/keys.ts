// The work of `cambist keys`: makes private keys for the secret, shows the life of those in use, and rotates them.

import { readFile, writeFile } from 'node:fs/promises';

import type { SigningKeyView } from '../../objects/signing-key.ts';
import type { CommandContext } from '../command.ts';
import { confirm } from '../confirm.ts';
import { usageFailure } from '../failure.ts';
import { formatTable } from '../output.ts';
import { generateSigningKeys } from './generate-keys.ts';
import type { SigningAlgorithm } from './generate-keys.ts';
import { textOf } from './values.ts';

/** Prints or writes a private JWK Set: fresh keys, after those of an existing one. */
export async function runGenerate({ options, output, world }: CommandContext): Promise<void> {
  const algorithms = options.list('alg');
  const out = options.text('out');
  const before = options.text('add-to');
  const wanted = (algorithms.length === 0 ? ['ES256', 'RS256'] : algorithms) as readonly SigningAlgorithm[];
  const known = before === undefined ? [] : await readKeys(before);
  const keys = [...known, ...(await generateSigningKeys(wanted))];
  const text = `${JSON.stringify({ keys })}\n`;
  if (out === undefined) {
    if (world.stdout.isTTY === true)
      output.warn('These are private keys: pipe them into `npx wrangler secret put SIGNING_KEYS`.');
    output.raw(text);
    return;
  }
  // Only its owner may read it, and nothing is overwritten: the old file may be the only copy of keys in use.
  try {
    await writeFile(out, text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw usageFailure(exists ? `${out} exists already, and is not overwritten.` : `${out} cannot be written.`);
  }
  output.data({ file: out, keys: keys.map(({ kid, alg }) => ({ kid, alg })) }, () => {
    output.line(
      `${output.paint('green', '✔')} ${keys.length} ${keys.length === 1 ? 'key' : 'keys'} in ${out}, readable by you alone.`,
    );
    output.line(`  npx wrangler secret put SIGNING_KEYS < ${out}`);
  });
}

async function readKeys(file: string): Promise<readonly { readonly kid: string; readonly alg: string }[]> {
  try {
    const { keys } = JSON.parse(await readFile(file, 'utf8')) as { readonly keys?: unknown };
    if (Array.isArray(keys)) return keys as readonly { kid: string; alg: string }[];
  } catch {
    // Neither the file nor a parser's complaint about it may be quoted: it holds private keys.
  }
  throw usageFailure(`${file} is not a JWK Set that can be read.`, 'It is what SIGNING_KEYS holds: {"keys": [...]}.');
}

/** Lists the keys of the deployment. */
export async function runListKeys(context: CommandContext): Promise<void> {
  const { output } = context;
  const keys = inOrder(await (await context.api()).get<readonly SigningKeyView[]>('/signing-keys'));
  output.data(keys, () => {
    const row = (key: SigningKeyView): string[] =>
      [key.kid, key.alg, key.status, key.publishedAt, key.activatedAt, key.expiresAt].map(textOf);
    output.line(formatTable(['KID', 'ALG', 'STATUS', 'PUBLISHED', 'ACTIVE SINCE', 'LEAVES'], keys.map(row)));
  });
}

/** The order in which the keys of an algorithm take over from each other. */
const LIFE = ['revoked', 'retiring', 'active', 'standby'];

/** By algorithm, then from the oldest to the one that is next. */
export function inOrder(keys: readonly SigningKeyView[]): readonly SigningKeyView[] {
  const placeOf = ({ alg, status, publishedAt, kid }: SigningKeyView): string =>
    `${alg} ${LIFE.indexOf(status)} ${publishedAt} ${kid}`;
  return keys.toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
}

type Rotated = SigningKeyView & { readonly mode: string; readonly previous: SigningKeyView | null };

/** Lets the standby key take over. */
export async function runRotate(context: CommandContext): Promise<number> {
  const { options, output } = context;
  const mode = options.text('mode') ?? 'graceful';
  const alg = options.text('alg');
  const question = 'An emergency rotation ends every token that the old key signed, at once. Go on?';
  if (mode === 'emergency' && !(await confirm(question, context))) {
    output.line('Nothing was rotated.');
    return 1;
  }
  const body = { mode, ...(alg === undefined ? {} : { alg }) };
  const rotated = await (await context.api()).post<Rotated>('/signing-keys/rotate', body);
  output.data(rotated, () => {
    output.line(`${output.paint('green', '✔')} ${rotated.alg}  ${rotated.kid} signs from now on (${rotated.mode}).`);
    const { previous } = rotated;
    if (previous === null) return;
    output.line(
      previous.status === 'retiring'
        ? `  ${previous.kid} stays in the JWKS until ${textOf(previous.expiresAt)}; then it can leave SIGNING_KEYS.`
        : `  ${previous.kid} has left the JWKS; take it out of SIGNING_KEYS.`,
    );
  });
  return 0;
}
