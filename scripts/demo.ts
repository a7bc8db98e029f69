// `npm run demo`: the whole story on one screen, without an account or the network, in its own temporary directory; fails if a step does not do what it says.

import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';

import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';

import { createApi } from '../examples/api/server.ts';
import { DEFAULT_ORGANISATION_ID } from '../src/objects/organisation.ts';
import { startGithubIssuer } from './demo/github-issuer.ts';
import { call, startDeployment } from './demo/local-deployment.ts';
import type { Reply } from './demo/local-deployment.ts';
import { fact, heading, passed, refused, say } from './demo/screen.ts';
import { runStory } from './demo/story.ts';
import type { CleanUp } from './demo/story.ts';
import { readUsage } from './local/usage.ts';

readUsage(import.meta.filename);

const REPOSITORY = 'acme/shop';
const API = 'https://api.acme.example';

await runStory('demo', async (atEnd) => {
  say(
    'Cambist: a pipeline shows who it is with an ID token and gets a short-lived access token. No secret is stored anywhere.',
  );

  heading('Start: the Worker on workerd with D1 and KV, and a local issuer that signs like GitHub Actions');
  const { origin, create, decisionOf } = await startDeployment(atEnd);
  const github = await startGithubIssuer();
  atEnd(github.stop);
  fact('Worker', origin);
  fact('issuer', github.issuer);

  heading('Trust: register the issuer, a service account, and who may act as it');
  const provider = await create('federated-identity-providers', {
    name: 'github',
    description: 'GitHub Actions',
    labels: { team: 'platform' },
    providerIssuer: github.issuer,
    status: 'active',
    preset: 'github',
  });
  const account = await create('service-accounts', { name: 'deployer' });
  const subject = `repo:${REPOSITORY}:ref:refs/heads/main`;
  await create('federated-identities', {
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
  const api = await startApi(origin, atEnd);
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
  const decision = await decisionOf(String(json['request_id']));
  assert.equal(decision['outcome'], 'refused');
  refused('caller gets', `${status} ${String(json['error'])}: ${String(json['error_description'])}`);
  refused('operator gets', `${String(decision['reason'])}: ${String(decision['detail'])}`);
  fact('joined by', `request_id ${String(json['request_id'])}`);
});

async function startApi(issuer: string, atEnd: (undo: CleanUp) => void): Promise<string> {
  const server = await createApi({ issuer, audience: API, organisation: DEFAULT_ORGANISATION_ID });
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
