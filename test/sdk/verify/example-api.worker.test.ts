// The example API with tokens of a real deployment: each of its three layers lets one through and stops its neighbour.

import { beforeEach, expect, it } from 'vitest';

import { createApp } from '../../../examples/api/app.ts';
import { deploy, expectCreated, ISSUER_URL } from '../../support/deployment.ts';
import type { Deployment } from '../../support/deployment.ts';
import { addWorkload, DEFAULT_ORGANISATION_ID } from '../../support/workload.ts';
import type { Workload } from '../../support/workload.ts';

const API = 'https://api.acme.example';

let deployment: Deployment;
let pipeline: Workload;
let request: (method: string, path: string, parameters?: Record<string, unknown>, project?: string) => Promise<number>;

beforeEach(async () => {
  deployment = await deploy();
  deployment.clock.now = Math.floor(Date.now() / 1000);
  const tokenAudiences = [API, ISSUER_URL];
  pipeline = await addWorkload(deployment, 'pipeline', ['api:read', 'api:write'], { tokenAudiences });
  const app = createApp({
    issuer: ISSUER_URL,
    audience: API,
    organisation: DEFAULT_ORGANISATION_ID,
    fetch: (url, init) => deployment.fetch(url.slice(ISSUER_URL.length), init),
  });
  request = async (method, path, parameters = {}, project) => {
    const token = await pipeline.token({ audience: tokenAudiences as never, ...parameters });
    const named = project === undefined ? {} : { 'x-project-identity': project };
    const response = await app.request(path, { method, headers: { authorization: `Bearer ${token}`, ...named } });
    return response.status;
  };
});

async function bind(rules: object, projects: readonly string[]): Promise<void> {
  const role = await expectCreated(deployment.iam('POST', '/v1/iam/roles', { name: 'deployer', rules: [rules] }));
  const binding = { name: 'of the pipeline', serviceAccountIdentity: pipeline.serviceAccount, projects };
  await expectCreated(deployment.iam('POST', `/v1/iam/roles/${role}/bindings`, binding));
}

it('asks for a scope', async () => {
  expect(await request('GET', '/deployments', { scope: 'api:read' })).toBe(200);
  expect(await request('GET', '/deployments', { scope: 'api:write' })).toBe(403);
});

it('asks for a role that the token carries', async () => {
  expect(await request('PUT', '/deployments/web')).toBe(403);
  await bind({ resources: ['deployments'], permissions: ['create'] }, ['shop']);
  expect(await request('PUT', '/deployments/web')).toBe(403);
  expect(await request('PUT', '/deployments/web', { project_id: 'shop' })).toBe(201);
});

it('asks what the account may do, with which object and in which project (contract §5.4)', async () => {
  await bind({ resources: ['deployments'], resourceIdentities: ['web'], permissions: ['delete'] }, ['shop']);
  expect(await request('DELETE', '/deployments/worker', {}, 'shop')).toBe(403);
  expect(await request('DELETE', '/deployments/web', {}, 'billing')).toBe(403);
  expect(await request('DELETE', '/deployments/web')).toBe(403);
  expect(await request('DELETE', '/deployments/web', { scope: 'api:read' }, 'shop')).toBe(403);
  expect(await request('DELETE', '/deployments/web', { project_id: 'shop' }, 'billing')).toBe(403);
  expect(await request('DELETE', '/deployments/web', {}, 'shop')).toBe(200);
});
