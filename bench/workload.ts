// What every contender is given to do: the same issuer, the same GitHub-shaped RS256 tokens, the same request.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { JWK } from 'jose';

export const SUBJECT = 'repo:acme@9919/shop@742190:ref:refs/heads/main';
export const AUDIENCE = 'https://api.acme.example';
const KID = 'bench-issuer';

export interface Workload {
  readonly issuer: string;
  readonly jwk: JWK;
  /** Signs a token for an audience, valid for an hour from now or from so many seconds later. */
  readonly sign: (audience: string, claims?: Readonly<Record<string, unknown>>, later?: number) => Promise<string>;
  /** Requests for keys and discovery that arrived. */
  readonly requests: () => number;
  readonly close: () => void;
}

/** Starts an issuer on loopback. */
export async function startWorkload(): Promise<Workload> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: KID, alg: 'RS256', use: 'sig' };
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    const body = request.url === '/keys' ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/keys` };
    response
      .setHeader('content-type', 'application/json')
      .setHeader('cache-control', 'max-age=3600')
      .end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    jwk,
    sign: (audience, claims = {}, later = 0) => {
      const now = Math.floor(Date.now() / 1000) + later;
      return new SignJWT({ ...githubClaims(), jti: crypto.randomUUID(), ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: KID, typ: 'JWT' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(now)
        .setExpirationTime(now + 3600)
        .sign(privateKey);
    },
    requests: () => requests,
    close: () => server.close(),
  };
}

/** The claims of a real push, for their size. */
function githubClaims(): Record<string, string> {
  const workflow = 'acme/shop/.github/workflows/deploy.yml@refs/heads/main';
  return {
    sub: SUBJECT,
    ref: 'refs/heads/main',
    sha: '9f3182061f1e2cca4702c368cbc039b7dc9d4485',
    repository: 'acme/shop',
    repository_owner: 'acme',
    repository_owner_id: '9919',
    repository_id: '742190',
    repository_visibility: 'private',
    run_id: '17482930111',
    run_number: '10',
    run_attempt: '1',
    actor: 'octocat',
    actor_id: '583231',
    workflow: 'deploy',
    event_name: 'push',
    ref_protected: 'true',
    ref_type: 'branch',
    workflow_ref: workflow,
    job_workflow_ref: workflow,
    workflow_sha: '9f3182061f1e2cca4702c368cbc039b7dc9d4485',
    runner_environment: 'github-hosted',
  };
}

/** The form of one exchange. */
export function exchangeForm(subjectToken: string, more: Readonly<Record<string, string>> = {}): string {
  return new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: subjectToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    ...more,
  }).toString();
}
