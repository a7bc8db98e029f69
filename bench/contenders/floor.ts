// The floor on workerd: a Worker that does only what no durable exchange can avoid. Checks next to nothing; for comparison alone.

import { Hono } from 'hono';
import { importJWK, jwtVerify, SignJWT } from 'jose';
import type { CryptoKey, JWK } from 'jose';

interface Env {
  readonly DB: D1Database;
  readonly ISSUER_JWK: string;
  readonly ISSUER: string;
  readonly ISSUER_URL: string;
  readonly SIGNING_KEY: string;
}

let keys: { readonly verify: CryptoKey; readonly sign: CryptoKey; readonly alg: string; readonly kid: string } | null =
  null;

async function loadKeys(env: Env): Promise<NonNullable<typeof keys>> {
  if (keys !== null) return keys;
  const own = JSON.parse(env.SIGNING_KEY) as JWK & { alg: string; kid: string };
  keys = {
    verify: (await importJWK(JSON.parse(env.ISSUER_JWK) as JWK, 'RS256')) as CryptoKey,
    sign: (await importJWK(own, own.alg)) as CryptoKey,
    alg: own.alg,
    kid: own.kid,
  };
  return keys;
}

const app: Hono<{ Bindings: Env }> = new Hono<{ Bindings: Env }>();
app.post('/oidc/token', async (c) => {
  const { verify, sign, alg, kid } = await loadKeys(c.env);
  const form = await c.req.parseBody();
  const { payload } = await jwtVerify(String(form['subject_token']), verify, {
    issuer: c.env.ISSUER,
    audience: c.env.ISSUER_URL,
    algorithms: ['RS256'],
  });
  const rule = await c.env.DB.prepare('SELECT account, scope FROM rule WHERE subject = ?1')
    .bind(payload.sub)
    .first<{ account: string; scope: string }>();
  if (rule === null) return c.json({ error: 'invalid_request' }, 400);
  const jti = crypto.randomUUID();
  await c.env.DB.prepare('INSERT INTO event (id, account, claims) VALUES (?1, ?2, ?3)')
    .bind(jti, rule.account, JSON.stringify(payload))
    .run();
  const token = await new SignJWT({ scope: rule.scope, client_id: rule.account })
    .setProtectedHeader({ alg, kid, typ: 'at+jwt' })
    .setIssuer(c.env.ISSUER_URL)
    .setSubject(rule.account)
    .setAudience('https://api.acme.example')
    .setJti(jti)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(sign);
  return c.json({ access_token: token, token_type: 'Bearer', expires_in: 3600, scope: rule.scope });
});

export default app;
