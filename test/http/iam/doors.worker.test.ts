// Who may call the IAM API, and what it answers outside its paths: contract §1 and §4.

import { beforeEach, describe, expect, it } from 'vitest';

import { StorageUnavailable } from '../../../src/exchange/ports.ts';
import { createIamStore } from '../../../src/store/iam-store.ts';
import { ADMIN_TOKEN, deploy } from '../../support/deployment.ts';
import { ROOT_TOKEN, iamHarness } from './iam-harness.ts';
import type { Harness } from './iam-harness.ts';

const PATH = '/v1/service-accounts';
let api: Harness;

beforeEach(async () => {
  api = await iamHarness();
});

describe('credentials', () => {
  it.each([
    ['none', ''],
    ['a wrong token', 'Bearer nothing'],
    ['a token that only begins right', `Bearer ${ROOT_TOKEN.slice(0, -1)}`],
    ['a token with more behind it', `Bearer ${ROOT_TOKEN}x`],
    ['two tokens', `Bearer ${ROOT_TOKEN} ${ROOT_TOKEN}`],
    ['another scheme', `Basic ${ROOT_TOKEN}`],
    ['an empty token', 'Bearer '],
  ])('answers 401 with a challenge to %s (contract §4)', async (_what, authorization) => {
    const answer = await api.call('GET', PATH, undefined, { authorization });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="cambist"/);
    expect(answer.body).toMatchObject({ status: 401, request_id: 'req-1' });
    expect(JSON.stringify(answer.body)).not.toContain(ROOT_TOKEN);
    expect(api.roundTrips()).toBe(0);
  });

  it.each([`Bearer ${ROOT_TOKEN}`, `Token ${ROOT_TOKEN}`, `bearer ${ROOT_TOKEN}`])(
    'accepts the root token as %s (contract §4)',
    async (authorization) => {
      expect((await api.call('GET', PATH, undefined, { authorization })).status).toBe(200);
    },
  );

  it('accepts nobody as root where no root token is set (contract §0)', async () => {
    const closed = await iamHarness({
      config: {
        issuerUrl: 'https://cambist.test',
        defaultAudience: null,
        adminToken: null,
        allowLoopbackIssuers: false,
      },
    });
    for (const authorization of [`Bearer ${ROOT_TOKEN}`, 'Bearer null', 'Bearer ']) {
      expect((await closed.call('GET', PATH, undefined, { authorization })).status).toBe(401);
    }
  });
});

describe('paths', () => {
  it('answers 404 as a problem where there is nothing (contract §1)', async () => {
    const answer = await api.call('GET', '/v1/nothing');
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  it('answers 405 with allow for another method (contract §1)', async () => {
    const collection = await api.call('DELETE', PATH);
    expect(collection.status).toBe(405);
    expect(collection.headers.get('allow')).toBe('GET, HEAD, POST');
    const one = await api.call('POST', `${PATH}/sa_00000000000000000000000001`, {});
    expect(one.headers.get('allow')).toBe('GET, HEAD, PUT, PATCH, DELETE');
  });

  it('answers HEAD as GET without a body (contract §1)', async () => {
    expect(await api.call('HEAD', PATH)).toMatchObject({ status: 200, body: null });
  });

  it.each(['banana', 'idp_00000000000000000000000001', 'sa_', '..%2f', "sa_'%20OR%201=1"])(
    'answers 404 for the identifier %s (contract §5)',
    async (id) => {
      expect((await api.call('GET', `${PATH}/${id}`)).status).toBe(404);
    },
  );
});

describe('failures', () => {
  it('answers 503 with retry-after where storage fails, and logs why (contract §1)', async () => {
    const broken = await iamHarness();
    const store = createIamStore(broken.db);
    const failing = await iamHarness({
      store: {
        ...store,
        serviceAccounts: {
          ...store.serviceAccounts,
          list: () => Promise.reject(new StorageUnavailable('D1', { cause: new Error('no such table') })),
        },
      },
    });
    const answer = await failing.call('GET', PATH);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(JSON.stringify(answer.body)).not.toContain('table');
    expect(failing.log).toMatchObject([{ event: 'storage_unavailable', reason: 'no such table', request_id: 'req-1' }]);
  });

  it('throws a fault of ours to the outer application (contract §1)', async () => {
    const store = createIamStore(api.db);
    const failing = await iamHarness({
      store: {
        ...store,
        serviceAccounts: { ...store.serviceAccounts, list: () => Promise.reject(new Error('a bug')) },
      },
    });
    await expect(failing.call('GET', PATH)).rejects.toThrow('a bug');
  });

  it('is answered 500 as a problem that says nothing of it, like every error of this API (contract §1, §5)', async () => {
    const deployment = await deploy();
    // A row that nothing of ours writes: no time is that late.
    await deployment.db
      .prepare(
        `INSERT INTO service_account (id, organisation_id, slug, name, status, created_at, updated_at)
         VALUES ('sa_1', 'org_00000000000000000000000000', 'a', 'a', 'active', 9e15, 0)`,
      )
      .run();
    const { status, body, headers } = await deployment.send(`${PATH}?limit=1`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    expect(status).toBe(500);
    expect(headers.get('content-type')).toBe('application/problem+json');
    const detail = 'a fault of this service; its operator finds it under the request id';
    expect(body).toEqual({
      type: 'urn:cambist:problem:internal',
      title: 'Internal Server Error',
      status: 500,
      detail,
      message: detail,
      instance: PATH,
      request_id: headers.get('x-request-id'),
    });
  });

  it('answers 503 where ISSUER_URL is missing (contract §0)', async () => {
    const failing = await iamHarness({
      config: { issuerUrl: null, defaultAudience: null, adminToken: ROOT_TOKEN, allowLoopbackIssuers: false },
    });
    expect((await failing.call('GET', PATH)).status).toBe(503);
  });
});
