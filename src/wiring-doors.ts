// The part of the composition root that introspection, revocation and access credentials need, loaded with them.

import { needed } from './config.ts';
import type { Config } from './config.ts';
import { authenticateCredential } from './exchange/authenticate-credential.ts';
import { grantToCredential } from './exchange/credential-grant.ts';
import type { ExchangeDeps } from './exchange/ports.ts';
import { inspectOwnToken, revokeOwnToken } from './exchange/token-standing.ts';
import type { VerifyOwnToken } from './exchange/token-standing.ts';
import type { AppDeps } from './http/deps.ts';
import { newId } from './new-id.ts';
import type { KeysInUse } from './signing/keys-in-use.ts';
import { verifyOwnToken } from './signing/verify-own-token.ts';
import { readCredentialFacts, recordCredentialUse } from './store/access-credentials.ts';
import { createEventAllowance } from './store/event-allowance.ts';
import { readTokenStanding, revokeToken } from './store/issued-tokens.ts';

/** What these doors are given. */
export type DoorDeps = Pick<AppDeps, 'grantToCredential' | 'authenticateCredential' | 'inspectToken' | 'revokeToken'>;

/** Composes what these doors are given; a setting that is missing is a bug, since the doors refuse before. */
export function composeDoors(config: Config, exchangeDeps: () => ExchangeDeps, keys: () => KeysInUse): DoorDeps {
  const verify: VerifyOwnToken = (compact, now) =>
    verifyOwnToken(compact, { findKey: keys().find, issuerUrl: needed(config.issuerUrl), now });
  const fit = createEventAllowance();
  return {
    grantToCredential: (request, trace) => {
      const db = needed(config.db);
      return grantToCredential(
        request,
        {
          ...exchangeDeps(),
          readCredentialFacts: (accessKey) => readCredentialFacts(db, needed(config.defaultAudience), accessKey),
          recordCredentialUse: (use) => recordCredentialUse(db, { ...use, event: fit(use.event) }),
          defaultAudience: needed(config.defaultAudience),
        },
        trace,
      );
    },
    authenticateCredential: async (client, now) => {
      // Who it is does not depend on the audience of its tokens.
      const { credential } = await readCredentialFacts(
        needed(config.db),
        config.defaultAudience ?? '',
        client.accessKey,
      );
      return authenticateCredential(client, credential, now);
    },
    inspectToken: (compact, now) =>
      inspectOwnToken(compact, now, {
        verify,
        readStanding: (token) => readTokenStanding(needed(config.db), token),
      }),
    revokeToken: (compact, context) =>
      revokeOwnToken(compact, context, {
        verify,
        record: (revocation) => revokeToken(needed(config.db), newId('evt'), revocation),
      }),
  };
}
