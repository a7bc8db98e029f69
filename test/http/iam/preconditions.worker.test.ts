// Versions of objects as HTTP knows them (RFC 9110 §13), races, and what a refusal says for a program: contract §5.

import { beforeEach, describe, expect, it } from 'vitest';

import { iamHarness, pointers, statuses } from './iam-harness.ts';
import type { Answer, Harness } from './iam-harness.ts';

const PATH = '/v1/service-accounts';

let api: Harness;
let one: string;

beforeEach(async () => {
  api = await iamHarness();
  one = `${PATH}/${(await api.call('POST', PATH, { name: 'One' })).body.identity}`;
});

const get = (headers: Record<string, string>): Promise<Answer> => api.call('GET', one, undefined, headers);
const patch = (headers: Record<string, string>, body: object = { description: 'x' }): Promise<Answer> =>
  api.call('PATCH', one, body, headers);

describe('if-none-match', () => {
  it.each(['"1"', 'W/"1"', '*', '"7", "1"', '"a,b","1"', ' "1" '])(
    'answers 304 with the tag and no body where it has %s (RFC 9110 §13.1.2)',
    async (tag) => {
      const answer = await get({ 'if-none-match': tag });
      expect([answer.status, answer.body, answer.headers.get('etag')]).toEqual([304, null, '"1"']);
    },
  );

  it.each(['"2"', '"01"', '""', '"1x"', 'W/"2"', '"a,1"'])('answers the object where it has %s', async (tag) => {
    const answer = await get({ 'if-none-match': tag });
    expect([answer.status, answer.body.name]).toEqual([200, 'One']);
  });

  it.each(['*', '"1"', 'W/"1"', '"9", "1"'])(
    'keeps a write from what is there: %s is 412 (RFC 9110 §13.1.2)',
    async (tag) => {
      for (const method of ['PUT', 'PATCH', 'DELETE']) {
        const answer = await api.call(method, one, method === 'DELETE' ? undefined : { description: 'x' }, {
          'if-none-match': tag,
        });
        expect([answer.status, answer.headers.get('etag')]).toEqual([412, '"1"']);
      }
      expect((await patch({ 'if-none-match': '"2"' })).status).toBe(200);
    },
  );
});

describe('if-match', () => {
  it.each(['"1"', '*', '1', '"a,b", "1"', '"2","1"'])('lets a write through: %s (RFC 9110 §13.1.1)', async (tag) => {
    expect((await patch({ 'if-match': tag })).status).toBe(200);
  });

  it.each(['"2"', 'W/"1"', '"01"', '""', '"u&K$]U"', '"VOt,dW(qz"', '"1,2"'])(
    'answers 412 to %s, a tag that is none of the object’s (RFC 9110 §8.8.3)',
    async (tag) => {
      expect((await patch({ 'if-match': tag })).status).toBe(412);
      expect((await get({ 'if-match': tag })).status).toBe(412);
    },
  );

  it.each(['"1', '1"', 'a', '"1", ', '"1" "2"', '*, "3"', ',"1"', '-1'])(
    'answers 400 to %s, which is no tag (RFC 9110 §8.8.3)',
    async (tag) => {
      const answer = await patch({ 'if-match': tag });
      expect([answer.status, answer.body.type]).toEqual([400, 'urn:cambist:problem:invalid']);
      expect(answer.body.detail).toContain('if-match must be the objectVersion in quotes');
      expect((await get({ 'if-none-match': tag })).status).toBe(400);
    },
  );
});

describe('an object that is sent back', () => {
  it('as it was read is taken, whatever moved meanwhile without a new version (contract §5)', async () => {
    const { body: read } = await api.call('GET', one);
    api.setNow(1_800_000_100);
    const role = await api.call('POST', '/v1/iam/roles', { name: 'r' });
    await api.call('POST', `/v1/iam/roles/${role.body.identity}/bindings`, { serviceAccountIdentity: read.identity });
    for (const method of ['PUT', 'PATCH']) {
      const { body: now } = await api.call('GET', one);
      const answer = await api.call(method, one, { ...read, objectVersion: now.objectVersion, description: method });
      expect([answer.status, answer.body.description]).toEqual([200, method]);
    }
  });

  it('after another change is 412, and says at which version the object is (contract §5)', async () => {
    const { body: read } = await api.call('GET', one);
    await patch({}, { description: 'meanwhile' });
    for (const method of ['PUT', 'PATCH']) {
      const answer = await api.call(method, one, { ...read, name: 'Two' });
      expect([answer.status, answer.body.type]).toEqual([412, 'urn:cambist:problem:version-mismatch']);
      expect(answer.body.detail).toContain('objectVersion 2');
    }
    expect((await api.call('GET', one)).body).toMatchObject({ name: 'One', description: 'meanwhile' });
  });

  it.each([{ createdBy: 'sa_x' }, { identity: 'sa_x' }, { createdAt: '2020-01-01T00:00:00Z' }, { objectVersion: '1' }])(
    'cannot change %j, which nobody writes (contract §5)',
    async (change) => {
      const { body: read } = await api.call('GET', one);
      const answer = await api.call('PUT', one, { ...read, ...change });
      expect(answer.status).toBe(400);
      expect(pointers(answer)).toEqual([`/${Object.keys(change)[0]}`]);
    },
  );

  it('without its version cannot say when it was used (contract §5)', async () => {
    const answer = await patch({}, { roleBindings: [{}] });
    expect([answer.status, pointers(answer)]).toEqual([400, ['/roleBindings']]);
  });
});

