// Class 8: a token that was used before, in every disguise, and storage that fails at the worst moment.

import { createIssuer, createKey } from '../support/issuer.ts';
import { group, SUBJECT, usual } from './case.ts';
import type { HostileCase, HostileClass, Kit, World } from './case.ts';
import { negated, partsOf, segment, signatureOf, signEncoded, withSignature } from './forge.ts';
import type { Refusal } from './refusal.ts';

const USED: Refusal = { reason: 'token_already_used', says: 'already used' };
const DOWN: Refusal = { status: 503, error: 'temporarily_unavailable', reason: 'storage_unavailable' };

/** A world whose rule takes each token once, and a token that was used. */
interface Once extends World {
  readonly used: { token: string };
}

async function once(kit: Kit): Promise<Once> {
  const world = await usual(kit, { rule: { replayProtection: 'singleUse' } });
  return { ...world, used: { token: '' } };
}

/** Exchanges a token first, and fails where that is not granted. */
function after(
  name: string,
  taught: string,
  claims: Readonly<Record<string, unknown>>,
  attack: HostileCase<Once>['attack'],
  refused: Refusal = USED,
): HostileCase<Once> {
  return {
    name,
    taught,
    refused,
    prepare: async (world) => {
      world.used.token = await world.token(claims);
      const { status } = await world.deployment.exchange(world.used.token);
      if (status !== 200) throw new Error(`the first use was answered ${status}`);
    },
    attack,
  };
}

const JTI = { jti: 'fixed' };

