// `npm run --silent keys`: prints a fresh private JWK Set for the SIGNING_KEYS secret, with a standby key of each
// algorithm, to be piped into `wrangler secret put`. Keeps no copy.

import { Refusal, runScript } from './local/refusal.ts';
import { generateSigningKeys } from './local/signing-keys.ts';
import { readUsage } from './local/usage.ts';

readUsage(import.meta.filename, null);

await runScript('keys', async () => {
  // Whoever asks for help must not be shown a private key.
  if (process.argv.length > 2)
    throw new Refusal('takes no arguments; `npm run --silent cambist -- keys generate --help` is the one with options');
  if (process.stdout.isTTY)
    console.error('These are private keys: pipe them into `npx wrangler secret put SIGNING_KEYS`.');
  // The first key of an algorithm signs, the second one stands by: a graceful rotation needs no copy of this secret.
  console.log(await generateSigningKeys(['ES256', 'RS256', 'ES256', 'RS256']));
});
