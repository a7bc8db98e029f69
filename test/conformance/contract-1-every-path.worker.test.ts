// Every path that the API description names, with the methods that it does not name and without a credential: contract §1 and §4.

import { beforeAll, describe, expect, it } from 'vitest';

import { ADMIN_TOKEN, deploy } from '../support/deployment.ts';
import type { Deployment } from '../support/deployment.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

interface Door {
  readonly path: string;
  readonly has: readonly string[];
}

let deployment: Deployment;
let doors: readonly Door[];
beforeAll(async () => {
  deployment = await deploy();
  const { body } = await deployment.send('/openapi.json');
  doors = Object.entries(body.paths as Readonly<Record<string, object>>).map(([path, item]) => ({
    path: path.replaceAll(/\{[^}]+\}/g, 'sa_01h455vb4pex5vsknk084sn02q'),
    has: METHODS.filter((method) => method.toLowerCase() in item),
  }));
});

describe('every path of the API description', () => {
  it('answers 405 to each other method, in JSON, and allows exactly its own (contract §1)', async () => {
    expect(doors.length).toBeGreaterThan(30);
    for (const { path, has } of doors) {
      for (const method of METHODS.filter((other) => !has.includes(other))) {
        const { status, headers, body } = await deployment.send(path, {
          method,
          headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
        });
        expect([method, path, status]).toEqual([method, path, 405]);
        const allowed = (headers.get('allow') ?? '').split(', ').filter((name) => METHODS.includes(name));
        expect([path, ...allowed.toSorted()]).toEqual([path, ...has.toSorted()]);
        expect(body.request_id).toBe(headers.get('x-request-id'));
        expect(headers.get('x-content-type-options')).toBe('nosniff');
      }
    }
  });

  it('answers 401 with a challenge below /v1 if there is no credential, and not with one (contract §4)', async () => {
    for (const { path, has } of doors.filter((door) => door.path.startsWith('/v1/'))) {
      for (const method of has) {
        const { status, headers, body } = await deployment.send(path, { method });
        expect([method, path, status]).toEqual([method, path, 401]);
        expect(headers.get('www-authenticate')).toMatch(/^Bearer realm="cambist"/);
        expect(headers.get('content-type')).toContain('application/problem+json');
        expect(headers.get('cache-control')).toBe('no-store');
        expect(body).toMatchObject({ status: 401, message: body.detail, request_id: headers.get('x-request-id') });
        if (method === 'GET') expect([path, (await deployment.iam(method, path)).status]).not.toEqual([path, 401]);
      }
    }
  });
});
