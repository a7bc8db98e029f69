// Access tokens of this deployment as credentials of the IAM API: contract §4, without a static secret anywhere.

import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { ADMIN_TOKEN, deploy, ID_TOKEN, ISSUER_URL } from '../../support/deployment.ts';
import type { Answer, Deployment } from '../../support/deployment.ts';
import {
  addOtherOrganisation,
  addWorkload,
  bindRole,
  call,
  DEFAULT_ORGANISATION_ID,
  forge,
  newSigningKey,
  revoke,
} from '../../support/workload.ts';

const PATH = '/v1/service-accounts';
let deployment: Deployment;

beforeEach(async () => {
  deployment = await deploy();
});

const list = (token: string, headers: Record<string, string> = {}): Promise<Answer> =>
  call(deployment, token, 'GET', PATH, undefined, headers);
const create = (token: string, name: string, headers: Record<string, string> = {}): Promise<Answer> =>
  call(deployment, token, 'POST', PATH, { name }, headers);

describe('scopes', () => {
  it.each([
    ['iam:read', 200, 403],
    ['iam:write', 200, 201],
    ['iam:admin', 200, 201],
    ['iam:read iam:write', 200, 201],
    ['api:read', 403, 403],
    ['iam:reader', 403, 403],
    ['IAM:READ', 403, 403],
  ])('%s lists with %i and creates with %i (contract §4)', async (scopes, read, write) => {
    const token = await (await addWorkload(deployment, 'pipeline', scopes.split(' '))).token();
    expect((await list(token)).status).toBe(read);
    expect((await create(token, 'new')).status).toBe(write);
  });

  it('names the scope that is missing (RFC 6750 §3.1)', async () => {
    const token = await (await addWorkload(deployment, 'pipeline', ['iam:read'])).token();
    const answer = await create(token, 'new');
    expect(answer.status).toBe(403);
    expect(answer.headers.get('www-authenticate')).toContain('error="insufficient_scope", scope="iam:write"');
    expect(answer.body.detail).toContain('iam:write');
  });

  it('are those of the token, not those that its identity allows (contract §4)', async () => {
    const pipeline = await addWorkload(deployment, 'pipeline', ['iam:read', 'iam:write']);
    expect((await create(await pipeline.token({ scope: 'iam:read' }), 'new')).status).toBe(403);
    expect((await create(await pipeline.token(), 'new')).status).toBe(201);
  });

  it('sign the audit event with the account (contract §5.7)', async () => {
    const pipeline = await addWorkload(deployment, 'pipeline', ['iam:write']);
    await create(await pipeline.token(), 'new');
    const created = (await deployment.events()).filter(({ action }) => action === 'service_account.create');
    expect(created.map(({ actor }) => actor)).toEqual(['root', pipeline.serviceAccount]);
  });
});

