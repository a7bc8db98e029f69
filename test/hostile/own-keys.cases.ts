// Class 10: our own signing keys: secrets that are wrong or half, tokens of ours where they do not belong, and forgeries of them.

import { exportJWK, generateKeyPair } from 'jose';
import type { JWK } from 'jose';

import type { Answer } from '../support/deployment.ts';
import { createKey, signSegments } from '../support/issuer.ts';
import { AUDIENCE, group, materialOf, usual } from './case.ts';
import type { HostileCase, HostileClass, HostileGroup, Kit, World } from './case.ts';
import { negated, partsOf, segment, signatureOf, signHmac, bytes, withSignature } from './forge.ts';
import type { Refusal } from './refusal.ts';

const UNCONFIGURED: Refusal = { status: 503, error: 'server_error', reason: 'configuration_invalid' };

/** A private key as an operator puts it into the secret. */
async function privateKey(alg: string, kid: string): Promise<JWK> {
  const { privateKey: key } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(key)), kid, alg };
}

const first = (): Promise<JWK> => privateKey('ES256', 'own-1');

interface Misconfigured extends World {
  readonly bundle: string;
}

/** A deployment whose secret is this; every private member may be printed nowhere. */
function secretGroup(name: string, bundleOf: () => Promise<unknown>): HostileGroup {
  const world = async (kit: Kit): Promise<Misconfigured> => {
    const content = await bundleOf();
    const bundle = typeof content === 'string' ? content : JSON.stringify(content);
    const made = await usual(kit, { settings: { SIGNING_KEYS: bundle }, warm: false });
    const members = [...bundle.matchAll(/"(?:d|p|q|dp|dq|qi|k)":"([^"]{20,})"/g)].map(([, value = '']) => value);
    made.secrets.push(...members);
    return { ...made, bundle };
  };
  // The twin needs a sound secret, so it is another deployment.
  const twin = async ({ kit }: Misconfigured): Promise<string | Answer> => {
    const sound = await usual(kit, {
      settings: { SIGNING_KEYS: JSON.stringify({ keys: [await first()] }) },
      warm: false,
    });
    return sound.deployment.exchange(await sound.token());
  };
  const at = (path: string, refused: Refusal): HostileCase<Misconfigured> => ({
    name: `${path} where the secret ${name}`,
    taught: 'contract §0 (nothing is signed with a wrong or partial configuration)',
    refused,
    attack: ({ deployment }) => deployment.send(path),
    twin,
  });
  return group<Misconfigured>({
    title: `a secret that ${name}`,
    world,
    fresh: 'case',
    cases: [
      {
        name: `to sign where the secret ${name}`,
        taught: 'contract §0 (nothing is signed with a wrong or partial configuration)',
        refused: { ...UNCONFIGURED, fetches: 'issuer' },
        attack: ({ token }) => token(),
        twin,
      },
      at('/.well-known/jwks.json', { status: 503, error: 'server_error', reason: null }),
    ],
  });
}

