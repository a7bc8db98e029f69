// Identity providers over the API: contract §5 and §5.1, on a real D1.

import { beforeEach, describe, expect, it } from 'vitest';

import { NOW, addOrganisation, iamHarness, pointers } from './iam-harness.ts';
import type { Answer, Harness } from './iam-harness.ts';

const PATH = '/v1/federated-identity-providers';
const GITHUB = 'https://token.actions.githubusercontent.com';
/** The public key of RFC 7517 §A.1. */
const KEY = {
  kty: 'EC',
  crv: 'P-256',
  alg: 'ES256',
  use: 'sig',
  kid: '1',
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
};
const KEYS = { keys: [KEY] };
let api: Harness;

beforeEach(async () => {
  api = await iamHarness();
});

async function created(body: Record<string, unknown> = {}): Promise<Answer> {
  const answer = await api.call('POST', PATH, { name: 'GitHub', providerIssuer: GITHUB, ...body });
  expect(answer.status).toBe(201);
  return answer;
}

async function keysVersion(id: string): Promise<number | null> {
  return await api.db
    .prepare('SELECT keys_version FROM identity_provider WHERE id = ?')
    .bind(id)
    .first<number>('keys_version');
}

describe('create and read', () => {
  it('answers 201 with the defaults of its issuer (contract §5.1)', async () => {
    const answer = await created();
    expect(answer.body).toEqual({
      identity: expect.stringMatching(/^idp_[0-9a-z]{26}$/),
      name: 'GitHub',
      description: '',
      labels: {},
      annotations: {},
      providerIssuer: GITHUB,
      providerJwksUri: null,
      localJwks: null,
      status: 'active',
      preset: 'github',
      allowedAlgorithms: ['RS256', 'ES256'],
      maxTokenLifetime: 86_400,
      subjectClaim: 'sub',
      keys: [],
      lastFetchedAt: null,
      lastFetchError: null,
      createdAt: '2027-01-15T08:00:00Z',
      updatedAt: '2027-01-15T08:00:00Z',
      objectVersion: 1,
    });
    expect((await api.call('GET', `${PATH}/${answer.body.identity}`)).body).toEqual(answer.body);
    expect((await api.call('GET', PATH)).body).toEqual([answer.body]);
  });

  it('keeps the issuer byte for byte, trailing slash included (contract §5.1)', async () => {
    const { body } = await created({ providerIssuer: 'https://issuer.example/tenant/' });
    expect(body).toMatchObject({ providerIssuer: 'https://issuer.example/tenant/', preset: 'generic' });
  });

  it('takes the nulls that Go clients send (contract §5)', async () => {
    const nulls = { description: null, annotations: null, labels: null, localJwks: null, providerJwksUri: null };
    expect((await created(nulls)).body).toMatchObject({ localJwks: null, providerJwksUri: null });
  });

  it.each([
    ['http', 'http://issuer.example'],
    ['a user name', 'https://user@issuer.example'],
    ['a query', 'https://issuer.example?x=1'],
    ['a fragment', 'https://issuer.example#x'],
    ['an IP address', 'https://169.254.169.254'],
    ['a local name', 'https://issuer.internal'],
    ['no dot', 'https://issuer'],
    ['this deployment', 'https://cambist.test'],
    ['a line break', 'https://issuer.example/\n'],
    ['no URL', 'issuer'],
  ])('refuses an issuer with %s (contract §5.1)', async (_what, providerIssuer) => {
    const answer = await api.call('POST', PATH, { name: 'x', providerIssuer });
    expect(answer.status).toBe(400);
    expect(pointers(answer)).toEqual(['/providerIssuer']);
  });

  it('allows a local name where keys are given by hand (contract §5.1)', async () => {
    const { body } = await created({ providerIssuer: 'https://kubernetes.default.svc.cluster.local', localJwks: KEYS });
    expect(body.localJwks).toEqual(KEYS);
  });

  it.each([
    ['an IP address', 'https://10.0.0.1/jwks'],
    ['http', 'http://issuer.example/jwks'],
    ['a local name', 'https://jwks.internal/keys'],
  ])('refuses a providerJwksUri with %s (contract §5.1)', async (_what, providerJwksUri) => {
    const answer = await api.call('POST', PATH, { name: 'x', providerIssuer: GITHUB, providerJwksUri });
    expect(pointers(answer)).toEqual(['/providerJwksUri']);
    await created({ providerJwksUri: 'https://issuer.example/jwks?version=1' });
  });

  it('refuses a localJwks with private keys (contract §5.1)', async () => {
    const localJwks = { keys: [{ ...KEY, d: 'c2VjcmV0' }] };
    const answer = await api.call('POST', PATH, { name: 'x', providerIssuer: GITHUB, localJwks });
    expect(answer.status).toBe(400);
    expect(pointers(answer)).toEqual(['/localJwks']);
    expect(JSON.stringify(answer.body)).not.toContain('c2VjcmV0');
  });

  it('wants keys for a SPIFFE trust domain, which has no discovery (contract §5.1)', async () => {
    const spiffe = { name: 's', providerIssuer: 'spiffe://acme.example' };
    const refused = await api.call('POST', PATH, spiffe);
    expect(refused.status).toBe(400);
    expect(pointers(refused)).toEqual(['/providerJwksUri']);
    expect((await created({ ...spiffe, localJwks: KEYS })).body.preset).toBe('spiffe');
  });

  it('names every fault of the rest (contract §5)', async () => {
    const answer = await api.call('POST', PATH, {
      preset: 'gitea',
      allowedAlgorithms: ['RS256', 'HS256'],
      maxTokenLifetime: 59,
      subjectClaim: '/a~2',
      localJwks: { keys: 'none' },
      lastFetchedAt: null,
    });
    expect(answer.status).toBe(400);
    expect(pointers(answer).sort()).toEqual(
      [
        '/preset',
        '/allowedAlgorithms/1',
        '/maxTokenLifetime',
        '/subjectClaim',
        '/localJwks/keys',
        '/lastFetchedAt',
        '/name',
        '/providerIssuer',
      ].sort(),
    );
    const none = await api.call('POST', PATH, { name: 'x', providerIssuer: GITHUB, allowedAlgorithms: [] });
    expect(pointers(none)).toEqual(['/allowedAlgorithms']);
  });
});

