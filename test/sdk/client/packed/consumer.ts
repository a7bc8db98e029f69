// Compiles in a stranger's project: the declarations of the package say what the documentation says.

import { exchangeToken, tokenSource } from 'cambist';
import type { ExchangedToken, TokenExchangeErrorCode, TokenSource } from 'cambist';
import { cambistAuth, requirePermission, requireRole, requireScope } from 'cambist/hono';
import type { CambistEnv } from 'cambist/hono';
import { AccessTokenError, verifyAccessToken, wwwAuthenticate } from 'cambist/verify';
import { Hono } from 'hono';

export const code: TokenExchangeErrorCode = 'invalid_scope';
export const token: Promise<ExchangedToken> = exchangeToken({ url: 'https://c.example', subjectToken: 'x', fetch });
export const source: TokenSource = tokenSource({
  url: new URL('https://c.example'),
  subjectToken: async () => 'x',
  lifetime: '1h',
});

export const app: Hono<CambistEnv> = new Hono<CambistEnv>()
  .use(cambistAuth({ issuer: 'https://c.example', audience: ['a', 'b'], fetch }))
  .get('/:id', requireScope('a', 'b'), requireRole('r'), (c) => c.json({ project: c.var.cambist.project }))
  .delete(
    '/:id',
    requirePermission({ resource: 'x', action: 'delete', resourceIdentity: (c) => c.req.param('id') }),
    (c) => c.body(null, 204),
  );

export async function check(text: string): Promise<string | null> {
  try {
    return (await verifyAccessToken(text, { issuer: 'https://c.example', audience: 'a', scope: ['s'] })).serviceAccount;
  } catch (error) {
    if (error instanceof AccessTokenError && error.fault === 'expired') return wwwAuthenticate(error);
    throw error;
  }
}

// @ts-expect-error -- a scope at least
requireScope();
// @ts-expect-error -- an action that no rule knows
requirePermission({ resource: 'x', action: 'fly' });
// @ts-expect-error -- an API has a name
cambistAuth({ issuer: 'https://c.example' });
