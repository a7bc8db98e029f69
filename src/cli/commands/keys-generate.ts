// `cambist keys generate`: makes private keys for the SIGNING_KEYS secret; keeps no copy and asks nobody.

import { writeFile } from 'node:fs/promises';

import type { Command, CommandContext } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { nameOfFile, readGivenFile } from '../given-file.ts';
import { SIGNING_ALGORITHMS } from '../keys/algorithms.ts';
import type { SigningAlgorithm } from '../keys/algorithms.ts';

export const keysGenerateCommand: Command = {
  name: 'generate',
  summary: 'make private keys for the SIGNING_KEYS secret',
  description:
    'Prints a private JWK Set with one fresh key for each algorithm, or writes it to a file that only you can read. For a rotation, --add-to puts the fresh keys after those in use, where they stand by. No copy is kept.',
  options: [
    {
      flags: '--alg <alg>',
      description: 'an algorithm; ES256 and RS256 by default',
      choices: SIGNING_ALGORITHMS,
      repeatable: true,
    },
    { flags: '--add-to <file>', description: 'the JWK Set in use, which the fresh keys are added to; "-" for stdin' },
    { flags: '--out <file>', description: 'a new file, in place of stdout' },
  ],
  arguments: [],
  examples: [
    'cambist keys generate | npx wrangler secret put SIGNING_KEYS',
    'cambist keys generate --alg ES256 --add-to keys.json --out new-keys.json',
  ],
  run: generate,
};

/** Prints or writes a private JWK Set: fresh keys, after those of an existing one. */
async function generate({ options, output, world }: CommandContext): Promise<void> {
  const algorithms = options.list('alg');
  const out = options.text('out');
  const before = options.text('add-to');
  const wanted = (algorithms.length === 0 ? ['ES256', 'RS256'] : algorithms) as readonly SigningAlgorithm[];
  const known = before === undefined ? [] : await readKeys(before, world);
  const { generateSigningKeys } = await import('../keys/generate.ts');
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
