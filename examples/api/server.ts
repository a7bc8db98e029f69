// A protected API in one file: it trusts a Cambist deployment and lets a caller do what the scope of its access token says. Run: ISSUER_URL=… AUDIENCE=… node server.ts

import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';

import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';

export interface ApiOptions {
  /** The Cambist deployment that is trusted: its ISSUER_URL. */
  readonly issuer: string;
  /** What this API is called in `aud`; a token for another audience is refused (RFC 9068 §4). */
  readonly audience: string;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly challenge?: string;
}

/** Learns the issuer's keys from its discovery document, then serves `GET /deployments` for tokens with the scope `api:read`. */
export async function createApi({ issuer, audience }: ApiOptions): Promise<Server> {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`);
  const metadata = (await response.json()) as { issuer: string; jwks_uri: string };
  if (metadata.issuer !== issuer) throw new Error(`${issuer} calls itself ${metadata.issuer}`);
  const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));

  return createServer((request, reply) => {
    void answer(request).then(({ status, body, challenge }) => {
      reply.writeHead(status, {
        'content-type': 'application/json',
        ...(challenge === undefined ? {} : { 'www-authenticate': challenge }),
      });
      reply.end(JSON.stringify(body));
    });
  });

  async function answer(request: IncomingMessage): Promise<Answer> {
    const token = /^Bearer ([^\s]+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) return unauthorized('a bearer token is required');
    let claims: JWTPayload;
    try {
      // RFC 9068 §4: type, issuer, audience, times and signature; algorithms pinned (RFC 8725 §3.1).
      const verified = await jwtVerify(token, keys, {
        issuer,
        audience,
        typ: 'at+jwt',
        algorithms: ['ES256', 'RS256', 'EdDSA'],
        requiredClaims: ['exp', 'iat', 'jti', 'sub', 'client_id'],
      });
      claims = verified.payload;
    } catch (error) {
      return error instanceof errors.JOSEError
        ? unauthorized(error.message)
        : { status: 503, body: { error: 'the issuer cannot be reached' } };
    }
    const scopes = String(claims['scope'] ?? '').split(' ');
    if (!scopes.includes('api:read')) {
      return {
        status: 403,
        body: { error: 'insufficient_scope' },
        challenge: 'Bearer error="insufficient_scope", scope="api:read"',
      };
    }
    if (request.method !== 'GET' || request.url !== '/deployments')
      return { status: 404, body: { error: 'not_found' } };
    return {
      status: 200,
      body: { deployments: ['web', 'worker'], seenAs: claims['service_account'], onBehalfOf: claims['act'] },
    };
  }
}

function unauthorized(description: string): Answer {
  return {
    status: 401,
    body: { error: 'invalid_token', error_description: description },
    challenge: `Bearer error="invalid_token", error_description="${description.replaceAll('"', "'")}"`,
  };
}

if (import.meta.main) {
  const { ISSUER_URL, AUDIENCE, PORT } = process.env as Record<string, string | undefined>;
  if (!ISSUER_URL || !AUDIENCE) throw new Error('set ISSUER_URL and AUDIENCE');
  const server = await createApi({ issuer: ISSUER_URL, audience: AUDIENCE });
  server.listen(Number(PORT ?? '3000'), () =>
    console.log(`example API on port ${PORT ?? '3000'}, trusting ${ISSUER_URL}`),
  );
}