describe('writes at once', () => {
  it('all get through when none of them names a version (contract §5)', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => patch({}, { description: `${index}` })));
    expect(statuses(answers)).toEqual(Array.from({ length: 50 }, () => 200));
    expect((await api.call('GET', one)).body.objectVersion).toBe(51);
  }, 60_000);

  it('have one winner when all of them name the same version, in the header or in the body (contract §5)', async () => {
    const header = await Promise.all(
      [1, 2, 3, 4, 5].map((index) => patch({ 'if-match': '"1"' }, { description: `${index}` })),
    );
    expect(statuses(header)).toEqual([200, 412, 412, 412, 412]);
    const body = await Promise.all(
      [1, 2, 3, 4, 5].map((index) => patch({}, { description: `b${index}`, objectVersion: 2 })),
    );
    expect(statuses(body)).toEqual([200, 412, 412, 412, 412]);
  });
});

describe('a value that is taken', () => {
  it('is a 409 that names who has it, in every kind of object (contract §5)', async () => {
    const make = async (path: string, body: object): Promise<string> =>
      (await api.call('POST', path, body)).body.identity;
    const provider = { name: 'P', providerIssuer: 'https://p.example.com' };
    const idp = await make('/v1/federated-identity-providers', provider);
    const rule = {
      name: 'F',
      serviceAccountIdentity: one.slice(PATH.length + 1),
      providerIdentity: idp,
      providerSubject: 'a:b:c',
    };
    const fid = await make('/v1/federated-identities', rule);
    const role = await make('/v1/iam/roles', { name: 'R' });
    const binding = { name: 'B', serviceAccountIdentity: rule.serviceAccountIdentity };
    const bind = await make(`/v1/iam/roles/${role}/bindings`, binding);
    const credential = { name: 'C', expiresAt: '2027-02-01T00:00:00Z' };
    const cred = await make(`${one}/access-credentials`, credential);
    const org = await make('/v1/organisations', { name: 'O' });
    for (const [path, body, identity, name] of [
      [PATH, { name: 'One' }, one.slice(PATH.length + 1), 'One'],
      [PATH, { name: 'Other', slug: 'one' }, one.slice(PATH.length + 1), 'One'],
      ['/v1/federated-identity-providers', { ...provider, providerIssuer: 'https://q.example.com' }, idp, 'P'],
      ['/v1/federated-identity-providers', { ...provider, name: 'Q' }, idp, 'P'],
      ['/v1/federated-identities', rule, fid, 'F'],
      ['/v1/iam/roles', { name: 'R', slug: 'x' }, role, 'R'],
      [`/v1/iam/roles/${role}/bindings`, binding, bind, 'B'],
      [`${one}/access-credentials`, credential, cred, 'C'],
      ['/v1/organisations', { name: 'Other', slug: 'o' }, org, 'O'],
    ] as const) {
      const answer = await api.call('POST', path, body);
      expect([answer.status, answer.body.conflictsWith], path).toEqual([409, { identity, name }]);
    }
    await api.call('POST', PATH, { name: 'Two' });
    expect((await patch({}, { name: 'Two' })).body.conflictsWith).toMatchObject({ name: 'Two' });
  });
});

describe('paths, bodies and queries', () => {
  it('answers 405 for a wrong method where a path has no parameter (RFC 9110 §15.5.6)', async () => {
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const answer = await api.call(method, '/v1/federated-identities/explain');
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    }
    const rotate = await api.call('GET', '/v1/signing-keys/rotate');
    expect([rotate.status, rotate.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('says that paths have no slash at their end', async () => {
    const answer = await api.call('GET', `${PATH}/`);
    expect([answer.status, answer.body.detail]).toEqual([404, expect.stringContaining('no slash at their end')]);
  });

  it.each([
    ['null', 'not null'],
    ['[]', 'not a list'],
    ['"x"', 'not a text'],
    ['3', 'not a number'],
    ['true', 'not a boolean'],
  ])('says of the body %s that it is %s', async (body, says) => {
    const answer = await api.call('POST', PATH, body);
    expect([answer.status, answer.body.detail]).toEqual([400, `the body must be a JSON object, ${says}`]);
  });

  it.each([
    ['application/json; charset=iso-8859-1', 415],
    ['application/json;charset="utf-16"', 415],
    ['application/json; charset=UTF-8', 201],
    ['application/json; charset="utf-8"', 201],
    ['application/json', 201],
  ])('reads a body of %s: %i (RFC 8259 §8.1)', async (type, status) => {
    expect((await api.call('POST', PATH, { name: 'x' }, { 'content-type': type })).status).toBe(status);
  });

  it('names the query parameter at fault, and points into a body only (contract §5)', async () => {
    const answer = await api.call('GET', `${PATH}?limit=0&colour=x`);
    expect(answer.body.errors).toEqual([
      { parameter: 'colour', detail: expect.stringContaining('is not a query parameter') },
      { parameter: 'limit', detail: expect.stringContaining('from 1 to 1000') },
    ]);
    expect(answer.body.detail).toContain('the query parameter colour is not');
  });

  it('warns of an identity that has expired before it begins (contract §5.3)', async () => {
    const idp = await api.call('POST', '/v1/federated-identity-providers', {
      name: 'P',
      providerIssuer: 'https://p.example.com',
    });
    const answer = await api.call('POST', '/v1/federated-identities', {
      name: 'F',
      serviceAccountIdentity: one.slice(PATH.length + 1),
      providerIdentity: idp.body.identity,
      providerSubject: 'a:b:c',
      expiresAt: '2020-01-01T00:00:00Z',
    });
    expect(answer.body).toMatchObject({ status: 'expired', warnings: [{ code: 'expired' }] });
    const later = await api.call('PATCH', `/v1/federated-identities/${answer.body.identity}`, {
      expiresAt: '2030-01-01T00:00:00Z',
    });
    expect(later.body.warnings).toEqual([]);
  });
});
