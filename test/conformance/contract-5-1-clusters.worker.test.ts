// Private clusters (contract §5.1): issuers that are any StringOrURI, several providers of one issuer, and the key that tells them apart.

import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { addIdentity, deploy, expectCreated, ISSUER_URL } from '../support/deployment.ts';
import type { Answer, Deployment } from '../support/deployment.ts';
import { createIssuer, createKey } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';

const DEFAULT_ISSUER = 'https://kubernetes.default.svc.cluster.local';
const SUBJECT = 'system:serviceaccount:payments:deployer';
const PROVIDERS = '/v1/federated-identity-providers';

let deployment: Deployment;
beforeEach(async () => {
  deployment = await deploy();
});

/** A cluster whose issuer nobody can reach, and the account that its workload acts as. */
interface Cluster {
  readonly issuer: TestIssuer;
  readonly provider: string;
  readonly serviceAccount: string;
  readonly identity: string;
}

const register = (name: string, issuer: TestIssuer, more: object = {}): Promise<Answer> =>
  deployment.iam('POST', PROVIDERS, {
    name,
    providerIssuer: issuer.issuer,
    localJwks: { keys: issuer.jwks.keys },
    ...more,
  });

async function addCluster(name: string, kid: string, issuerName = DEFAULT_ISSUER): Promise<Cluster> {
  const issuer = { ...(await createIssuer({ kid })), issuer: issuerName };
  const provider = await expectCreated(register(name, issuer));
  const serviceAccount = await expectCreated(deployment.iam('POST', '/v1/service-accounts', { name }));
  const identity = await addIdentity(deployment, { provider, serviceAccount }, { providerSubject: SUBJECT });
  return { issuer, provider, serviceAccount, identity };
}

const tokenOf = ({ issuer }: Cluster, changes: object = {}): Promise<string> => {
  const { now } = deployment.clock;
  return issuer.sign({ iss: issuer.issuer, sub: SUBJECT, aud: ISSUER_URL, iat: now, exp: now + 300, ...changes });
};

describe('an issuer that nothing is fetched from', () => {
  it.each([
    'api',
    'kubernetes.default.svc',
    'kubernetes/serviceaccount',
    'http://keycloak.internal:8080/realms/x',
    'https://192.168.49.2:8443',
    'https://[fd00::1]:6443',
    'urn:example:cluster',
  ])('may be %s, and its tokens are exchanged (contract §5.1, RFC 7519 §2)', async (name) => {
    const cluster = await addCluster('one', 'key-1', name);
    deployment.resetCounts();
    const answer = await deployment.exchange(await tokenOf(cluster));
    expect(answer.status).toBe(200);
    expect(decodeJwt(answer.body.access_token)).toMatchObject({ act: { iss: name, sub: SUBJECT } });
    expect(deployment.counts.fetches).toEqual([]);
  });

  it.each(['api', 'http://keycloak.internal/realms/x', 'https://192.168.49.2:8443'])(
    'is refused as %s without localJwks, and when they are taken away (contract §5.1)',
    async (name) => {
      const issuer = { ...(await createIssuer()), issuer: name };
      expect((await register('one', issuer, { localJwks: null })).status).toBe(400);
      const provider = await expectCreated(register('one', issuer));
      const cleared = await deployment.iam('PATCH', `${PROVIDERS}/${provider}`, { localJwks: null });
      expect(cleared.status).toBe(400);
      expect(cleared.body.errors).toMatchObject([{ pointer: '/providerIssuer' }]);
    },
  );

  it('is never this deployment, nor the address of a discovery document (contract §5.1)', async () => {
    for (const issuer of [ISSUER_URL, 'http://cambist.test', `${DEFAULT_ISSUER}/.well-known/openid-configuration`]) {
      const answer = await register('one', { ...(await createIssuer()), issuer });
      expect(answer.status).toBe(400);
      expect(answer.body.errors).toMatchObject([{ pointer: '/providerIssuer' }]);
    }
  });
});