const replays: readonly HostileCase<Once>[] = [
  after('the same token again', 'RFC 7519 §4.1.7', {}, ({ used }) => used.token),
  after('the same token in a cold isolate', 'single use lives in D1 and not in memory', {}, ({ used, deployment }) => {
    deployment.coldStart();
    return used.token;
  }),
  after(
    'the same token with its signature negated, which verifies too',
    'ECDSA malleability (CVE-2024-42459 class)',
    {},
    ({ used }) => withSignature(used.token, negated(signatureOf(used.token))),
  ),
  after(
    'the same token without jti, with its signature negated',
    'ECDSA malleability: never key anything on the raw token',
    { jti: undefined },
    ({ used }) => withSignature(used.token, negated(signatureOf(used.token))),
  ),
  after(
    'the same token without jti',
    'contract §5.3 (by header and payload)',
    { jti: undefined },
    ({ used }) => used.token,
  ),
  after(
    'the same token without jti, signed once more',
    'contract §5.3 (by header and payload)',
    { jti: undefined },
    ({ used, issuer }) => {
      const [header, payload] = partsOf(used.token);
      return signEncoded(header, payload, issuer.key);
    },
  ),
  after('another token with the same jti', 'RFC 7519 §4.1.7', JTI, ({ token }) => token(JTI)),
  after('another token with the same jti and other claims', 'RFC 7519 §4.1.7', JTI, ({ token, deployment }) =>
    token({ ...JTI, exp: deployment.clock.now + 200, note: 'other' }),
  ),
  after('another token with the same jti in escapes', 'RFC 8259 §7', JTI, ({ issuer, used }) => {
    const [header, payload] = partsOf(used.token);
    const text = atob(payload.replaceAll('-', '+').replaceAll('_', '/')).replace('"fixed"', '"\\u0066ixed"');
    return signEncoded(header, segment(text), issuer.key);
  }),
  after(
    'another token with the same jti by a new key',
    'RFC 7519 §4.1.7',
    JTI,
    async ({ issuer, token, deployment }) => {
      await issuer.rotate();
      deployment.clock.now += 31;
      return token(JTI);
    },
    { ...USED, fetches: 'issuer' },
  ),
  after('another token without jti whose jti is no text', 'contract §5.3', { jti: 42 }, ({ used }) => used.token),
  after('another token without jti whose jti is empty', 'contract §5.3', { jti: '' }, ({ used }) => used.token),
  after(
    'the same token after exp, within the skew',
    'contract §5.3 (a row outlives its token)',
    {},
    ({ used, deployment }) => {
      deployment.clock.now += 359;
      return used.token;
    },
  ),
  after('the same token with a smaller scope', 'contract §5.3', {}, async ({ used, deployment }) =>
    deployment.exchange(used.token, { scope: 'api:read' }),
  ),
  after(
    'the same token with a shorter lifetime and the account named',
    'contract §5.3',
    {},
    async ({ used, deployment, joined }) =>
      deployment.exchange(used.token, { service_account_id: joined.serviceAccount, access_token_lifetime: '60' }),
  ),
  after(
    'the same token as an assertion',
    'one token, several doors',
    {},
    async ({ used, deployment }) =>
      deployment.token({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: used.token }),
    { ...USED, error: 'invalid_grant' },
  ),
  after(
    'the same token as a client assertion',
    'RFC 7523 §3 (jti)',
    {},
    async ({ used, deployment }) =>
      deployment.token({
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: used.token,
      }),
    { ...USED, status: 401, error: 'invalid_client' },
  ),
  after(
    'the same token at the other endpoint',
    'one token, several doors',
    {},
    async ({ used, deployment, joined }) =>
      deployment.send('/api/v2/oauth/token-exchange', {
        method: 'POST',
        body: new URLSearchParams({ client_id: joined.serviceAccount, jwt: used.token }),
      }),
    { ...USED, status: 403 },
  ),
  {
    ...after(
      'the same token for another account that takes it once, too',
      'contract §5.3 (by issuer and jti)',
      {},
      async ({ used, deployment }) =>
        deployment.exchange(used.token, { service_account_id: 'other', organisation_id: 'default' }),
    ),
    prepare: async (world) => {
      const serviceAccount = await world.kit.expectCreated(
        world.deployment.iam('POST', '/v1/service-accounts', { name: 'other' }),
      );
      await world.kit.addIdentity(
        world.deployment,
        { ...world.joined, serviceAccount },
        { providerSubject: SUBJECT, replayProtection: 'singleUse' },
      );
      world.used.token = await world.token();
      await world.deployment.exchange(world.used.token, { service_account_id: world.joined.serviceAccount });
    },
    twin: async ({ token, deployment }) =>
      deployment.exchange(await token(), { service_account_id: 'other', organisation_id: 'default' }),
  },
  {
    ...after(
      'the same token after its rule was replaced by an equal one',
      'a deleted rule forgets nothing',
      {},
      ({ used }) => used.token,
    ),
    prepare: async (world) => {
      world.used.token = await world.token();
      await world.deployment.exchange(world.used.token);
      await world.deployment.iam('DELETE', `/v1/federated-identities/${world.joined.federatedIdentity}`);
      await world.kit.addIdentity(world.deployment, world.joined, {
        providerSubject: SUBJECT,
        replayProtection: 'singleUse',
      });
    },
  },
];

/** What is not a replay: the same jti elsewhere. Each is a twin of the replay before it. */
const neighbours: readonly HostileCase<Once>[] = [
  {
    ...after(
      'a replay, but not another issuer’s token with the same jti',
      'RFC 7519 §4.1.7 (unique per issuer)',
      JTI,
      ({ used }) => used.token,
    ),
    twin: async ({ deployment, kit, joined, token }) => {
      const other = await createIssuer({ issuer: 'https://other.example.com' });
      deployment.connect(other);
      const provider = await kit.expectCreated(
        deployment.iam('POST', '/v1/federated-identity-providers', { name: 'other', providerIssuer: other.issuer }),
      );
      await kit.addIdentity(
        deployment,
        { ...joined, provider },
        { providerSubject: SUBJECT, replayProtection: 'singleUse' },
      );
      return token({ ...JTI, iss: other.issuer }, { key: other.key });
    },
  },
  {
    ...after('a replay, but not a jti in other letters', 'compared byte for byte', JTI, ({ used }) => used.token),
    twin: ({ token }) => token({ jti: 'FIXED' }),
  },
  {
    ...after('a replay, but not a jti with a NUL after it', 'compared byte for byte', JTI, ({ used }) => used.token),
    twin: ({ token }) => token({ jti: 'fixed\0' }),
  },
  {
    ...after('a replay, but not a jti that is longer', 'compared whole', JTI, ({ used }) => used.token),
    twin: ({ token }) => token({ jti: `fixed${'x'.repeat(5_000)}` }),
  },
  {
    name: 'a token whose request was refused, which consumes nothing',
    taught: 'contract §5.3 (only a success consumes)',
    refused: { error: 'invalid_scope', reason: 'scope_not_allowed' },
    attack: async ({ used, token, deployment }) => {
      used.token = await token();
      return deployment.exchange(used.token, { scope: 'admin' });
    },
    twin: ({ used }) => used.token,
  },
  {
    name: 'a forged token with a good jti, which consumes nothing',
    taught: 'burning somebody else’s token',
    refused: { reason: 'signature_invalid', fetches: 'issuer' },
    attack: async ({ token }) => token(JTI, { key: await createKey('ES256', 'key-1') }),
    twin: ({ token }) => token(JTI),
  },
  {
    name: 'a token of another subject with a good jti, which consumes nothing',
    taught: 'burning somebody else’s token',
    refused: { reason: 'no_federated_identity' },
    attack: ({ token }) => token({ ...JTI, sub: 'project:evil:pipeline:deploy' }),
    twin: ({ token }) => token(JTI),
  },
];

