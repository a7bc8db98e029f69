// A local OIDC issuer on loopback that signs ID tokens shaped like those of GitHub Actions. For the demo only: it signs whatever it is asked to.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** The part of a workflow run that the demo varies. */
export interface WorkflowRun {
  readonly repository: string;
  readonly ref: string;
  /** Repositories created or renamed since 2026-07-15 send ids in their subject; older ones and GitHub Enterprise Server do not. */
  readonly subjectForm: 'legacy' | 'immutable';
  readonly audience: string;
}

export interface GithubIssuer {
  readonly issuer: string;
  readonly sign: (run: WorkflowRun) => Promise<string>;
  readonly stop: () => Promise<void>;
}

const OWNER_ID = '9919';
const REPOSITORY_ID = '742190';

/** Starts the issuer on a free port of 127.0.0.1. */
export async function startGithubIssuer(): Promise<GithubIssuer> {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'demo-1', alg: 'RS256', use: 'sig' }] };
  const server = createServer((request, reply) => {
    const documents: Record<string, unknown> = {
      '/.well-known/openid-configuration': {
        issuer,
        jwks_uri: `${issuer}/.well-known/jwks`,
        id_token_signing_alg_values_supported: ['RS256'],
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
      },
      '/.well-known/jwks': jwks,
    };
    const document = documents[request.url ?? ''];
    reply.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' });
    reply.end(JSON.stringify(document ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    sign: async (run) => {
      const now = Math.floor(Date.now() / 1000);
      return await new SignJWT(claimsOf(run))
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: 'demo-1' })
        .setIssuer(issuer)
        .setAudience(run.audience)
        .setJti(crypto.randomUUID())
        .setIssuedAt(now)
        .setNotBefore(now)
        .setExpirationTime(now + 300)
        .sign(privateKey);
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function claimsOf({ repository, ref, subjectForm }: WorkflowRun): Record<string, string> {
  const [owner = '', name = ''] = repository.split('/');
  const named = subjectForm === 'legacy' ? repository : `${owner}@${OWNER_ID}/${name}@${REPOSITORY_ID}`;
  return {
    sub: `repo:${named}:ref:${ref}`,
    repository,
    repository_id: REPOSITORY_ID,
    repository_owner: owner,
    repository_owner_id: OWNER_ID,
    repository_visibility: 'private',
    ref,
    ref_type: ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    event_name: 'push',
    workflow: 'deploy',
    workflow_ref: `${repository}/.github/workflows/deploy.yml@${ref}`,
    job_workflow_ref: `${repository}/.github/workflows/deploy.yml@${ref}`,
    actor: 'octocat',
    run_id: '11042',
    run_attempt: '1',
    runner_environment: 'github-hosted',
  };
}