describe('several clusters with the default issuer (contract §5.1)', () => {
  it.each([
    ['different kids', 'key-a', 'key-b'],
    ['one kid for both', 'key-1', 'key-1'],
  ])('with %s are told apart by the key that verifies', async (_what, one, other) => {
    const [a, b] = [await addCluster('a', one), await addCluster('b', other)];
    for (const [cluster, neighbour] of [
      [a, b],
      [b, a],
    ] as const) {
      for (const more of [{}, { service_account_id: cluster.serviceAccount }]) {
        const answer = await deployment.exchange(await tokenOf(cluster), more);
        expect(answer.status).toBe(200);
        expect(decodeJwt(answer.body.access_token)).toMatchObject({
          sub: cluster.serviceAccount,
          federated_identity: cluster.identity,
        });
      }
      const crossed = await deployment.exchange(await tokenOf(cluster), {
        service_account_id: neighbour.serviceAccount,
      });
      expect(crossed.status).toBe(400);
    }
  });

  it('let in no key that none of them has, and no token that its own provider refuses', async () => {
    const a = await addCluster('a', 'key-1');
    await addCluster('b', 'key-1');
    const { now } = deployment.clock;
    const claims = { iss: DEFAULT_ISSUER, sub: SUBJECT, aud: ISSUER_URL, iat: now, exp: now + 300 };
    const forged = await a.issuer.sign(claims, { key: await createKey('ES256', 'key-1') });
    expect((await deployment.exchange(forged)).body.error_description).toContain('signature');
    const unknown = await a.issuer.sign(claims, { key: await createKey('ES256', 'key-9') });
    expect((await deployment.exchange(unknown)).body.error_description).toContain('kid');
    const expired = await tokenOf(a, { iat: now - 900, exp: now - 600 });
    expect((await deployment.exchange(expired)).body.error_description).toContain('expired');
    expect((await deployment.exchange(await tokenOf(a))).status).toBe(200);
  });

  it('stop one by one when they are disabled, whichever is the older', async () => {
    const [a, b] = [await addCluster('a', 'key-a'), await addCluster('b', 'key-b')];
    for (const [off, on] of [
      [a, b],
      [b, a],
    ] as const) {
      await deployment.iam('PATCH', `${PROVIDERS}/${off.provider}`, { status: 'inactive' });
      expect((await deployment.exchange(await tokenOf(off))).status).toBe(400);
      expect((await deployment.exchange(await tokenOf(on))).status).toBe(200);
      await deployment.iam('PATCH', `${PROVIDERS}/${off.provider}`, { status: 'active' });
    }
  });

  it('have pattern rules and conditions of their own', async () => {
    const [a, b] = [await addCluster('a', 'key-1'), await addCluster('b', 'key-1')];
    const rule = { providerSubject: 'system:serviceaccount:payments:*', providerSubjectMatch: 'glob' };
    await addIdentity(deployment, { provider: b.provider, serviceAccount: b.serviceAccount }, rule);
    const other = { sub: 'system:serviceaccount:payments:reader' };
    expect((await deployment.exchange(await tokenOf(b, other))).status).toBe(200);
    expect((await deployment.exchange(await tokenOf(a, other))).status).toBe(400);
  });

  it('are explained by the provider whose key it is', async () => {
    const [a, b] = [await addCluster('a', 'key-1'), await addCluster('b', 'key-1')];
    for (const cluster of [a, b]) {
      const { body } = await deployment.iam('POST', '/v1/federated-identities/explain', {
        subjectToken: await tokenOf(cluster),
      });
      expect(body).toMatchObject({ decision: 'granted', provider: { identity: cluster.provider } });
    }
  });

  it('cost one write, as one does (contract §7)', async () => {
    const [a] = [await addCluster('a', 'key-1'), await addCluster('b', 'key-1')];
    await deployment.exchange(await tokenOf(a));
    deployment.resetCounts();
    await deployment.exchange(await tokenOf(a));
    expect(deployment.counts).toMatchObject({ d1Trips: 1, kvReads: 0, fetches: [] });
  });
});

