// How long the Action takes from its start to the token, beside services that answer in 5 ms.

import { setTimeout as sleep } from 'node:timers/promises';

import { expect, it } from 'vitest';

import { imitate, token } from '../cli/sources/imitation.ts';
import { startJob } from './runner-imitation.ts';

/** Milliseconds, the start of Node.js included. */
const MAX_OWN_MS = 300;

it('needs at most 300 ms', async () => {
  const both = await imitate((_, response) => {
    const answer = {
      value: token(),
      access_token: token({ aud: 'https://api.example.com' }),
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: 3600,
    };
    void sleep(5).then(() => response.end(JSON.stringify(answer)));
  });
  const job = startJob({
    ACTIONS_ID_TOKEN_REQUEST_URL: `${both.origin}/?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner-token',
  });
  try {
    const runs: number[] = [];
    for (let run = 0; run < 5; run += 1) {
      const { code, tookMs } = await job.main({ url: both.origin });
      expect(code).toBe(0);
      runs.push(tookMs);
    }
    // The smallest, since this machine has more to do.
    expect(Math.min(...runs)).toBeLessThan(MAX_OWN_MS);
  } finally {
    job.end();
    await both.close();
  }
});
