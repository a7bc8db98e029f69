// What `post` does, after success, failure and cancellation alike: revokes the token and removes the file; never fails the job.

import type { Variables } from '../platforms/source.ts';
import { revokeToken } from '../sdk/client/revoke-token.ts';
import { removeCredentials } from './hand-over.ts';
import { REVOKE_TIMEOUT_MS } from './limits.ts';
import type { Runner } from './runner.ts';
import { runnerSender } from './send.ts';

/** Takes back what the state names; nothing if `main` had got nothing. */
export async function takeBack(runner: Runner, variables: Variables): Promise<void> {
  const {
    STATE_file: file = '',
    STATE_file_holds: secret = '',
    STATE_url: url = '',
    STATE_revoke: token = '',
  } = variables;
  // First what needs no network.
  if (file !== '') {
    try {
      if (await removeCredentials(file, secret)) runner.say(`Removed ${file}`);
    } catch (error) {
      runner.annotate('warning', `${file} could not be removed: ${messageOf(error)}`);
    }
  }
  if (token === '') return;
  try {
    await revokeToken({ url, token, fetch: runnerSender(variables), timeoutMs: REVOKE_TIMEOUT_MS });
    runner.say('Revoked the token');
  } catch (error) {
    runner.annotate('warning', `The token could not be revoked and ends by itself: ${messageOf(error)}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'an error without a message';
}
