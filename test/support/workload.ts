// A workload with an account of its own, in any organisation, that gets access tokens by real exchanges; worker tests only.

import { env } from 'cloudflare:workers';
import { exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';
import type { Settings } from '../../src/config.ts';
import type { JWK, JWTPayload } from 'jose';
import { ADMIN_TOKEN, ISSUER_URL } from './deployment.ts';
import type { Answer, Deployment } from './deployment.ts';
import { createIssuer } from './issuer.ts';

export const DEFAULT_ORGANISATION_ID = 'org_00000000000000000000000000';
export const OTHER_ORGANISATION_ID = 'org_0000000000000000000000000z';

export interface Workload {
  readonly serviceAccount: string;
  readonly federatedIdentity: string;
  /** A new access token; `more` is laid over the parameters of the exchange. */
  readonly token: (more?: Record<string, string>) => Promise<string>;
  /** The whole answer to an exchange. */
  readonly exchange: (more?: Record<string, string>) => Promise<Answer>;
}

/** Adds the organisation `other`. */
export async function addOtherOrganisation({ db }: Deployment): Promise<string> {
  await db
    .prepare("INSERT INTO organisation (id, slug, name, created_at, updated_at) VALUES (?1, 'other', 'Other', 0, 0)")
    .bind(OTHER_ORGANISATION_ID)
    .run();
  return OTHER_ORGANISATION_ID;
}

/** Makes an issuer, an account and a rule that joins them; `rule` is laid over a rule that allows `scopes`. */
export async function addWorkload(
  deployment: Deployment,
  name: string,
  scopes: readonly string[],
  { organisation = 'default', ...rule }: Record<string, unknown> & { readonly organisation?: string } = {},
): Promise<Workload> {
  const issuer = await createIssuer({ issuer: `https://${name}.issuer.example.com` });
  deployment.connect(issuer);
  const create = async (path: string, body: object): Promise<string> => {
    const headers = { 'x-organisation-identity': organisation };
    const answer = await call(deployment, ADMIN_TOKEN, 'POST', path, body, headers);
    if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body.identity as string;
  };
  const provider = await create('/v1/federated-identity-providers', {
    name,
    providerIssuer: issuer.issuer,
    status: 'active',
  });
  const serviceAccount = await create('/v1/service-accounts', { name });
  const federatedIdentity = await create('/v1/federated-identities', {
    name,
    serviceAccountIdentity: serviceAccount,
    providerIdentity: provider,
    providerSubject: name,
    allowedScopes: scopes,
    ...rule,
  });
  const exchange = async (more: Record<string, string> = {}): Promise<Answer> => {
    const { now } = deployment.clock;
    const claims = {
      iss: issuer.issuer,
      sub: name,
      aud: ISSUER_URL,
      iat: now,
      exp: now + 300,
      jti: crypto.randomUUID(),
    };
    return deployment.exchange(await issuer.sign(claims), { service_account_id: serviceAccount, ...more });
  };
  return {
    serviceAccount,
    federatedIdentity,
    exchange,
    token: async (more = {}) => {
      const { status, body } = await exchange(more);
      if (status !== 200) throw new Error(`exchange: ${status} ${JSON.stringify(body)}`);
      return body.access_token as string;
    },
  };
}

/** A request to the IAM API with a credential. */
export function call(
  deployment: Deployment,
  credential: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return deployment.send(path, {
    method,
    headers: {
      authorization: `Bearer ${credential}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** Asks whether a token counts; as the root token, unless another credential is given. */
export async function introspect(
  deployment: Deployment,
  token: string,
  credential: string | null = ADMIN_TOKEN,
): Promise<Answer> {
  return deployment.send('/oidc/introspect', {
    method: 'POST',
    body: new URLSearchParams({ token }),
    ...(credential === null ? {} : { headers: { authorization: `Bearer ${credential}` } }),
  });
}

export async function revoke(deployment: Deployment, token: string): Promise<Answer> {
  return deployment.send('/oidc/revoke', { method: 'POST', body: new URLSearchParams({ token }) });
}

/** Gives the account a role with one rule, everywhere or in some projects; answers the role's id. */
export async function bindRole(
  { db }: Deployment,
  serviceAccount: string,
  slug: string,
  projects: readonly string[] = [],
  organisation: string = DEFAULT_ORGANISATION_ID,
): Promise<string> {
  const role = `role_${slug}`;
  await db.batch([
    db
      .prepare(
        'INSERT INTO role (id, organisation_id, slug, name, created_at, updated_at) VALUES (?1, ?2, ?3, ?3, 0, 0)',
      )
      .bind(role, organisation, slug),
    db
      .prepare(
        `INSERT INTO role_rule (id, organisation_id, role_id, resources, permissions, note, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, '["read"]', ?5, 0, 0)`,
      )
      .bind(`rule_${slug}`, organisation, role, JSON.stringify([`${slug}-things`]), `may read ${slug}`),
    db
      .prepare(
        `INSERT INTO role_binding (id, organisation_id, role_id, service_account_id, name, projects, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0)`,
      )
      .bind(`bind_${slug}`, organisation, role, serviceAccount, slug, JSON.stringify(projects)),
  ]);
  return role;
}

/** The private keys of the deployment, as the secret holds them. */
export function signingKeys(): (JWK & { kid: string; alg: string })[] {
  return (JSON.parse(String((env as Settings).SIGNING_KEYS)) as { keys: (JWK & { kid: string; alg: string })[] }).keys;
}

/** A new private key for the secret. */
export async function newSigningKey(alg: 'ES256' | 'RS256', kid: string): Promise<JWK & { kid: string; alg: string }> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg };
}

/** Signs claims with a key of the deployment, whatever they say. */
export async function forge(
  claims: JWTPayload,
  header: Record<string, unknown> = {},
  key: JWK & { kid: string; alg: string } = signingKeys()[0]!,
): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header })
    .sign(await importJWK(key, key.alg));
}
