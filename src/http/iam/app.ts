// The IAM API under /v1 (contract §4, §5); loaded when it is first asked for, so that no exchange waits for it.

import type { Hono } from 'hono';

import { described, string } from '../../objects/json-schema.ts';
import { accessCredentials, createAccessCredential } from './access-credentials.ts';
import { auditArchiveRoutes } from './audit-archive.ts';
import { auditEventRoutes } from './audit-events.ts';
import type { IamDeps, IamEnv } from './deps.ts';
import { emptyListRoutes } from './empty-lists.ts';
import { explainRoutes } from './explain.ts';
import { federatedIdentities } from './federated-identities.ts';
import { identityProviders } from './identity-providers.ts';
import { providerKeyRoutes } from './provider-keys.ts';
import { meRoutes } from './me.ts';
import { objectRoutes } from './object-routes.ts';
import { organisations } from './organisations.ts';
import { revokeTokensRoutes } from './revoke-tokens.ts';
import { roleBindings } from './role-bindings.ts';
import { roleRules } from './role-rules.ts';
import { roles } from './roles.ts';
import { createRoutes } from './routing.ts';
import type { IamRoute } from './routing.ts';
import { serviceAccounts } from './service-accounts.ts';
import { signingKeyRoutes } from './signing-keys.ts';
import { trustReportRoutes } from './trust-report.ts';

export type { IamDeps } from './deps.ts';

/** Every route of the API; its reference is generated from them. */
export const iamRouteList: readonly IamRoute[] = [
  ...objectRoutes(identityProviders),
  ...objectRoutes(serviceAccounts),
  ...objectRoutes(federatedIdentities),
  ...objectRoutes(accessCredentials, {
    nested: 'credentialId',
    create: createAccessCredential,
    answeredOnce: { accessSecret: described(string, 'Shown this once; only its digest is kept') },
  }),
  ...objectRoutes(roles),
  ...objectRoutes(roleRules, { nested: 'ruleId' }),
  ...objectRoutes(roleBindings, { nested: 'bindingId' }),
  ...objectRoutes(organisations, { change: 'iam:admin' }),
  ...revokeTokensRoutes,
  ...signingKeyRoutes,
  ...meRoutes,
  ...auditEventRoutes,
  ...auditArchiveRoutes,
  ...explainRoutes,
  ...trustReportRoutes,
  ...providerKeyRoutes,
  ...emptyListRoutes,
];

const iamRoutes: Hono<IamEnv> = createRoutes(iamRouteList);

/** The API over its dependencies. A fault of ours is thrown, for the outer application to answer. */
export function createIamApp(deps: IamDeps): { fetch: (request: Request) => Promise<Response> } {
  return { fetch: async (request) => await iamRoutes.fetch(request, { deps }) };
}
