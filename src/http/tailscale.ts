// POST /api/v2/oauth/token-exchange: the wire form of Tailscale's Go client and daemon, decided by the same use case.

import type { Handler } from 'hono';
import { denial } from '../exchange/denial.ts';
import { newTrace } from '../exchange/record.ts';
import { NOTHING_ASKED } from '../exchange/request.ts';
import { refuse } from '../exchange/result.ts';
import type { AppDeps, AppEnv } from './deps.ts';
import { handleTokenRequest } from './token.ts';

/**
 * Reads `client_id` and `jwt`. These clients also send `Authorization: Basic Og==`, `code=` and
 * `grant_type=authorization_code`, which mean nothing here, and options of their own after a `?` in the client id.
 */
export function tailscaleHandler(deps: AppDeps): Handler<AppEnv> {
  return handleTokenRequest(deps, async (parameters, _c, context) => {
    const trace = newTrace();
    const clientId = parameters.get('client_id')?.split('?', 1)[0];
    const jwt = parameters.get('jwt');
    if (!clientId || jwt === null) {
      const missing =
        jwt === null
          ? 'jwt is missing: it is the ID token of the workload'
          : 'client_id is missing: it is the id of a federated identity or a service account';
      return { use: 'jwt', result: refuse(denial('malformed_request', missing)), trace };
    }
    const isIdentity = clientId.startsWith('fid_');
    const named = isIdentity ? { federatedIdentity: clientId } : { serviceAccount: clientId };
    const request = { ...NOTHING_ASKED, ...context, ...named, subjectToken: jwt };
    return { use: 'jwt', result: await deps.exchange(request, trace), trace };
  });
}
