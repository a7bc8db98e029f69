// What both floors share: keys in memory, jose verify, jose sign, and nothing that is checked. For comparison alone.

import { importJWK, jwtVerify, SignJWT } from 'jose';
import type { CryptoKey, JWK, JWTPayload } from 'jose';

export interface FloorEnv {
  readonly DB: D1Database;
  readonly ISSUER_JWK: string;
  readonly ISSUER: string;
  readonly ISSUER_URL: string;
  readonly SIGNING_KEY: string;
}

/** Whom a subject may act as. */
export interface FloorRule {
  readonly account: string;
  readonly scope: string;
}

interface Keys {
  readonly verify: CryptoKey;
  readonly sign: CryptoKey;
  readonly alg: string;
  readonly kid: string;
}

let keys: Keys | null = null;

async function loadKeys(env: FloorEnv): Promise<Keys> {
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

/** The claims of a token whose signature, issuer, audience and times are good. */
export async function verifySubject(env: FloorEnv, token: string): Promise<JWTPayload> {
  const { verify } = await loadKeys(env);
  const { payload } = await jwtVerify(token, verify, {
    issuer: env.ISSUER,
    audience: env.ISSUER_URL,
    algorithms: ['RS256'],
  });
  return payload;
}

/** The answer with a token for the rule. */
export async function issue(env: FloorEnv, { account, scope }: FloorRule, jti: string): Promise<object> {
  const { sign, alg, kid } = await loadKeys(env);
  const token = await new SignJWT({ scope, client_id: account })
    .setProtectedHeader({ alg, kid, typ: 'at+jwt' })
    .setIssuer(env.ISSUER_URL)
    .setSubject(account)
    .setAudience('https://api.acme.example')
    .setJti(jti)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(sign);
  return { access_token: token, token_type: 'Bearer', expires_in: 3600, scope };
}