const secrets: readonly HostileGroup[] = [
  secretGroup('is no JSON', async () => 'not json'),
  secretGroup('is cut in half', async () => JSON.stringify({ keys: [await first()] }).slice(0, 120)),
  secretGroup('is an empty set', async () => ({ keys: [] })),
  secretGroup('is a single key instead of a set', first),
  secretGroup('is a list', async () => [await first()]),
  secretGroup('is null', async () => 'null'),
  secretGroup('has a key without kid', async () => ({ keys: [{ ...(await first()), kid: undefined }] })),
  secretGroup('has a kid with a line break', async () => ({ keys: [{ ...(await first()), kid: 'a\r\nb' }] })),
  secretGroup('has a key without alg', async () => ({ keys: [{ ...(await first()), alg: undefined }] })),
  secretGroup('has a key for HS256', async () => ({
    keys: [{ kty: 'oct', k: 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0', kid: 'a', alg: 'HS256' }],
  })),
  secretGroup('has a key for none', async () => ({ keys: [{ ...(await first()), alg: 'none' }] })),
  secretGroup('has a public key only', async () => ({ keys: [{ ...(await first()), d: undefined }] })),
  secretGroup('has a good key and a public one', async () => ({
    keys: [await first(), { ...(await privateKey('ES256', 'own-2')), d: undefined }],
  })),
  secretGroup('repeats a kid', async () => ({ keys: [await first(), await first()] })),
  secretGroup('has an alg that does not fit its curve', async () => ({
    keys: [{ ...(await privateKey('ES384', 'own-1')), alg: 'ES256' }],
  })),
  secretGroup('has a key for encryption', async () => ({ keys: [{ ...(await first()), use: 'enc' }] })),
  secretGroup('has half a modulus', async () => {
    const key = await privateKey('RS256', 'own-1');
    return { keys: [{ ...key, n: key.n?.slice(0, 171) }] };
  }),
];

/** Halves that do not belong together are seen when signing; the JWKS has to be empty of them, too. */
const mismatched: readonly HostileCase[] = [
  {
    name: 'to sign with a private half that is not the public one’s',
    taught: 'contract §0; a token that no verifier could verify',
    refused: { ...UNCONFIGURED, fetches: 'issuer' },
    attack: ({ token }) => token(),
    twin: async ({ kit }) => {
      const sound = await usual(kit, {
        settings: { SIGNING_KEYS: JSON.stringify({ keys: [await first()] }) },
        warm: false,
      });
      return sound.deployment.exchange(await sound.token());
    },
  },
];

async function mismatchedWorld(kit: Kit): Promise<World> {
  const [one, other] = [await first(), await first()];
  return usual(kit, { settings: { SIGNING_KEYS: JSON.stringify({ keys: [{ ...one, d: other.d }] }) }, warm: false });
}

/** D1 says that another key is active than those in the secret. */
const lost: readonly HostileCase[] = [
  {
    name: 'to sign while the active key is not in the secret, and never takes another one',
    taught: 'contract §5.8 (half a bundle: never another key)',
    refused: UNCONFIGURED,
    prepare: async ({ deployment }) => {
      await deployment.db.prepare("UPDATE signing_key SET kid = kid || '-gone'").run();
      // The keys of the secret are new to D1 now, and recorded as standby.
      await deployment.send('/readyz');
    },
    attack: ({ token }) => token(),
    twin: async ({ deployment, token }) => {
      await deployment.db.prepare("DELETE FROM signing_key WHERE kid NOT LIKE '%-gone'").run();
      await deployment.db.prepare("UPDATE signing_key SET kid = replace(kid, '-gone', '')").run();
      return token();
    },
  },
];

interface Own extends World {
  /** A fresh access token of this deployment. */
  readonly own: (parameters?: Record<string, string | readonly string[]>) => Promise<string>;
  /** What a case made before it is measured: a forgery needs a genuine token first, whose audit event is not the forgery's. */
  readonly made: { token: string };
}

async function ownWorld(kit: Kit): Promise<Own> {
  const world = await usual(kit, {
    rule: { tokenAudiences: [AUDIENCE, 'https://api.example.com'], allowedScopes: ['iam:read'] },
  });
  return {
    ...world,
    own: async (parameters = {}) => {
      const { body } = await world.deployment.exchange(await world.token(), parameters);
      world.secrets.push(...materialOf(body.access_token));
      return body.access_token as string;
    },
    made: { token: '' },
  };
}

const ID = { requested_token_type: 'urn:ietf:params:oauth:token-type:id_token', audience: AUDIENCE };

/** A token made of a genuine one of ours, as a subject token. */
function circular(
  name: string,
  taught: string,
  reason: Refusal['reason'],
  make: (world: Own) => Promise<string>,
): HostileCase<Own> {
  return {
    name,
    taught,
    refused: { reason },
    prepare: async (world) => {
      world.made.token = await make(world);
    },
    attack: ({ made }) => made.token,
  };
}

const circles: readonly HostileCase<Own>[] = [
  circular(
    'an access token of ours as a subject token',
    'RFC 8725 §3.11, RFC 9068 §5 (typ)',
    'token_type_not_accepted',
    ({ own }) => own(),
  ),
  circular('an ID token of ours as a subject token', 'a token that renews itself', 'issuer_not_registered', ({ own }) =>
    own(ID),
  ),
  circular(
    'an access token of ours with its typ taken off',
    'RFC 8725 §3.11',
    'issuer_not_registered',
    async ({ own }) => {
      const [header, payload, signature] = partsOf(await own());
      const { alg, kid } = JSON.parse(atob(header)) as { alg: string; kid: string };
      return `${segment({ alg, kid })}.${payload}.${signature}`;
    },
  ),
];

/** Forged tokens of ours, as credentials of the IAM API. */
function forged(name: string, taught: string, forge: (world: Own) => Promise<string>): HostileCase<Own> {
  return {
    name: `${name} as a credential`,
    taught,
    refused: { status: 401, error: 'unauthenticated', reason: null },
    prepare: async (world) => {
      world.made.token = await forge(world);
    },
    attack: (world) => bearer(world, world.made.token),
    twin: async (world) => bearer(world, await world.own({ scope: 'iam:read' })),
  };
}

function bearer({ deployment, secrets: kept }: World, token: string): Promise<Answer> {
  kept.push(...materialOf(token));
  return deployment.send('/v1/service-accounts', { headers: { authorization: `Bearer ${token}` } });
}

/** The claims and header of an access token of ours, changed and signed by another key. */
async function reforged(
  { own }: Own,
  alg: string,
  header: Readonly<Record<string, unknown>> = {},
  claims: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const [head, payload] = partsOf(await own({ scope: 'iam:read' }));
  const decode = (text: string): Record<string, unknown> =>
    JSON.parse(atob(text.replaceAll('-', '+').replaceAll('_', '/'))) as Record<string, unknown>;
  return signSegments({ ...decode(head), ...header }, { ...decode(payload), ...claims }, await createKey(alg, 'evil'));
}

const forgeries: readonly HostileCase<Own>[] = [
  forged('a token by a stranger under our kid', 'RFC 8725 §3.1', (world) => reforged(world, 'ES256')),
  forged('a token by a stranger under an unknown kid', 'RFC 8725 §3.1', (world) =>
    reforged(world, 'ES256', { kid: 'evil' }),
  ),
  forged(
    'a token with alg none',
    'CVE-2015-9235',
    async (world) =>
      `${partsOf(await reforged(world, 'ES256', { alg: 'none' }))
        .slice(0, 2)
        .join('.')}.`,
  ),
  forged('a token with alg none and a signature', 'CVE-2015-9235', (world) =>
    reforged(world, 'ES256', { alg: 'none' }),
  ),
  forged('a token whose alg is that of our other key', 'RFC 8725 §3.1', (world) =>
    reforged(world, 'RS256', { alg: 'RS256' }),
  ),
  forged('a token without kid', 'RFC 8725 §3.1', (world) => reforged(world, 'ES256', { kid: undefined })),
  forged('a token with the key inside', 'CVE-2018-0114', (world) => reforged(world, 'ES256', { jwk: { kty: 'EC' } })),
  forged('a token signed with our public key as a secret', 'CVE-2016-10555', async ({ deployment, own }) => {
    const { body } = await deployment.send('/.well-known/jwks.json');
    const [head, payload] = partsOf(await own());
    const claims = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as object;
    const { kid } = JSON.parse(atob(head)) as { kid: string };
    return signHmac({ alg: 'HS256', kid, typ: 'at+jwt' }, claims, bytes(JSON.stringify(body.keys[0])));
  }),
  forged('an ID token of ours', 'RFC 9068 §5 (never an access token)', ({ own }) => own(ID)),
  forged('an access token for another service', 'RFC 9068 §4 (aud)', ({ own }) =>
    own({ audience: 'https://api.example.com', scope: 'iam:read' }),
  ),
  forged('an access token with claims put in', 'RFC 7515 §5.2', async ({ own }) => {
    const [head, payload, signature] = partsOf(await own());
    const claims = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as object;
    return `${head}.${segment({ ...claims, scope: 'iam:admin' })}.${signature}`;
  }),
  forged('an expired access token', 'RFC 9068 §4', async ({ own, deployment }) => {
    const token = await own({ scope: 'iam:read' });
    deployment.clock.now += 3_601;
    return token;
  }),
  forged('a revoked access token', 'RFC 7009 §2', async ({ own, deployment }) => {
    const token = await own({ scope: 'iam:read' });
    await deployment.send('/oidc/revoke', { method: 'POST', body: new URLSearchParams({ token }) });
    return token;
  }),
  forged('a revoked access token with its signature negated', 'ECDSA malleability', async ({ own, deployment }) => {
    const token = await own({ scope: 'iam:read' });
    await deployment.send('/oidc/revoke', { method: 'POST', body: new URLSearchParams({ token }) });
    return withSignature(token, negated(signatureOf(token)));
  }),
  forged('a subject token', 'RFC 8725 §3.11', ({ token }) => token({ scope: 'iam:read' })),
  forged('two tokens', 'RFC 6750 §2.1', async ({ own }) => `${await own()},${await own()}`),
];

export const ownKeys: HostileClass = {
  title: 'Own keys',
  about:
    'Secrets that are wrong or half, tokens of ours where they do not belong, and forgeries of them. Nothing is ever signed with another key than the active one.',
  groups: [
    ...secrets,
    group({ title: 'halves that do not belong together', world: mismatchedWorld, cases: mismatched }),
    group({ title: 'a lost key', world: (kit) => usual(kit), cases: lost }),
    group({ title: 'our tokens as subject tokens', world: ownWorld, cases: circles }),
    group({ title: 'forged tokens of ours', world: ownWorld, fresh: 'case', cases: forgeries }),
  ],
};
