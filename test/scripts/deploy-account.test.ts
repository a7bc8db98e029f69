// Which Cloudflare account `npm run deploy` uses: the only one, the one that is named, the one that a person chooses; never a guess.

import { describe, expect, it } from 'vitest';

import type { CloudflareAccount, RunWrangler } from '../../scripts/deploy/account.ts';
import { findAccount } from '../../scripts/deploy/find-deployment.ts';

const ACME = { id: 'a'.repeat(32), name: 'Acme' };
const OTHER = { id: 'b'.repeat(32), name: 'Other' };

function signedInTo(accounts: readonly CloudflareAccount[]): RunWrangler {
  // wrangler may say something before the JSON.
  return async () => ({
    code: 0,
    stdout: `▲ a new version\n${JSON.stringify({ loggedIn: true, accounts })}\n`,
    stderr: '',
  });
}

describe('the account', () => {
  it('is the only one', async () => {
    expect(await findAccount(signedInTo([ACME]), null, null)).toEqual(ACME);
  });

  it('is the one that is named, also if the token cannot list it', async () => {
    expect(await findAccount(signedInTo([ACME, OTHER]), OTHER.id, null)).toEqual(OTHER);
    expect(await findAccount(signedInTo([]), OTHER.id, null)).toEqual({ id: OTHER.id, name: OTHER.id });
  });

  it('is chosen by a person if there are several', async () => {
    expect(await findAccount(signedInTo([ACME, OTHER]), null, async ([, second]) => second ?? ACME)).toEqual(OTHER);
  });

  it('is refused with all their ids if nobody can choose', async () => {
    await expect(findAccount(signedInTo([ACME, OTHER]), null, null)).rejects.toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringMatching(`${ACME.id} {2}Acme\n {2}${OTHER.id}`) }),
    );
    await expect(findAccount(signedInTo([]), null, null)).rejects.toThrow('reaches no account');
  });

  it('is not looked for if wrangler fails for another reason than a missing sign-in: its own words are shown', async () => {
    const broken: RunWrangler = async () => ({
      code: 1,
      stdout: '',
      stderr: '\u001B[31mA request failed: fetch failed\u001B[0m',
    });
    await expect(findAccount(broken, null, null)).rejects.toThrow(
      'Cloudflare did not say who is signed in; wrangler says:\nA request failed: fetch failed',
    );
    const signedOut: RunWrangler = async () => ({ code: 1, stdout: '{\n  "loggedIn": false\n}', stderr: '' });
    await expect(findAccount(signedOut, null, null)).rejects.toThrow('nobody is signed in to Cloudflare');
  });
});
