// `cambist keys generate`: makes private keys for the SIGNING_KEYS secrets, or a SEALING_KEY; keeps no copy and asks nobody.

import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';

import type { Command, CommandContext } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { nameOfFile, readGivenFile } from '../given-file.ts';
import { SIGNING_ALGORITHMS } from '../keys/algorithms.ts';
import { SEALING_KEY_BYTES } from '../../objects/limits.ts';
import type { SigningAlgorithm } from '../keys/algorithms.ts';

export const keysGenerateCommand: Command = {
  name: 'generate',
  summary: 'make private keys for the SIGNING_KEYS secret, or a SEALING_KEY',
  description:
    'Prints a private JWK Set with one fresh key for each algorithm, or writes it to a file that only you can read. For a rotation, such a set is SIGNING_KEYS_NEXT; --add-to puts the fresh keys after those in use instead, where they stand by. With --sealing-key it is a SEALING_KEY, with which the service makes and rotates its own keys. No copy is kept.',
  options: [
    {
      flags: '--alg <alg>',
      description: 'an algorithm; ES256 and RS256 by default',
      choices: SIGNING_ALGORITHMS,
      repeatable: true,
    },
    { flags: '--add-to <file>', description: 'the JWK Set in use, which the fresh keys are added to; "-" for stdin' },
    { flags: '--sealing-key', description: '32 random bytes for the SEALING_KEY secret, in place of a JWK Set' },
    { flags: '--out <file>', description: 'a new file, in place of stdout' },
  ],
  arguments: [],
  examples: [
    'cambist keys generate --sealing-key | npx wrangler secret put SEALING_KEY',
    'cambist keys generate | npx wrangler secret put SIGNING_KEYS_NEXT',
    'cambist keys generate --alg ES256 --add-to keys.json --out new-keys.json',
  ],
  run: generate,
};

/** Prints or writes a private JWK Set, fresh keys after those of an existing one, or a sealing key. */
async function generate(context: CommandContext): Promise<void> {
  const { options, world } = context;
  const algorithms = options.list('alg');
  const before = options.text('add-to');
  if (options.flag('sealing-key')) {
    if (algorithms.length > 0 || before !== undefined)
      throw usageFailure('--sealing-key makes no JWK Set, so it goes with neither --alg nor --add-to.');
    const text = `${randomBytes(SEALING_KEY_BYTES).toString('base64url')}\n`;
    return handOver({ text, isJson: false, secret: 'SEALING_KEY', what: 'A sealing key is', keys: [] }, context);
  }
  const wanted = (algorithms.length === 0 ? ['ES256', 'RS256'] : algorithms) as readonly SigningAlgorithm[];
  const known = before === undefined ? [] : await readKeys(before, world);
  const { generateSigningKeys } = await import('../keys/generate.ts');
  const keys = [...known, ...(await generateSigningKeys(wanted))];
  const what = keys.length === 1 ? '1 key is' : `${keys.length} keys are`;
  return handOver({ text: `${JSON.stringify({ keys })}\n`, isJson: true, secret: 'SIGNING_KEYS', what, keys }, context);
}

interface Made {
  readonly text: string;
  /** True if the secret is JSON itself. */
  readonly isJson: boolean;
  readonly secret: string;
  readonly what: string;
  readonly keys: readonly { readonly kid: string; readonly alg: string }[];
}

/** Prints what was made, or writes it to a new file. */
async function handOver(
  { text, isJson, secret, what, keys }: Made,
  { options, output, world }: CommandContext,
): Promise<void> {
  const out = options.text('out');
  if (out === undefined) {
    if (world.stdout.isTTY === true)
      output.warn(`This is private: pipe it into \`npx wrangler secret put ${secret}\`.`);
    output.raw(output.isJson && !isJson ? `${JSON.stringify({ key: text.trim() })}\n` : text);
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
    output.line(`${output.paint('green', '✔')} ${what} in ${out}, readable by you alone.`);
    output.line(`  npx wrangler secret put ${secret} < ${out}`);
  });
}

async function readKeys(
  file: string,
  world: CommandContext['world'],
): Promise<readonly { readonly kid: string; readonly alg: string }[]> {
  const text = await readGivenFile({ file, by: '--add-to' }, world);
  try {
    const { keys } = JSON.parse(text) as { readonly keys?: unknown };
    if (Array.isArray(keys)) return keys as readonly { kid: string; alg: string }[];
  } catch {
    // The parser's complaint may quote the file, and that holds private keys.
  }
  throw usageFailure(
    `${nameOfFile(file)} is not a JWK Set that can be read.`,
    'It is what SIGNING_KEYS holds: {"keys": [...]}.',
  );
}
