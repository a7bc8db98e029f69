// `npm start` on a state that is thrown away, with a job of GitHub Actions around it that the rules let in, or do not.

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { createRemoteJWKSet, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';

import { startGithubIssuer } from '../demo/github-issuer.ts';
import { ROOT } from '../local/bundle.ts';
import { freePort } from '../local/worker.ts';
import { serveOnLoopback } from './network.ts';

const ADMIN_TOKEN = 'credential-helpers-root-token-of-48-characters-0';
const START_TIMEOUT_MS = 120_000;
/** Audiences that the guide's blocks lead to; the deployment itself comes first. */
const AUDIENCES = [
  'sts.amazonaws.com',
  'kubernetes',
  'https://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/ci/providers/cambist',
];

export interface Deployment {
  readonly url: string;
  /** What a job of GitHub Actions has. */
  readonly job: Readonly<Record<string, string>>;
  /** ID tokens that the job asked for: one for each exchange. */
  readonly exchanges: () => number;
  /** An ID token of the job, for what hands one over itself. */
  readonly idToken: () => Promise<string>;
  /** An access token that no helper got, for what a person types. */
  readonly accessToken: () => Promise<string>;
  /** While the work lasts the job is one that no rule lets in. */
  readonly whileRefused: <Result>(work: () => Promise<Result>) => Promise<Result>;
  /** The claims of a token of this deployment. Throws if it is for somebody else, or stands on a command line. */
  readonly verify: (token: string, audience: string) => Promise<JWTPayload>;
  readonly stop: () => Promise<void>;
}

/** Starts the service and lets in the job, whose account is called as in the guide. */
export async function startDeployment(state: string): Promise<Deployment> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const child = spawn(process.execPath, [join(ROOT, 'scripts/start.ts')], {
    cwd: ROOT,
    env: { ...process.env, PORT: String(port), STATE_DIR: state, ISSUER_URL: url, ADMIN_TOKEN },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const issuer = await startGithubIssuer();
  let [repository, exchanges] = ['acme/app', 0];
  const idToken = async (): Promise<string> =>
    await issuer.sign({ repository, ref: 'refs/heads/main', subjectForm: 'legacy', audience: url });
  const github = await serveOnLoopback(async () => {
    exchanges += 1;
    return { body: { value: await idToken() } };
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await isReady(url))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`the service did not start on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await letIn(url, issuer.issuer);
  const keys = createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`));
  return {
    url,
    job: {
      GITHUB_ACTIONS: 'true',
      ACTIONS_ID_TOKEN_REQUEST_URL: `${github.origin}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'the-token-of-the-runner',
    },
    exchanges: () => exchanges,
    idToken,
    accessToken: async () => {
      const form = {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        subject_token: await idToken(),
      };
      const answer = await fetch(`${url}/oidc/token`, { method: 'POST', body: new URLSearchParams(form) });
      const { access_token: token } = (await answer.json()) as { readonly access_token?: string };
      if (token === undefined) throw new Error(`no token: ${answer.status}`);
      return token;
    },
    whileRefused: async (work) => {
      repository = 'acme/other';
      try {
        return await work();
      } finally {
        repository = 'acme/app';
      }
    },
    verify: async (token, audience) => {
      if (standsOnCommandLine(token)) throw new Error('the token stands on a command line');
      return (await jwtVerify(token, keys, { issuer: url, audience })).payload;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await Promise.all([github.stop(), issuer.stop()]);
      await ended;
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    return false;
  }
}

async function letIn(url: string, providerIssuer: string): Promise<void> {
  const create = async (path: string, object: object): Promise<string> => {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' };
    const response = await fetch(`${url}/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(object) });
    const { identity } = (await response.json()) as { readonly identity?: string };
    if (identity === undefined) throw new Error(`${path} was not created: ${response.status}`);
    return identity;
  };
  const provider = { name: 'GitHub', providerIssuer, preset: 'github' };
  const providerIdentity = await create('federated-identity-providers', provider);
  const serviceAccountIdentity = await create('service-accounts', { name: 'deploy' });
  await create('federated-identities', {
    name: 'main of acme/app',
    serviceAccountIdentity,
    providerIdentity,
    providerSubject: 'repo:acme/app:ref:refs/heads/main',
    allowedScopes: ['api:read'],
    tokenAudiences: [url, ...AUDIENCES],
  });
}

/** Whether any process of this machine has the text among its arguments; only Linux says so. */
function standsOnCommandLine(text: string): boolean {
  if (process.platform !== 'linux') return false;
  return readdirSync('/proc').some((process) => {
    try {
      return /^\d+$/.test(process) && readFileSync(`/proc/${process}/cmdline`, 'utf8').includes(text);
    } catch {
      return false; // ended meanwhile
    }
  });
}