describe('the credential', () => {
  it.each(['Bearer', 'bearer', 'Token'])('is taken after %s (contract §4)', async (scheme) => {
    const token = await (await addWorkload(deployment, 'pipeline', ['iam:read'])).token();
    const answer = await deployment.send(PATH, { headers: { authorization: `${scheme} ${token}` } });
    expect(answer.status).toBe(200);
  });

  it('must be meant for this API (RFC 9068 §4)', async () => {
    const audiences = ['https://api.example.com', ISSUER_URL];
    const pipeline = await addWorkload(deployment, 'pipeline', ['iam:read'], { tokenAudiences: audiences });
    expect((await list(await pipeline.token({ audience: 'https://api.example.com' }))).status).toBe(401);
    expect((await list(await pipeline.token({ audience: ISSUER_URL }))).status).toBe(200);
  });

  it('is refused once it expired, and not a second before (contract §4)', async () => {
    const token = await (await addWorkload(deployment, 'pipeline', ['iam:read'])).token();
    deployment.clock.now += 3599;
    expect((await list(token)).status).toBe(200);
    deployment.clock.now += 1;
    const answer = await list(token);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="cambist", error="invalid_token"');
  });

  it('is refused once it was revoked or its account disabled or deleted (contract §3)', async () => {
    const pipeline = await addWorkload(deployment, 'pipeline', ['iam:read']);
    const [revoked, token] = [await pipeline.token(), await pipeline.token()];
    await revoke(deployment, revoked);
    expect((await list(revoked)).status).toBe(401);
    expect((await list(token)).status).toBe(200);
    await deployment.iam('PATCH', `${PATH}/${pipeline.serviceAccount}`, { status: 'inactive' });
    expect((await list(token)).status).toBe(401);
    await deployment.iam('PATCH', `${PATH}/${pipeline.serviceAccount}`, { status: 'active' });
    // Enabling the account again revives nothing, and what it issues from now on counts.
    expect((await list(token)).status).toBe(401);
    const fresh = await pipeline.token();
    expect((await list(fresh)).status).toBe(200);
    await deployment.iam('DELETE', `${PATH}/${pipeline.serviceAccount}`);
    expect((await list(fresh)).status).toBe(401);
  });

  it('is never an ID token of ours, nor the token of the workload itself (contract §3)', async () => {
    const pipeline = await addWorkload(deployment, 'pipeline', ['iam:admin']);
    const idToken = await pipeline.token({ requested_token_type: ID_TOKEN, audience: ISSUER_URL });
    expect((await list(idToken)).status).toBe(401);
  });

  it('is never one that another key signed (RFC 8725 §3.8)', async () => {
    const token = await (await addWorkload(deployment, 'pipeline', ['iam:admin'])).token();
    const forged = await forge(decodeJwt(token), {}, await newSigningKey('ES256', 'test-es256'));
    const answer = await list(forged);
    expect(answer.status).toBe(401);
    expect(JSON.stringify(answer.body)).not.toContain('signature');
    expect((await list(await forge(decodeJwt(token)))).status).toBe(200);
  });

  it('tells nothing about why it is refused (contract §4)', async () => {
    const pipeline = await addWorkload(deployment, 'pipeline', ['iam:read']);
    const revoked = await pipeline.token();
    await revoke(deployment, revoked);
    const answers = [await list('nothing'), await list(revoked), await list(await forge({ iss: ISSUER_URL }))];
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.detail}`)).size).toBe(1);
  });

  it('may be the only kind there is: no root token is needed (contract §0)', async () => {
    const admin = await addWorkload(deployment, 'admin', ['iam:admin']);
    deployment.coldStart({ ADMIN_TOKEN: '' });
    expect((await list(ADMIN_TOKEN)).status).toBe(401);
    expect((await create(await admin.token(), 'new')).status).toBe(201);
  });

  it('costs one round trip more than the request itself (contract §7)', async () => {
    const token = await (await addWorkload(deployment, 'pipeline', ['iam:read'])).token();
    deployment.resetCounts();
    await list(token);
    expect(deployment.counts).toMatchObject({ d1Trips: 2, d1Writes: 0, kvReads: 0, fetches: [] });
  });
});

describe('the organisation', () => {
  it('is that of the token, whatever root created elsewhere (contract §4)', async () => {
    const organisation = await addOtherOrganisation(deployment);
    const here = await addWorkload(deployment, 'here', ['iam:write']);
    const there = await addWorkload(deployment, 'there', ['iam:admin'], { organisation });
    const names = async (token: string): Promise<string[]> =>
      ((await list(token)).body as { name: string }[]).map(({ name }) => name);
    expect(await names(await here.token())).toEqual(['here']);
    expect(await names(await there.token())).toEqual(['there']);
    const path = `${PATH}/${here.serviceAccount}`;
    expect((await call(deployment, await there.token(), 'GET', path)).status).toBe(404);
    expect((await call(deployment, await there.token(), 'DELETE', path)).status).toBe(404);
    expect((await call(deployment, await here.token(), 'GET', path)).status).toBe(200);
  });

  it('may be named by id or slug where it is its own; another one is 404, there or not (contract §4)', async () => {
    await addOtherOrganisation(deployment);
    const token = await (await addWorkload(deployment, 'pipeline', ['iam:admin'])).token();
    const asked = async (name: string): Promise<number> =>
      (await list(token, { 'x-organisation-identity': name })).status;
    expect(await asked(DEFAULT_ORGANISATION_ID)).toBe(200);
    expect(await asked('default')).toBe(200);
    expect(await asked('')).toBe(200);
    expect(await asked('other')).toBe(404);
    expect(await asked('no-such')).toBe(404);
    expect(await asked('Default')).toBe(404);
    expect((await create(token, 'new', { 'x-organisation-identity': 'other' })).status).toBe(404);
  });

  it('is default for root, or any that it names; an unknown one is 404 (contract §4)', async () => {
    const organisation = await addOtherOrganisation(deployment);
    expect((await create(ADMIN_TOKEN, 'here')).status).toBe(201);
    expect((await create(ADMIN_TOKEN, 'there', { 'x-organisation-identity': organisation })).status).toBe(201);
    expect((await list(ADMIN_TOKEN, { 'x-organisation-identity': 'other' })).body).toHaveLength(1);
    expect((await list(ADMIN_TOKEN, { 'x-organisation-identity': 'no-such' })).status).toBe(404);
  });
});

it('knows the roles that the account holds now, of a token for a project those that count there (contract §4)', async () => {
  const pipeline = await addWorkload(deployment, 'pipeline', ['iam:read']);
  const token = await pipeline.token();
  await bindRole(deployment, pipeline.serviceAccount, 'reader');
  await bindRole(deployment, pipeline.serviceAccount, 'deployer', ['shop', 'mall']);
  await bindRole(deployment, pipeline.serviceAccount, 'seller', ['mall']);
  const roles = async (credential: string): Promise<unknown> =>
    (await call(deployment, credential, 'GET', '/v1/me')).body.roles;
  const reader = { identity: 'role_reader', slug: 'reader', projects: [], scopes: [] };
  expect(await roles(token)).toEqual([
    { identity: 'role_deployer', slug: 'deployer', projects: ['shop', 'mall'], scopes: [] },
    reader,
    { identity: 'role_seller', slug: 'seller', projects: ['mall'], scopes: [] },
  ]);
  expect(await roles(await pipeline.token({ project_id: 'shop' }))).toEqual([
    { identity: 'role_deployer', slug: 'deployer', projects: ['shop'], scopes: [] },
    reader,
  ]);
});
