// Service accounts over the API: contract §5 and §5.2, on a real D1.

import { beforeEach, describe, expect, it } from 'vitest';

import { NOW, addOrganisation, iamHarness, pointers, statuses } from './iam-harness.ts';
import type { Answer, Harness } from './iam-harness.ts';

const PATH = '/v1/service-accounts';
let api: Harness;

beforeEach(async () => {
  api = await iamHarness();
});

async function created(body: Record<string, unknown> = {}): Promise<Answer> {
  const answer = await api.call('POST', PATH, { name: 'Deployer', ...body });
  expect(answer.status).toBe(201);
  return answer;
}

describe('create and read', () => {
  it('answers 201 with the object and all its members (contract §5)', async () => {
    const answer = await created({ description: 'ships', labels: { team: 'a' }, annotations: { 'x.io/y': 'z' } });
    expect(answer.body).toEqual({
      identity: expect.stringMatching(/^sa_[0-9a-z]{26}$/),
      name: 'Deployer',
      slug: 'deployer',
      description: 'ships',
      labels: { team: 'a' },
      annotations: { 'x.io/y': 'z' },
      status: 'active',
      createdBy: 'root',
      tokensNotBefore: null,
      roleBindings: [],
      createdAt: '2027-01-15T08:00:00Z',
      updatedAt: '2027-01-15T08:00:00Z',
      objectVersion: 1,
    });
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(answer.headers.get('location')).toBe(`${PATH}/${answer.body.identity}`);
  });

  it('reads what was created (contract §5)', async () => {
    const { body } = await created();
    const read = await api.call('GET', `${PATH}/${body.identity}`);
    expect(read.status).toBe(200);
    expect(read.body).toEqual(body);
  });

  it('makes the slug from the name, takes a given one, and finds one for a name without letters (contract §5.2)', async () => {
    expect((await created({ name: 'Ünïted / Déploy  #1' })).body.slug).toBe('united-deploy-1');
    expect((await created({ name: 'other', slug: 'my-slug' })).body.slug).toBe('my-slug');
    expect((await created({ name: '漢字' })).body.slug).toMatch(/^service-account-/);
  });

  it('accepts null as absent for description, labels and annotations (contract §5)', async () => {
    const { body } = await created({ description: null, labels: null, annotations: null });
    expect(body).toMatchObject({ description: '', labels: {}, annotations: {} });
  });

  it('names every fault at once, each at its place (contract §5)', async () => {
    const answer = await api.call('POST', PATH, {
      name: 'a\u001b[31m',
      description: 'x'.repeat(1025),
      status: 'paused',
      labels: { 'a/b': 7, ok: 'ok' },
      slug: 'Not A Slug',
      colour: 'red',
      identity: 'sa_1',
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(pointers(answer).sort()).toEqual(
      ['/name', '/description', '/status', '/labels/a~1b', '/slug', '/colour', '/identity'].sort(),
    );
    expect(answer.body).toMatchObject({ status: 400, title: 'Bad Request', request_id: 'req-1', instance: PATH });
    expect(answer.body.message).toBe(answer.body.detail);
    expect(answer.body.detail).toContain('/colour is not a member');
    expect(await api.events()).toEqual([]);
  });

  it.each([
    ['a missing name', {}, '/name', 'is required'],
    ['null for the name', { name: null }, '/name', 'must not be null'],
    ['an empty name', { name: '' }, '/name', 'must not be empty'],
    ['white space around a name', { name: ' a' }, '/name', 'must not start or end with white space'],
    ['a line break in a name', { name: 'a\nb' }, '/name', 'must not contain control characters'],
    ['a name of 129 characters', { name: 'x'.repeat(129) }, '/name', 'at most 128 characters'],
    ['half a surrogate pair', '{"name":"\\ud800"}', '', 'half a surrogate pair'],
    ['NUL', '{"name":"a\\u0000"}', '/name', 'must not contain NUL'],
    ['a label key with a control character', { name: 'a', labels: { 'k\r': '1' } }, '/labels/k\r', 'the key must not'],
    ['the name __proto__', '{"name":"a","labels":{"__proto__":"x"}}', '/labels/__proto__', 'is not possible as a name'],
    ['labels in a list', { name: 'a', labels: [] }, '/labels', 'must be a map'],
    [
      '65 labels',
      { name: 'a', labels: Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`k${n}`, ''])) },
      '/labels',
      'at most 64',
    ],
    ['a read-only member', { name: 'a', objectVersion: 1 }, '/objectVersion', 'is read-only'],
  ])('refuses %s (contract §5)', async (_what, body, pointer, detail) => {
    const answer = await api.call('POST', PATH, body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([{ pointer, detail: expect.stringContaining(detail) }]);
  });

  it('accepts text in any script, and line breaks in a description (contract §5)', async () => {
    const { body } = await created({
      name: '部署 <script>',
      description: 'one\n\ttwo',
      labels: { "it's": '</script>' },
    });
    expect(body).toMatchObject({ name: '部署 <script>', description: 'one\n\ttwo', labels: { "it's": '</script>' } });
  });
});