describe('uniqueness', () => {
  it('answers 409 for an issuer or a name that is there, but not to another organisation (contract §5.1)', async () => {
    await created();
    const sameIssuer = await api.call('POST', PATH, { name: 'other', providerIssuer: GITHUB });
    expect(sameIssuer.status).toBe(409);
    expect(pointers(sameIssuer)).toEqual(['/providerIssuer']);
    const sameName = await api.call('POST', PATH, { name: 'GitHub', providerIssuer: `${GITHUB}/acme` });
    expect(sameName.status).toBe(409);
    expect(pointers(sameName)).toEqual(['/name']);
    await addOrganisation(api.db, 'acme');
    const body = { name: 'GitHub', providerIssuer: GITHUB };
    expect((await api.call('POST', PATH, body, { 'x-organisation-identity': 'acme' })).status).toBe(201);
  });
});

describe('update', () => {
  it('does not change the issuer, but takes the same value (contract §5.1)', async () => {
    const { body } = await created();
    const path = `${PATH}/${body.identity}`;
    const refused = await api.call('PUT', path, { providerIssuer: `${GITHUB}/` });
    expect(refused.status).toBe(400);
    expect(refused.body.errors).toEqual([
      { pointer: '/providerIssuer', detail: expect.stringContaining('cannot be changed') },
    ]);
    expect((await api.call('PUT', path, { providerIssuer: GITHUB, name: 'x' })).status).toBe(200);
  });

  it('clears providerJwksUri and localJwks with null, and leaves them when absent (contract §5)', async () => {
    const { body } = await created({ providerJwksUri: 'https://issuer.example/jwks', localJwks: KEYS });
    const path = `${PATH}/${body.identity}`;
    expect((await api.call('PATCH', path, { name: 'x' })).body).toMatchObject({
      localJwks: KEYS,
      providerJwksUri: expect.any(String),
    });
    const cleared = await api.call('PATCH', path, { providerJwksUri: null, localJwks: null, labels: null });
    expect(cleared.body).toMatchObject({ localJwks: null, providerJwksUri: null, labels: {} });
  });

  it('raises the version of the keys where their source changes, and only there (contract §6)', async () => {
    const { body } = await created();
    const path = `${PATH}/${body.identity}`;
    await api.call('PATCH', path, { name: 'x', status: 'inactive', maxTokenLifetime: 600 });
    expect(await keysVersion(body.identity)).toBe(1);
    await api.call('PATCH', path, { providerJwksUri: 'https://issuer.example/jwks' });
    expect(await keysVersion(body.identity)).toBe(2);
    await api.call('PATCH', path, { localJwks: KEYS });
    expect(await keysVersion(body.identity)).toBe(3);
    await api.call('PATCH', path, { preset: 'generic' });
    expect(await keysVersion(body.identity)).toBe(4);
    await api.call('PATCH', path, { providerJwksUri: null, localJwks: KEYS });
    expect(await keysVersion(body.identity)).toBe(5);
  });

  it('takes back what it answered, fetched keys included (contract §5)', async () => {
    const { body } = await created();
    const path = `${PATH}/${body.identity}`;
    await api.db
      .prepare('UPDATE identity_provider SET fetched_keys = ?, last_fetched_at = ? WHERE id = ?')
      .bind('[{"kid":"k","alg":"RS256"}]', NOW, body.identity)
      .run();
    const { body: read } = await api.call('GET', path);
    expect(read).toMatchObject({ keys: [{ kid: 'k', alg: 'RS256' }], lastFetchedAt: '2027-01-15T08:00:00Z' });
    expect((await api.call('PUT', path, read)).body).toEqual(read);
    expect((await api.call('PUT', path, { keys: [] })).status).toBe(400);
  });

  it('clears providerJwksUri with an empty text too, as Go clients that cannot send null do (contract §5)', async () => {
    const { body } = await created({ providerJwksUri: 'https://jwks.example/keys' });
    const path = `${PATH}/${body.identity}`;
    expect((await api.call('PUT', path, { providerJwksUri: '' })).body).toMatchObject({ providerJwksUri: null });
    expect((await api.call('PUT', path, { providerJwksUri: ' ' })).status).toBe(400);
    const { body: other } = await created({ name: 'b', providerIssuer: 'https://b.example', providerJwksUri: '' });
    expect(other.providerJwksUri).toBeNull();
  });

  it('shows the keys that verify: those of localJwks while there are some (contract §5.1)', async () => {
    const { body } = await created({ localJwks: KEYS });
    const path = `${PATH}/${body.identity}`;
    expect(body.keys).toEqual([{ kid: KEY.kid, alg: KEY.alg }]);
    expect((await api.call('PUT', path, body)).body).toEqual(body);
    expect((await api.call('PATCH', path, { localJwks: null })).body.keys).toEqual([]);
  });

  it('judges the provider that results: localJwks of a local name cannot be cleared (contract §5.1)', async () => {
    const { body } = await created({ providerIssuer: 'https://kubernetes.default.svc', localJwks: KEYS });
    expect((await api.call('PATCH', `${PATH}/${body.identity}`, { localJwks: null })).status).toBe(400);
    expect((await api.call('PATCH', `${PATH}/${body.identity}`, { description: 'ok' })).status).toBe(200);
  });
});

describe('delete', () => {
  it('answers 409 while identities use it, and 204 after (contract §5.1)', async () => {
    const { body: provider } = await created();
    const { body: account } = await api.call('POST', '/v1/service-accounts', { name: 'a' });
    const { body: identity } = await api.call('POST', '/v1/federated-identities', {
      name: 'i',
      serviceAccountIdentity: account.identity,
      providerIdentity: provider.identity,
      providerSubject: 'repo:acme/app:ref:refs/heads/main',
    });
    const path = `${PATH}/${provider.identity}`;
    const refused = await api.call('DELETE', path);
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain('delete them first');
    expect((await api.call('GET', path)).status).toBe(200);
    await api.call('DELETE', `/v1/federated-identities/${identity.identity}`);
    expect((await api.call('DELETE', path)).status).toBe(204);
    expect((await api.events()).at(-1)).toMatchObject({ action: 'identity_provider.delete', issuer: GITHUB });
  });
});
