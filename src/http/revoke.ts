// POST /oidc/revoke (RFC 7009): revokes an access token for whoever holds it; answers nothing about the token.

import type { Handler } from 'hono';
import type { AppDeps, AppEnv } from './deps.ts';
import { answerTokenRequest } from './introspect.ts';

/** The handler of `POST /oidc/revoke`. An unknown, foreign or expired token is as good as revoked: 200 (RFC 7009 §2.2). */
export function revokeHandler(deps: AppDeps): Handler<AppEnv> {
  return (c) =>
    answerTokenRequest(c, deps, async (token) => {
      const ip = c.req.header('cf-connecting-ip') ?? null;
      const requestId = c.get('requestId');
      const revoked = await deps.revokeToken(token, { requestId, ip, now: Math.floor(deps.now()) });
      if (revoked !== null) {
        deps.log({
          level: 'info',
          event: 'token.revoke',
          request_id: requestId,
          token_id: revoked.tokenId,
          organisation: revoked.organisationId,
          service_account: revoked.serviceAccountId,
          ip,
        });
      }
      return c.body(null, 200);
    });
}