describe('bodies', () => {
  it.each([
    ['no JSON', '{', 400],
    ['a list', '[]', 400],
    ['nothing', '', 400],
    ['a byte-order mark', '\ufeff{"name":"a"}', 400],
    ['a repeated member', '{"name":"a","name":"b"}', 400],
    ['100,000 nested lists', `{"name":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, 400],
    ['more than 64 KiB', JSON.stringify({ name: 'a', description: 'x'.repeat(65_536) }), 413],
  ])('refuses a body that is %s (contract §1)', async (_what, body, status) => {
    expect((await api.call('POST', PATH, body)).status).toBe(status);
  });

  it('refuses numbers that JSON rounds, each at its place, and takes their digits as strings (contract §5)', async () => {
    const body = (number: string): string => `{"name":${number},"labels":{"a":"b","run":${number}}}`;
    const refused = await api.call('POST', PATH, body('12345678901234567890'));
    expect(refused.status).toBe(400);
    const detail = expect.stringContaining('too large for a JSON number to be exact');
    expect(refused.body.errors).toEqual([
      { pointer: '/name', detail },
      { pointer: '/labels/run', detail },
    ]);
    expect(pointers(await api.call('POST', PATH, body('-1e300')))).toEqual(['/name', '/labels/run']);
    expect(await api.call('POST', PATH, body('"12345678901234567890"'))).toMatchObject({
      status: 201,
      body: { name: '12345678901234567890', labels: { run: '12345678901234567890' } },
    });
  });

  it('refuses another content type, and takes JSON with a charset (contract §5)', async () => {
    const refused = await api.call('POST', PATH, 'name=a', { 'content-type': 'application/x-www-form-urlencoded' });
    expect(refused.status).toBe(415);
    const taken = await api.call('POST', PATH, { name: 'a' }, { 'content-type': 'application/json; charset=utf-8' });
    expect(taken.status).toBe(201);
  });
});

describe('duplicates', () => {
  it('answers 409 for a second account of that name, and 201 for another name (contract §5)', async () => {
    await created();
    const second = await api.call('POST', PATH, { name: 'Deployer', slug: 'other' });
    expect(second.status).toBe(409);
    expect(second.body.errors).toEqual([{ pointer: '/name', detail: expect.stringContaining('this name') }]);
    await created({ name: 'Deployer 2' });
  });

  it('answers 409 for a slug that another name led to, and says what to do (contract §5.2)', async () => {
    await created({ name: 'ci deploy' });
    const second = await api.call('POST', PATH, { name: 'ci-deploy' });
    expect(second.status).toBe(409);
    expect(second.body.errors[0].pointer).toBe('/slug');
    await created({ name: 'ci-deploy', slug: 'ci-deploy-2' });
  });

  it('lets exactly one of ten creations at once succeed, and writes one event (contract §5)', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => api.call('POST', PATH, { name: 'same' })));
    expect(statuses(answers)).toEqual([201, ...Array.from({ length: 9 }, () => 409)]);
    expect(await api.events()).toHaveLength(1);
  });

  it('answers 409 for a rename onto another account (contract §5)', async () => {
    const { body } = await created({ name: 'a' });
    await created({ name: 'b' });
    expect((await api.call('PATCH', `${PATH}/${body.identity}`, { name: 'b' })).status).toBe(409);
    expect((await api.call('GET', `${PATH}/${body.identity}`)).body).toEqual(body);
  });
});

describe('update', () => {
  it.each(['PUT', 'PATCH'])('changes only what %s names, and raises the version (contract §5)', async (method) => {
    const { body } = await created({ description: 'old', labels: { a: '1' } });
    api.setNow(NOW + 60);
    const answer = await api.call(method, `${PATH}/${body.identity}`, { name: 'New name', status: 'inactive' });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      ...body,
      name: 'New name',
      status: 'inactive',
      tokensNotBefore: '2027-01-15T08:01:01Z',
      updatedAt: '2027-01-15T08:01:00Z',
      objectVersion: 2,
    });
    expect((await api.call('GET', `${PATH}/${body.identity}`)).body).toEqual(answer.body);
  });

  it('takes back what it answered without changing anything (contract §5)', async () => {
    const { body } = await created({ labels: { a: '1', b: '2' } });
    const answer = await api.call('PUT', `${PATH}/${body.identity}`, body);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(body);
    expect(await api.events()).toHaveLength(1);
  });

  it('refuses a read-only member with another value (contract §5)', async () => {
    const { body } = await created();
    const answer = await api.call('PATCH', `${PATH}/${body.identity}`, { createdAt: '2020-01-01T00:00:00Z' });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([{ pointer: '/createdAt', detail: 'is read-only' }]);
  });

  it('checks if-match: 412 with another version, 200 with this one (contract §5)', async () => {
    const { body } = await created();
    const path = `${PATH}/${body.identity}`;
    const stale = await api.call('PATCH', path, { description: 'x' }, { 'if-match': '"7"' });
    expect(stale.status).toBe(412);
    expect(stale.body.detail).toContain('objectVersion 1');
    expect((await api.call('PATCH', path, { description: 'x' }, { 'if-match': 'W/"1"' })).status).toBe(412);
    expect((await api.call('PATCH', path, { description: 'x' }, { 'if-match': 'banana' })).status).toBe(400);
    expect((await api.call('PATCH', path, { description: 'x' }, { 'if-match': '"1"' })).status).toBe(200);
    expect((await api.call('PATCH', path, { description: 'y' }, { 'if-match': '"1", "2"' })).status).toBe(200);
    expect((await api.call('PATCH', path, { description: 'z' }, { 'if-match': '*' })).status).toBe(200);
  });

  it('lets one of two updates at once with the same if-match win (contract §5)', async () => {
    const { body } = await created();
    const answers = await Promise.all(
      ['x', 'y'].map((description) =>
        api.call('PATCH', `${PATH}/${body.identity}`, { description }, { 'if-match': '"1"' }),
      ),
    );
    expect(statuses(answers)).toEqual([200, 412]);
    expect(await api.events()).toHaveLength(2);
  });

  it('loses none of five updates at once without if-match (contract §5)', async () => {
    const { body } = await created();
    const path = `${PATH}/${body.identity}`;
    const changes = [
      { name: 'n' },
      { description: 'd' },
      { labels: { l: '1' } },
      { annotations: { a: '1' } },
      { status: 'inactive' },
    ];
    const answers = await Promise.all(changes.map((change) => api.call('PATCH', path, change)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const { body: after } = await api.call('GET', path);
    expect(after).toMatchObject(Object.assign({ objectVersion: 6 }, ...changes));
    expect(await api.events()).toHaveLength(6);
  });
});

describe('list', () => {
  it('answers a bare array in the order of creation, by default up to 1000 (contract §5)', async () => {
    expect((await api.call('GET', PATH)).body).toEqual([]);
    const first = await created({ name: 'a' });
    const second = await created({ name: 'b' });
    const answer = await api.call('GET', PATH);
    expect(answer.body).toEqual([first.body, second.body]);
    expect(answer.headers.get('link')).toBeNull();
  });

  it('pages with limit, cursor and a next link that keeps the filters (contract §5)', async () => {
    for (const name of ['a', 'b', 'c']) await created({ name, labels: { 'x.io/k': 'v w' } });
    const seen: string[] = [];
    let path: string | undefined = `${PATH}?limit=2&matchLabels[x.io/k]=v+w`;
    let pages = 0;
    while (path !== undefined) {
      const page: Answer = await api.call('GET', path);
      expect(page.status).toBe(200);
      seen.push(...page.body.map((account: { name: string }) => account.name));
      path = /^<([^>]+)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1];
      pages += 1;
    }
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(pages).toBe(2);
  });

  it('filters by labels, all of which must match, also after they changed (contract §5)', async () => {
    const one = await created({ name: 'one', labels: { 'a.io/x': '1', b: '2' } });
    await created({ name: 'two', labels: { 'a.io/x': '1', b: '3' } });
    const names = async (query: string): Promise<string[]> =>
      (await api.call('GET', `${PATH}?${query}`)).body.map((account: { name: string }) => account.name);
    expect(await names('matchLabels[a.io/x]=1')).toEqual(['one', 'two']);
    expect(await names(`matchLabels%5Ba.io%2Fx%5D=1&matchLabels[b]=2`)).toEqual(['one']);
    expect(await names('matchLabels[b]=')).toEqual([]);
    await api.call('PATCH', `${PATH}/${one.body.identity}`, { labels: { b: '' } });
    expect(await names('matchLabels[a.io/x]=1')).toEqual(['two']);
    expect(await names('matchLabels[b]=')).toEqual(['one']);
  });

  it('filters by name, slug, identity and status (contract §5)', async () => {
    const one = await created({ name: 'One' });
    const two = await created({ name: 'Two', status: 'inactive' });
    for (const query of ['name=One', 'slug=one', `identity=${one.body.identity}`, 'status=active']) {
      expect((await api.call('GET', `${PATH}?${query}`)).body).toEqual([one.body]);
    }
    expect((await api.call('GET', `${PATH}?status=inactive`)).body).toEqual([two.body]);
    expect((await api.call('GET', `${PATH}?name=one`)).body).toEqual([]);
  });

  it.each([
    ['limit=0', '?limit'],
    ['limit=1001', '?limit'],
    ['limit=ten', '?limit'],
    ['cursor=banana', '?cursor'],
    ['status=gone', '?status'],
    ['name=', '?name'],
    ['name=a&name=b', '?name'],
    ['nmae=a', '?nmae'],
    ['provider=idp_1', '?provider'],
  ])('refuses ?%s instead of listing too much (contract §5)', async (query, pointer) => {
    const answer = await api.call('GET', `${PATH}?${query}`);
    expect(answer.status).toBe(400);
    expect(pointers(answer)).toEqual([pointer]);
  });

  it('needs one round trip (contract §7)', async () => {
    await created({ labels: { a: '1' } });
    const before = api.roundTrips();
    await api.call('GET', PATH);
    await api.call('GET', `${PATH}?matchLabels[a]=1&status=active`);
    expect(api.roundTrips() - before).toBe(2);
  });
});

describe('delete', () => {
  it('answers 204, and 404 from then on (contract §5)', async () => {
    const { body } = await created({ labels: { a: '1' } });
    const path = `${PATH}/${body.identity}`;
    expect((await api.call('DELETE', path, undefined, { 'if-match': '"2"' })).status).toBe(412);
    const answer = await api.call('DELETE', path, undefined, { 'if-match': '"1"' });
    expect(answer).toMatchObject({ status: 204, body: null });
    expect((await api.call('GET', path)).status).toBe(404);
    expect((await api.call('DELETE', path)).status).toBe(404);
    expect(await api.db.prepare('SELECT * FROM object_label').all()).toMatchObject({ results: [] });
  });

  it('lets one of two deletions at once succeed, with one event (contract §5)', async () => {
    const { body } = await created();
    const answers = await Promise.all([1, 2].map(() => api.call('DELETE', `${PATH}/${body.identity}`)));
    expect(statuses(answers)).toEqual([204, 404]);
    expect((await api.events()).map(({ action }) => action)).toEqual([
      'service_account.create',
      'service_account.delete',
    ]);
  });
});

describe('audit', () => {
  it('records each change with before and after (contract §5.7)', async () => {
    const { body } = await created();
    const path = `${PATH}/${body.identity}`;
    const { body: updated } = await api.call('PATCH', path, { name: 'Other' });
    await api.call('DELETE', path);
    const events = await api.events();
    expect(events.map((event) => ({ ...event, changes: JSON.parse(event.changes) }))).toEqual(
      [
        { action: 'service_account.create', changes: { before: null, after: body } },
        {
          action: 'service_account.update',
          changes: {
            before: { name: body.name, objectVersion: 1 },
            after: { name: updated.name, objectVersion: 2 },
            identity: body.identity,
          },
        },
        {
          action: 'service_account.delete',
          changes: {
            before: updated,
            after: null,
            deleted: { federatedIdentities: [], roleBindings: [], accessCredentials: [] },
          },
        },
      ].map((event) => ({
        ...event,
        outcome: 'success',
        actor: 'root',
        request_id: 'req-1',
        service_account_id: body.identity,
        federated_identity_id: null,
        issuer: null,
      })),
    );
  });
});

describe('organisations', () => {
  it('selects by id or slug, and shows nothing of another one (contract §4)', async () => {
    const acme = await addOrganisation(api.db, 'acme');
    const mine = await created();
    for (const name of ['acme', acme]) {
      const header = { 'x-organisation-identity': name };
      expect((await api.call('GET', PATH, undefined, header)).body).toEqual([]);
      for (const [method, body] of [['GET'], ['PUT', { name: 'x' }], ['PATCH', { name: 'x' }], ['DELETE']] as const) {
        const answer = await api.call(method, `${PATH}/${mine.body.identity}`, body, header);
        expect(answer.status).toBe(404);
      }
    }
    expect((await api.call('POST', PATH, { name: 'Deployer' }, { 'x-organisation-identity': 'acme' })).status).toBe(
      201,
    );
    expect((await api.call('GET', PATH)).body).toEqual([mine.body]);
  });

  it('answers 404 for an organisation that does not exist (contract §5.9)', async () => {
    for (const [method, path, body] of [
      ['GET', PATH],
      ['POST', PATH, { name: 'a' }],
      ['GET', `${PATH}/sa_00000000000000000000000001`],
    ] as const) {
      const answer = await api.call(method, path, body, { 'x-organisation-identity': 'nobody' });
      expect(answer.status).toBe(404);
      expect(answer.body.detail).toBe('there is no organisation nobody');
    }
  });
});
