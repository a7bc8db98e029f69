// `npm run --silent keys`: prints a fresh private JWK Set for the SIGNING_KEYS secret, to be piped into `wrangler secret put`. Keeps no copy.

import { runScript } from './local/refusal.ts';
import { generateSigningKeys } from './local/signing-keys.ts';

await runScript('keys', async () => {
  if (process.stdout.isTTY)
    console.error('This is a private key: pipe it into `npx wrangler secret put SIGNING_KEYS`.');
  console.log(await generateSigningKeys(['ES256', 'RS256']));
});