/** D1 fails while the attack runs, from its n-th round trip on. */
function failing(
  name: string,
  from: number,
  twinUsed: boolean,
  rule: 'singleUse' | 'off',
  message = 'D1_ERROR: network connection lost',
): HostileCase<Once> {
  return {
    name,
    taught: 'contract §3 (a token is never released before its audit event is durable)',
    refused: DOWN,
    prepare: async ({ deployment, joined }) =>
      deployment.iam('PATCH', `/v1/federated-identities/${joined.federatedIdentity}`, { replayProtection: rule }),
    attack: async ({ deployment, token, used }) => {
      used.token = await token();
      // A warm isolate would write at once, without reading before.
      deployment.coldStart();
      const { carry } = deployment.d1;
      let trips = 0;
      deployment.d1.carry = async (trip) => {
        trips += 1;
        return trips < from ? carry(trip) : Promise.reject(new Error(message));
      };
      try {
        return await deployment.exchange(used.token);
      } finally {
        deployment.d1.carry = carry;
      }
    },
    // Nothing was issued, so the very token may be sent again.
    twin: ({ used, token }) => (twinUsed ? used.token : token()),
  };
}

const storage: readonly HostileCase<Once>[] = [
  failing('a token while D1 cannot be read', 1, true, 'off'),
  failing('a token while D1 cannot be written', 2, true, 'off'),
  failing('a single-use token while D1 cannot be written, and does not consume it', 2, true, 'singleUse'),
  failing(
    'a token while D1 says that it is overloaded',
    1,
    true,
    'singleUse',
    'D1_ERROR: D1 DB is overloaded. Requests queued for too long.',
  ),
  {
    ...failing('a token while the audit table is gone', 9, true, 'singleUse'),
    prepare: ({ deployment }) => deployment.db.prepare('ALTER TABLE audit_event RENAME TO audit_away').run(),
    attack: async ({ token, used, deployment }) => {
      used.token = await token();
      const answer = await deployment.exchange(used.token);
      await deployment.db.prepare('ALTER TABLE audit_away RENAME TO audit_event').run();
      return answer;
    },
  },
  {
    ...failing('a single-use token while its table is gone', 9, true, 'singleUse'),
    prepare: ({ deployment }) => deployment.db.prepare('ALTER TABLE used_token RENAME TO used_away').run(),
    attack: async ({ token, used, deployment }) => {
      used.token = await token();
      const answer = await deployment.exchange(used.token);
      await deployment.db.prepare('ALTER TABLE used_away RENAME TO used_token').run();
      return answer;
    },
  },
];

export const replayAndConcurrency: HostileClass = {
  title: 'Replay and concurrency',
  about:
    'A token that was used before, in every disguise, and storage that fails at the worst moment. What needs many requests at once is in the test file.',
  groups: [
    group({ title: 'replays', world: once, fresh: 'case', cases: replays }),
    group({ title: 'what is no replay', world: once, fresh: 'case', cases: neighbours }),
    group({ title: 'failing storage', world: once, fresh: 'case', cases: storage }),
  ],
};
