// A protected API that runs anywhere: what a caller may do is decided by its token's scopes, its roles and its account's permissions.

import { Hono } from 'hono';

// In your project: from '@cambist/sdk/hono'.
import { cambistAuth, requirePermission, requireRole, requireScope } from '../../src/sdk/hono/hono.ts';
import type { CambistAuthOptions, CambistEnv } from '../../src/sdk/hono/hono.ts';

/** Makes the API: `issuer` is the deployment that is trusted, `audience` this API's name in its tokens, `organisation` the one whose tokens count. */
export function createApp(options: CambistAuthOptions): Hono<CambistEnv> {
  const deployments = new Set(['web', 'worker']);
  const app = new Hono<CambistEnv>();

  // Layer 1 is behind us: who may exchange its ID token for one of these was decided by the deployment.
  app.use(cambistAuth(options));

  // Layer 2: what the token may do.
  app.get('/deployments', requireScope('api:read'), (c) => {
    const { token, project } = c.var.cambist;
    return c.json({
      deployments: [...deployments],
      seenAs: token.serviceAccountSlug,
      onBehalfOf: token.actor,
      project,
    });
  });

  // A role, as the token carries it: no question to anyone.
  app.put('/deployments/:name', requireScope('api:write'), requireRole('deployer'), (c) => {
    deployments.add(c.req.param('name'));
    return c.json({ deployments: [...deployments] }, 201);
  });

  // Layer 3: what the account may do, from its roles' rules, in the project of the token or of X-Project-Identity.
  app.delete(
    '/deployments/:name',
    requireScope('api:write'),
    requirePermission({ resource: 'deployments', action: 'delete', resourceIdentity: (c) => c.req.param('name') }),
    (c) => {
      if (!deployments.delete(c.req.param('name'))) return c.json({ error: 'not_found' }, 404);
      return c.json({ deployments: [...deployments] });
    },
  );

  return app;
}
