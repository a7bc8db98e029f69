// `npm run demo`: the whole story on one screen, without an account or the network, in its own temporary directory; fails if a step does not do what it says.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';

import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';

import { createApi } from '../examples/api/server.ts';
import { DEFAULT_ORGANISATION_ID } from '../src/objects/organisation.ts';
import { startGithubIssuer } from './demo/github-issuer.ts';
import { fact, heading, passed, refused, say } from './demo/screen.ts';
import { buildBundle } from './local/bundle.ts';
import { runScript } from './local/refusal.ts';
import { adminToken, keySecrets, openStateDir } from './local/state-dir.ts';
import { workerSettings } from './local/settings.ts';
import { freePort, startLocalWorker } from './local/worker.ts';

const REPOSITORY = 'acme/shop';
const API = 'https://api.acme.example';

const cleanUps: (() => void | Promise<void>)[] = [];
async function cleanUp(): Promise<void> {
  for (const undo of cleanUps.splice(0).toReversed()) await undo();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => void cleanUp().finally(() => process.exit(130)));

await runScript('demo', async () => {
  try {
    await tellStory();
  } finally {
    await cleanUp();
  }
  process.exit(0);
});

async function tellStory(): Promise<void> {
  const started = performance.now();
  say(
    'Cambist: a pipeline shows who it is with an ID token and gets a short-lived access token. No secret is stored anywhere.',
  );

  heading('Start: the Worker on workerd with D1 and KV, and a local issuer that signs like GitHub Actions');
  const { origin, rootToken, decisions } = await startWorker();
  const github = await startGithubIssuer();
  cleanUps.push(github.stop);
  fact('Worker', origin);
  fact('issuer', github.issuer);

  heading('Trust: register the issuer, a service account, and who may act as it');
  const iam = async (path: string, body: unknown): Promise<{ identity: string }> => {
    const { status, json } = await call(`${origin}/v1/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${rootToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    assert.equal(status, 201, `POST /v1/${path} answered ${status}: ${JSON.stringify(json)}`);
    return { identity: String(json['identity']) };
  };
  const provider = await iam('federated-identity-providers', {
    name: 'github',
    description: 'GitHub Actions',
    labels: { team: 'platform' },
    providerIssuer: github.issuer,
    status: 'active',
    preset: 'github',
  });
  const account = await iam('service-accounts', { name: 'deployer' });
  const subject = `repo:${REPOSITORY}:ref:refs/heads/main`;
  await iam('federated-identities', {
    name: 'shop-main',
    serviceAccountIdentity: account.identity,
    providerIdentity: provider.identity,
    providerSubject: subject,
    trustedAudiences: [origin],
    audienceMatchMode: 'any',
    allowedScopes: ['api:read', 'api:write'],
    tokenAudiences: [API],
  });
  fact('service account', `deployer (${account.identity})`);
  fact('may be used by', subject);

  heading('Exchange: the ID token of a workflow run on main, in both forms of GitHub’s subject');
  const exchange = async (token: string, scope: string): Promise<Reply> =>
    await call(`${origin}/oidc/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: token,
        subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        service_account_id: account.identity,
        scope,
      }),
    });
  const run = { repository: REPOSITORY, ref: 'refs/heads/main', audience: origin };
  let accessToken = '';
  for (const subjectForm of ['legacy', 'immutable'] as const) {
    const idToken = await github.sign({ ...run, subjectForm });
    fact(`${subjectForm} subject`, String(decodeJwt(idToken).sub));
    const { status, json } = await exchange(idToken, 'api:read');
    assert.equal(status, 200, `the exchange answered ${status}: ${JSON.stringify(json)}`);
    accessToken = String(json['access_token']);
    passed(`${String(json['token_type'])} token for ${String(json['expires_in'])} s, scope ${String(json['scope'])}`);
  }

  heading('Verify: from the discovery document alone, as any API does');
  const metadata = (await call(`${origin}/.well-known/openid-configuration`)).json;
  const keys = createRemoteJWKSet(new URL(String(metadata['jwks_uri'])));
  const { payload, protectedHeader } = await jwtVerify(accessToken, keys, {
    issuer: origin,
    audience: API,
    typ: 'at+jwt',
  });
  passed(`signature ${protectedHeader.alg}, issuer and audience hold`);
  fact('sub', String(payload.sub));
  fact('aud', String(payload.aud));
  fact('act', JSON.stringify(payload['act']));

  heading('Use: a protected example API accepts it (examples/api)');
  const api = await startApi(origin);
  const withoutToken = await call(`${api}/deployments`);
  assert.equal(withoutToken.status, 401);
  passed('GET /deployments without a token: 401');
  const withToken = await call(`${api}/deployments`, { headers: { authorization: `Bearer ${accessToken}` } });
  assert.equal(withToken.status, 200, JSON.stringify(withToken.json));
  passed(`GET /deployments with the token: 200 ${JSON.stringify(withToken.json['deployments'])}`);

  heading('Refuse: the same repository, but a branch that the rule does not name');
  const branchToken = await github.sign({ ...run, ref: 'refs/heads/try-something', subjectForm: 'legacy' });
  const { status, json } = await exchange(branchToken, 'api:read');
  assert.equal(status, 400, `the exchange of a wrong branch answered ${status}`);
  const decision = await waitForDecision(decisions, String(json['request_id']));
  assert.equal(decision['outcome'], 'refused');
  refused('caller gets', `${status} ${String(json['error'])}: ${String(json['error_description'])}`);
  refused('operator gets', `${String(decision['reason'])}: ${String(decision['detail'])}`);
  fact('joined by', `request_id ${String(json['request_id'])}`);

  say(`\nDone in ${((performance.now() - started) / 1000).toFixed(1)} s. Keep one running with \`npm start\`.`);
}

interface Reply {
  readonly status: number;
  readonly json: Record<string, unknown>;
}

async function call(url: string, init?: RequestInit): Promise<Reply> {
  const response = await fetch(url, init);
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

async function startWorker(): Promise<{ origin: string; rootToken: string; decisions: Record<string, unknown>[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'cambist-demo-'));
  cleanUps.push(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  const port = await freePort();
  const state = await openStateDir(directory, port);
  cleanUps.push(state.release);
  const settings = workerSettings({}, port);
  const root = adminToken(state, undefined);
  const decisions: Record<string, unknown>[] = [];
  const worker = await startLocalWorker({
    port,
    bundle: await buildBundle(join(directory, 'bundle')),
    storage: join(directory, 'storage'),
    settings: { ...settings, ADMIN_TOKEN: root.value, ...keySecrets(state, {}) },
    onLog: (line, level) => {
      if (line.startsWith('{')) decisions.push(JSON.parse(line) as Record<string, unknown>);
      else if (level === 'error' || level === 'warn') console.error(line);
    },
    onWorkerd: state.recordWorkerd,
  });
  cleanUps.push(worker.stop);
  const ready = await call(`${worker.url}/readyz`);
  assert.equal(ready.status, 200, `the Worker is not ready: ${JSON.stringify(ready.json)}`);
  return { origin: String(settings['ISSUER_URL']), rootToken: root.value, decisions };
}

async function startApi(issuer: string): Promise<string> {
  const server = await createApi({ issuer, audience: API, organisation: DEFAULT_ORGANISATION_ID });
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The log line arrives beside the answer, not before it. */
async function waitForDecision(
  decisions: readonly Record<string, unknown>[],
  requestId: string,
): Promise<Record<string, unknown>> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const found = decisions.find((line) => line['request_id'] === requestId);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`no decision was logged for request ${requestId}`);
}
