// The access tokens that a run of `cambist exec` was given and that are still good, and their revocation at the end.

import { revokeToken, TokenExchangeError } from '../../sdk/client/index.ts';
import type { ExchangedToken } from '../../sdk/client/index.ts';
import type { CommandContext } from '../command.ts';
import { REVOKE_TIMEOUT_MS } from './limits.ts';

export interface IssuedTokens {
  readonly add: (token: ExchangedToken) => void;
  /** Revokes those that are still good; one that cannot be revoked is a warning. */
  readonly revoke: (url: string, context: Pick<CommandContext, 'world' | 'output'>) => Promise<void>;
}

/** A memory of them; what has ended is forgotten, since a command may run for months. */
export function rememberTokens(): IssuedTokens {
  let issued: readonly ExchangedToken[] = [];
  const good = (): readonly ExchangedToken[] => issued.filter(({ expiresAt }) => expiresAt.getTime() > Date.now());
  return {
    add: (token) => {
      issued = [...good(), token];
    },
    revoke: async (url, { world, output }) => {
      await Promise.all(
        good().map(async ({ accessToken, expiresAt }) => {
          try {
            await revokeToken({
              url,
              token: accessToken,
              fetch: world.fetch,
              timeoutMs: REVOKE_TIMEOUT_MS,
              retries: 1,
            });
          } catch (error) {
            if (!(error instanceof TokenExchangeError)) throw error;
            output.warn(`A token could not be revoked (${error.description}); it ends at ${expiresAt.toISOString()}.`);
          }
        }),
      );
    },
  };
}
