// The IAM API under /v1 (contract §4, §5); loaded when it is first asked for, because its schema code is expensive to evaluate.

import type { OpenAPIHono } from '@hono/zod-openapi';

import { auditEventRoutes } from './audit-events.ts';
import type { IamDeps, IamEnv } from './deps.ts';
import { federatedIdentities } from './federated-identities.ts';
import { identityProviders } from './identity-providers.ts';
import { meRoutes } from './me.ts';
import { objectRoutes } from './object-routes.ts';
import { createRoutes } from './routing.ts';
import { serviceAccounts } from './service-accounts.ts';
import { signingKeyRoutes } from './signing-keys.ts';

export type { IamDeps } from './deps.ts';

/** Every route of the API, and the definitions that its reference is generated from. */
export const iamRoutes: OpenAPIHono<IamEnv> = createRoutes([
  ...objectRoutes('/v1/federated-identity-providers', identityProviders),
  ...objectRoutes('/v1/service-accounts', serviceAccounts),
  ...objectRoutes('/v1/federated-identities', federatedIdentities),
  ...signingKeyRoutes,
  ...meRoutes,
  ...auditEventRoutes,
]);

/** The API over its dependencies. A fault of ours is thrown, for the outer application to answer. */
export function createIamApp(deps: IamDeps): { fetch: (request: Request) => Promise<Response> } {
  return { fetch: async (request) => await iamRoutes.fetch(request, { deps }) };
}