describe('a second provider of an issuer is 409, which says what would be allowed (contract §5.1)', () => {
  it.each<[string, (first: TestIssuer, second: TestIssuer) => [object, object]]>([
    ['neither has localJwks', () => [{ localJwks: null }, { localJwks: null }]],
    ['the first has none', () => [{ localJwks: null }, {}]],
    ['the second has none', () => [{}, { localJwks: null }]],
    ['they have a key in common', (first) => [{}, { localJwks: { keys: first.jwks.keys } }]],
    [
      'they have a key in common, under another kid and beside others',
      (first, second) => [
        {},
        { localJwks: { keys: [...second.jwks.keys, ...first.jwks.keys.map((key) => ({ ...key, kid: 'renamed' }))] } },
      ],
    ],
  ])('where %s', async (_what, make) => {
    const [first, second] = [await createIssuer({ kid: 'a' }), await createIssuer({ kid: 'b' })];
    const [one, other] = make(first, second);
    await expectCreated(register('one', first, one));
    const answer = await register('other', second, other);
    expect(answer.status).toBe(409);
    expect(answer.body.errors).toMatchObject([{ pointer: '/providerIssuer' }]);
    expect(answer.body.detail).toMatch(/localJwks and no key in common/);
  });

  it('also when a change would make it so, and the change that does not is made', async () => {
    const [a, b] = [await addCluster('a', 'key-a'), await addCluster('b', 'key-b')];
    const path = `${PROVIDERS}/${b.provider}`;
    expect((await deployment.iam('PATCH', path, { localJwks: { keys: a.issuer.jwks.keys } })).status).toBe(409);
    const fresh = await createKey('ES256', 'key-c');
    expect((await deployment.iam('PATCH', path, { localJwks: { keys: [fresh.publicJwk] } })).status).toBe(200);
    expect((await deployment.iam('PATCH', path, { description: 'b' })).status).toBe(200);
  });

  it('of two at once with one key, one is created', async () => {
    const issuer = await createIssuer({ issuer: DEFAULT_ISSUER });
    const answers = await Promise.all(['a', 'b', 'c'].map((name) => register(name, issuer)));
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([201, 409, 409]);
  });

  it('from the twenty-first on', async () => {
    for (let at = 0; at < 20; at += 1)
      await expectCreated(register(`cluster ${at}`, await createIssuer({ issuer: DEFAULT_ISSUER })));
    expect((await register('one more', await createIssuer({ issuer: DEFAULT_ISSUER }))).status).toBe(409);
  });
});

describe('the keys of a provider (contract §5.1)', () => {
  it('given by hand are shown as far as they verify', async () => {
    const rsa = await createKey('RS256', 'many');
    const [one, other] = [await createKey('ES256', 'both'), await createKey('ES256', 'both')];
    const keys = [
      ...['RS256', 'RS512'].map((alg) => ({ ...rsa.publicJwk, alg })),
      one.publicJwk,
      other.publicJwk,
      { ...(await createKey('ES256', 'enc')).publicJwk, use: 'enc' },
      { ...(await createKey('ES384', 'plain')).publicJwk, alg: null, use: null, d: null },
    ];
    const created = await register('a', await createIssuer(), { localJwks: { keys } });
    expect(created.body.keys).toEqual([
      { kid: 'many', alg: 'RS256' },
      { kid: 'many', alg: 'RS512' },
      { kid: 'plain', alg: null },
    ]);
    const path = `${PROVIDERS}/${created.body.identity}`;
    expect((await deployment.iam('GET', path)).body.keys).toEqual(created.body.keys);
    expect((await deployment.iam('PATCH', path, { localJwks: { keys: [one.publicJwk] } })).body.keys).toEqual([
      { kid: 'both', alg: 'ES256' },
    ]);
    expect((await deployment.iam('PATCH', path, { localJwks: null })).body.keys).toEqual([]);
  });
});
