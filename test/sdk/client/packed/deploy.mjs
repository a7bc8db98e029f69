// What a stranger's project does with the installed package: gets tokens and calls an API of its own with them. Prints what happened as JSON.

import { readFile } from 'node:fs/promises';

import { exchangeToken, revokeToken, TokenExchangeError, tokenSource } from 'cambist';
import { cambistAuth, requirePermission, requireScope } from 'cambist/hono';
import { verifyAccessToken } from 'cambist/verify';
import { Hono } from 'hono';

const { ISSUER_URL: url, API: audience, TOKEN_FILE: file } = process.env;

const api = new Hono();
api.use(cambistAuth({ issuer: url, audience }));
api.get('/things', requireScope('api:read'), (c) => c.json({ as: c.var.cambist.token.serviceAccountSlug }));
api.delete('/things', requirePermission({ resource: 'things', action: 'delete' }), (c) => c.json({ deleted: true }));

const source = tokenSource({
  url,
  audience: [audience, url],
  scope: 'api:read',
  subjectToken: () => readFile(file, 'utf8'),
});
const call = async (method, project) => {
  const { accessToken } = await source.getToken();
  const headers = { authorization: `Bearer ${accessToken}`, ...(project ? { 'x-project-identity': project } : {}) };
  const response = await api.request('/things', { method, headers });
  return [response.status, response.headers.get('www-authenticate')?.replaceAll(url, 'ISSUER_URL') ?? null];
};

const results = {
  read: await call('GET'),
  delete: await call('DELETE'),
  deleteInShop: await call('DELETE', 'shop'),
  deleteInBilling: await call('DELETE', 'billing'),
};
const { accessToken } = await source.getToken();
const verified = await verifyAccessToken(accessToken, { issuer: url, audience });
const refused = await exchangeToken({
  url,
  audience,
  scope: 'api:admin',
  subjectToken: await readFile(file, 'utf8'),
}).catch((error) => error);
await revokeToken({ url, token: accessToken });
process.stdout.write(
  JSON.stringify({
    ...results,
    scopes: verified.scopes,
    refused: [refused instanceof TokenExchangeError, refused.code, refused.status],
    // What the account may do is remembered briefly, so a revoked token is asked about in another project.
    afterRevocation: await call('DELETE', 'other'),
  }),
);
