// Class 4: who may be asked for keys at all, and what an issuer that is broken, slow or hostile may do to us.

import { createKey } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';
import { AUDIENCE, group, usual } from './case.ts';
import type { HostileCase, HostileClass, Kit, World } from './case.ts';
import type { Refusal } from './refusal.ts';

const ISSUER = 'https://issuer.example.com';
const UNREGISTERED: Refusal = { reason: 'issuer_not_registered' };
const MISSING: Refusal = { reason: 'issuer_missing' };
const UNAVAILABLE: Refusal = { status: 503, error: 'temporarily_unavailable', reason: 'keys_unavailable' };
const INVALID: Refusal = { error: 'invalid', reason: null };

function iss(value: unknown, taught: string, refused: Refusal = UNREGISTERED): HostileCase {
  return {
    name: `iss ${(JSON.stringify(value) ?? 'absent').slice(0, 70)}`,
    taught,
    refused,
    attack: ({ token }) => token({ iss: value }),
  };
}

const unregistered: readonly HostileCase[] = [
  ...[
    'https://stranger.example.com',
    'https://token.actions.githubusercontent.com',
    'http://169.254.169.254/latest/meta-data',
    'http://127.0.0.1:8787',
    'http://localhost',
    'https://2130706433',
    'https://0x7f000001',
    'https://[::1]',
    'file:///etc/passwd',
    'data:application/json,{}',
    'javascript:alert(1)',
    'gopher://127.0.0.1:6379/_FLUSHALL',
    AUDIENCE,
    `${AUDIENCE}/`,
  ].map((value) => iss(value, 'octo-sts advisory GHSA-h3qp-hwvr-9xcq (fetch before the allow-list)')),
  ...[
    'HTTPS://ISSUER.EXAMPLE.COM',
    'https://Issuer.example.com',
    `${ISSUER}/`,
    `${ISSUER}//`,
    `${ISSUER}/.`,
    `${ISSUER}?`,
    `${ISSUER}?a=b`,
    `${ISSUER}#`,
    `${ISSUER}:443`,
    `${ISSUER}:8443`,
    'http://issuer.example.com',
    'issuer.example.com',
    '//issuer.example.com',
    'https:issuer.example.com',
    'https://user@issuer.example.com',
    'https://issuer.example.com@evil.example.com',
    'https://issuer.example.com.evil.example.com',
    'https://evil.example.com/https://issuer.example.com',
    'https://sub.issuer.example.com',
    'https://issuer.example.com.',
    'https://issuer.example.com\\@evil.example.com',
    'https://іssuer.example.com',
    'https://issuer。example.com',
    'https://xn--ssuer-2nf.example.com',
    'https://issuer.example%2Ecom',
    'https://%69ssuer.example.com',
    ` ${ISSUER}`,
    `${ISSUER} `,
    `${ISSUER}\n`,
    `${ISSUER}\t`,
    `${ISSUER}\0`,
    `${ISSUER}\0.evil.example.com`,
    `${ISSUER}\u200B`,
    `\uFEFF${ISSUER}`,
    ISSUER.slice(0, -1),
    `${ISSUER}m`,
    '%',
    '*',
    'https://*',
    "' OR '1'='1",
    "https://issuer.example.com' --",
    'null',
    '__proto__',
  ].map((value) => iss(value, 'RFC 8725 §3.8 (compared byte for byte)')),
  ...(
    [
      undefined,
      null,
      '',
      42,
      true,
      [],
      [ISSUER],
      { iss: ISSUER },
      [[ISSUER]],
      `${ISSUER}/${'a'.repeat(10_000)}`,
    ] as const
  ).map((value) => iss(value, 'RFC 7519 §4.1.1', MISSING)),
];

const slashed: readonly HostileCase[] = [
  iss('https://tenant.example.com', 'Auth0 and AKS: the slash is a part of the name'),
  iss('https://tenant.example.com//', 'Auth0 and AKS: the slash is a part of the name'),
];

/** Asks the API to register an issuer, or to fetch keys from somewhere. */
function registers(
  providerIssuer: string,
  taught: string,
  more: Readonly<Record<string, unknown>> = {},
  where = '',
): HostileCase {
  return {
    name: `registering ${JSON.stringify(providerIssuer).slice(0, 70)}${'providerJwksUri' in more ? ` with keys at ${JSON.stringify(more['providerJwksUri']).slice(0, 60)}` : ''}${where}`,
    taught,
    refused: INVALID,
    attack: ({ deployment }) =>
      deployment.iam('POST', '/v1/federated-identity-providers', { name: 'evil', providerIssuer, ...more }),
    twin: ({ deployment }) => {
      const own = crypto.randomUUID();
      return deployment.iam('POST', '/v1/federated-identity-providers', {
        name: own,
        providerIssuer: `https://${own}.example.com`,
        ...('providerJwksUri' in more ? { providerJwksUri: `https://${own}.example.com/keys?format=jwk` } : {}),
      });
    },
  };
}

/** Addresses that no public issuer has. */
const FORBIDDEN = [
  'http://issuer2.example.com',
  'ftp://issuer2.example.com',
  'ws://issuer2.example.com',
  'https://user@issuer2.example.com',
  'https://user:secret@issuer2.example.com',
  'https://@issuer2.example.com',
  'https://issuer2.example.com/#x',
  'https://127.0.0.1',
  'https://10.0.0.1',
  'https://172.16.0.1',
  'https://192.168.0.1',
  'https://169.254.169.254',
  'https://100.100.100.200',
  'https://0.0.0.0',
  'https://8.8.8.8',
  'https://2130706433',
  'https://0x7f000001',
  'https://0x7f.1',
  'https://0177.0.0.1',
  'https://127.1',
  'https://127.0.0.1.',
  'https://１２７.0.0.1',
  'https://127。0。0。1',
  'https://①②⑦.0.0.1',
  'https://%31%32%37.0.0.1',
  'https://[::1]',
  'https://[::]',
  'https://[::ffff:169.254.169.254]',
  'https://[fd00:ec2::254]',
  'https://[fe80::1%25eth0]',
  'https://localhost',
  'https://LOCALHOST',
  'https://localhost.',
  'https://localhost:8443',
  'https://app.localhost',
  'https://metadata.google.internal',
  'https://METADATA.GOOGLE.INTERNAL',
  'https://printer.local',
  'https://nas.lan',
  'https://router.home.arpa',
  'https://host.localdomain',
  'https://api.default.svc',
  'https://kubernetes.default.svc.cluster.local',
  'https://kubernetes',
  'https://issuer2.example.com.',
  'https://issuer2_x.example.com',
  'https://-issuer2.example.com',
  'https://issuer2..example.com',
  'https://.example.com',
  'https://пример.example',
  'https://issuer2.example.com\\@evil.example.com',
  'https://good.example.com\\.evil.example.com',
  'https://issuer2.example.com/../x',
  'https://issuer2.example.com/%2e%2e/x',
  'https://issuer2.example.com/a b',
  'https://issuer2.exa\tmple.com',
  'https://issuer2.exa\nmple.com',
  'https://issuer2.example.com\r\nHost: evil',
  'https://issuer2.example.com\0',
  'https://issuer2.example.com:99999',
  'https://issuer2.example.com:',
  'https://issuer2.example.com:443:443',
  'https:///issuer2.example.com',
  'https://',
  'https:issuer2.example.com',
  'issuer2.example.com',
  '//issuer2.example.com',
  '',
  ' https://issuer2.example.com',
  `https://issuer2.example.com/${'a'.repeat(500)}`,
  AUDIENCE,
  'https://CAMBIST.TEST',
  `${AUDIENCE}:8443`,
  `${AUDIENCE}/tenant`,
  'https://cambist.test.',
] as const;

const SSRF = 'OWASP SSRF; CVE-2024-22243 class (parsers disagree about hosts)';

const registrations: readonly HostileCase[] = [
  ...FORBIDDEN.filter((url) => url !== 'https://issuer2.example.com:').map((url) => registers(url, SSRF)),
  registers('https://issuer2.example.com?a=b', 'Discovery 1.0 §3 (no query)'),
  registers('https://issuer2.example.com/?', 'Discovery 1.0 §3 (no query)'),
  registers('spiffe://example.org', 'a scheme that needs its preset'),
  registers('spiffe://example.org/path', 'SPIFFE-ID §2', { preset: 'spiffe', localJwks: { keys: [] } }),
  registers('spiffe://EXAMPLE.org', 'SPIFFE-ID §2', { preset: 'spiffe', providerJwksUri: 'https://a.example.com' }),
  registers('spiffe://example.org', 'SPIFFE has no discovery', { preset: 'spiffe' }, ' without keys'),
  ...FORBIDDEN.filter((url) => !['', 'https://issuer2.example.com:'].includes(url)).map((url) =>
    registers('https://issuer3.example.com', SSRF, { providerJwksUri: url }),
  ),
];

const loopback: readonly HostileCase[] = [
  'http://127.0.0.2',
  'http://127.0.0.1.evil.example.com',
  'http://localhost.evil.example.com',
  'http://evil.localhost',
  'http://0.0.0.0',
  'http://[::2]',
  'http://2130706433',
  'http://user@localhost',
  'https://localhost',
  'http://issuer2.example.com',
  'http://169.254.169.254',
].map((url) => registers(url, 'contract §0 (exactly three loopback names)', {}, ', even where loopback is allowed'));

/** What the discovery document or the key set answers, with a cold cache. */
function broken(
  name: string,
  taught: string,
  serve: (world: World) => void,
  fetches: Refusal['fetches'] = 'issuer',
  hides: readonly string[] = [],
): HostileCase {
  return {
    name,
    taught,
    refused: { ...UNAVAILABLE, fetches, hides },
    attack: (world) => {
      serve(world);
      return world.token();
    },
    twin: async ({ issuer, deployment, token }) => {
      issuer.comeBack();
      deployment.clock.now += 11;
      return token();
    },
  };
}

function discovery(
  name: string,
  taught: string,
  document: (world: World) => unknown,
  hides: readonly string[] = [],
): HostileCase {
  return broken(
    `a token of an issuer whose discovery ${name}`,
    taught,
    (world) => {
      const body = document(world);
      world.issuer.answer(
        world.issuer.discoveryPath,
        () => new Response(typeof body === 'string' ? body : JSON.stringify(body)),
      );
    },
    [`${ISSUER}/.well-known/openid-configuration`],
    hides,
  );
}

const lies: readonly HostileCase[] = [
  ...['https://evil.example.com', `${ISSUER}/`, 'https://ISSUER.example.com', '', null, [ISSUER], undefined].map(
    (issuer) =>
      discovery(`names ${JSON.stringify(issuer) ?? 'no'} issuer`, 'Discovery 1.0 §4.3', ({ issuer: { jwksUri } }) => ({
        issuer,
        jwks_uri: jwksUri,
      })),
  ),
  ...[undefined, null, 42, '', [`${ISSUER}/keys`], { url: `${ISSUER}/keys` }, '/keys', 'keys'].map((jwksUri) =>
    discovery(`has the jwks_uri ${JSON.stringify(jwksUri) ?? 'missing'}`, 'Discovery 1.0 §3', () => ({
      issuer: ISSUER,
      jwks_uri: jwksUri,
    })),
  ),
  ...[
    'http://issuer.example.com/keys',
    'https://169.254.169.254/latest/meta-data',
    'http://169.254.169.254/latest/meta-data',
    'https://2852039166/',
    'https://0xa9fea9fe/',
    'https://[::ffff:a9fe:a9fe]/',
    'https://127.0.0.1/keys',
    'https://localhost/keys',
    'https://metadata.google.internal/computeMetadata/v1',
    'https://kubernetes.default.svc/openid/v1/jwks',
    'https://user:secret@issuer.example.com/keys',
    'https://issuer.example.com\\@169.254.169.254/',
    `${AUDIENCE}/.well-known/jwks.json`,
    `${AUDIENCE}:8443/.well-known/jwks.json`,
    'file:///etc/passwd',
    'data:application/json,{"keys":[]}',
    'gopher://127.0.0.1/',
  ].map((jwksUri) =>
    discovery(
      `points at ${jwksUri}`,
      'SSRF by jwks_uri (CVE-2024-21626 class; contract §6)',
      () => ({ issuer: ISSUER, jwks_uri: jwksUri }),
      [jwksUri],
    ),
  ),
  ...[
    '[]',
    '"text"',
    'null',
    '',
    '{',
    '<html></html>',
    `{"issuer":"${ISSUER}","issuer":"${ISSUER}","jwks_uri":"${ISSUER}/keys"}`,
  ].map((text) =>
    discovery(`is ${text === '' ? 'empty' : text.slice(0, 40)}`, 'Discovery 1.0 §4.2', () => text, ['html']),
  ),
  discovery(
    'names its members in __proto__',
    'prototype pollution',
    () => `{"__proto__":{"issuer":"${ISSUER}","jwks_uri":"${ISSUER}/keys"}}`,
  ),
  discovery('is over 64 KiB', 'contract §6', ({ issuer }) => ({
    issuer: ISSUER,
    jwks_uri: issuer.jwksUri,
    pad: 'x'.repeat(64 * 1024),
  })),
];

const DISCOVERY_ONLY = [`${ISSUER}/.well-known/openid-configuration`];

/** Answers every request of an issuer in one way. */
function everywhere({ issuer }: World, handler: () => Response | Promise<Response>): void {
  issuer.answer(issuer.discoveryPath, handler);
  issuer.answer(issuer.jwksPath, handler);
}

/** Redirects, as a network does: whoever asks it to follow gets the other document. */
function redirect(issuer: TestIssuer, path: string, status: number, location: string, target: unknown): void {
  issuer.answer(path, (request) =>
    request.redirect === 'follow'
      ? new Response(JSON.stringify(target))
      : new Response(null, { status, headers: { location } }),
  );
}

const outages: readonly HostileCase[] = [
  ...[400, 401, 403, 404, 418, 429, 500, 502, 503, 204, 206].map((status) =>
    broken(
      `a token of an issuer that answers ${status}`,
      'contract §6',
      (world) => everywhere(world, () => new Response(status === 204 ? null : 'internal detail', { status })),
      DISCOVERY_ONLY,
      ['internal detail', String(status)],
    ),
  ),
  ...[301, 302, 303, 307, 308].flatMap((status) => [
    broken(
      `a redirect ${status} of the discovery document`,
      'SSRF by redirect (CVE-2023-28155)',
      ({ issuer }) =>
        redirect(issuer, issuer.discoveryPath, status, 'http://169.254.169.254/', {
          issuer: ISSUER,
          jwks_uri: issuer.jwksUri,
        }),
      DISCOVERY_ONLY,
      ['169.254.169.254'],
    ),
    broken(
      `a redirect ${status} of the key set`,
      'SSRF by redirect (CVE-2023-28155)',
      ({ issuer }) => redirect(issuer, issuer.jwksPath, status, `${AUDIENCE}/.well-known/jwks.json`, issuer.jwks),
      [...DISCOVERY_ONLY, `${ISSUER}/keys`],
    ),
  ]),
  broken(
    'a token of an issuer that is not on the network',
    'contract §6',
    (world) => everywhere(world, () => Promise.reject(new TypeError('connect ECONNREFUSED 10.0.0.7:443'))),
    DISCOVERY_ONLY,
    ['10.0.0.7'],
  ),
  broken('a sign-in page with status 200', 'a captive portal', ({ issuer }) => issuer.serveGarbage(), DISCOVERY_ONLY, [
    'Sign in',
  ]),
  broken('a key set of 10 MB', 'contract §6', ({ issuer }) =>
    issuer.answer(issuer.jwksPath, () => new Response(bodyOf(160, 'x'.repeat(64 * 1024)))),
  ),
  broken('a key set without end', 'contract §6', ({ issuer }) =>
    issuer.answer(issuer.jwksPath, () => new Response(bodyOf(Infinity, ' '.repeat(4_096)))),
  ),
  broken(
    'a key set of 10 MB that was compressed to 10 KB',
    'decompression bombs (CVE-2024-28122 class)',
    ({ issuer }) =>
      issuer.answer(issuer.jwksPath, () => new Response(bomb(), { headers: { 'content-type': 'application/json' } })),
  ),
  broken(
    'a discovery document without end',
    'contract §6',
    ({ issuer }) => issuer.answer(issuer.discoveryPath, () => new Response(bodyOf(Infinity, '[[[['))),
    DISCOVERY_ONLY,
  ),
  broken('a key set that breaks off', 'contract §6', ({ issuer }) =>
    issuer.answer(issuer.jwksPath, () => new Response(brokenOff())),
  ),
  broken('a key set with a content-length that lies', 'contract §6', ({ issuer }) =>
    issuer.answer(issuer.jwksPath, () => new Response('{"keys":[', { headers: { 'content-length': '5' } })),
  ),
];

/** Stops the wait for real seconds: five of them pass in a twentieth of one. */
async function hundredfold<T>(work: () => Promise<T>): Promise<T> {
  const real = globalThis.setTimeout;
  globalThis.setTimeout = ((run: () => void, milliseconds = 0) => real(run, milliseconds / 100)) as typeof setTimeout;
  try {
    return await work();
  } finally {
    globalThis.setTimeout = real;
  }
}

function slow(name: string, serve: (issuer: TestIssuer) => void, fetches: readonly string[]): HostileCase {
  return {
    name,
    taught: 'slow issuers (contract §6: 5 s in all)',
    refused: { ...UNAVAILABLE, fetches },
    attack: async ({ issuer, deployment, token }) => {
      serve(issuer);
      const good = await token();
      return hundredfold(() => deployment.exchange(good));
    },
    twin: async ({ issuer, deployment, token }) => {
      issuer.comeBack();
      deployment.clock.now += 11;
      return token();
    },
  };
}

const never = (): Promise<Response> => new Promise(() => undefined);

const slowness: readonly HostileCase[] = [
  slow('a token while its issuer hangs', (issuer) => issuer.hang(), DISCOVERY_ONLY),
  slow('a token while the key set hangs', (issuer) => issuer.answer(issuer.jwksPath, never), [
    ...DISCOVERY_ONLY,
    `${ISSUER}/keys`,
  ]),
  slow('a key set of one byte per second', (issuer) => issuer.answer(issuer.jwksPath, () => new Response(drip())), [
    ...DISCOVERY_ONLY,
    `${ISSUER}/keys`,
  ]),
  slow(
    'a discovery document of one byte per second',
    (issuer) => issuer.answer(issuer.discoveryPath, () => new Response(drip())),
    DISCOVERY_ONLY,
  ),
  slow(
    'a key set whose headers come and whose body never does',
    (issuer) => issuer.answer(issuer.jwksPath, () => new Response(new ReadableStream())),
    [...DISCOVERY_ONLY, `${ISSUER}/keys`],
  ),
];

/** What a warm deployment refuses although it once trusted. */
const withdrawn: readonly HostileCase[] = [
  {
    name: 'a token of a disabled provider whose keys are cached',
    taught: 'contract §6 (a disabled provider stops at once)',
    refused: { reason: 'provider_inactive' },
    prepare: async ({ deployment, joined }) => {
      await deployment.iam('PATCH', `/v1/federated-identity-providers/${joined.provider}`, { status: 'inactive' });
    },
    attack: ({ token }) => token(),
    twin: async ({ deployment, joined, token }) => {
      await deployment.iam('PATCH', `/v1/federated-identity-providers/${joined.provider}`, { status: 'active' });
      return token();
    },
  },
  {
    name: 'a token of a deleted provider whose keys are cached',
    taught: 'contract §6',
    refused: UNREGISTERED,
    prepare: async ({ deployment, joined }) => {
      await deployment.iam('DELETE', `/v1/federated-identities/${joined.federatedIdentity}`);
      await deployment.iam('DELETE', `/v1/federated-identity-providers/${joined.provider}`);
    },
    attack: ({ token }) => token(),
    twin: async ({ deployment, kit, issuer, token }) => {
      const provider = await kit.expectCreated(
        deployment.iam('POST', '/v1/federated-identity-providers', { name: 'again', providerIssuer: issuer.issuer }),
      );
      const serviceAccount = await kit.expectCreated(deployment.iam('POST', '/v1/service-accounts', { name: 'again' }));
      await kit.addIdentity(
        deployment,
        { provider, serviceAccount },
        { providerSubject: 'project:acme:pipeline:deploy' },
      );
      return token();
    },
  },
  {
    name: 'a token by a key that the issuer withdrew, once its set is refreshed',
    taught: 'contract §6 (withdrawn keys)',
    refused: { reason: 'unknown_kid', fetches: 'issuer' },
    attack: async ({ deployment, issuer, token }) => {
      const old = issuer.key;
      await issuer.rotate();
      issuer.withdraw();
      deployment.clock.now += 601;
      return token({}, { key: old });
    },
  },
  {
    name: 'a token by a key that an operator had removed from the keys given by hand',
    taught: 'contract §6 (a change of key source)',
    refused: { reason: 'unknown_kid' },
    prepare: async ({ deployment, joined }) => {
      const fresh = await createKey('ES256', 'by-hand');
      await deployment.iam('PATCH', `/v1/federated-identity-providers/${joined.provider}`, {
        localJwks: { keys: [fresh.publicJwk] },
      });
    },
    attack: ({ issuer, token }) => token({}, { key: issuer.key }),
    twin: async ({ deployment, joined, token }) => {
      await deployment.iam('PATCH', `/v1/federated-identity-providers/${joined.provider}`, { localJwks: null });
      return token();
    },
  },
  {
    name: 'a token while stale keys are older than a day',
    taught: 'contract §6 (24 h)',
    refused: { ...UNAVAILABLE, fetches: 'issuer' },
    attack: ({ deployment, issuer, token }) => {
      issuer.goDown();
      deployment.clock.now += 86_401;
      return token();
    },
    twin: ({ deployment, issuer, token }) => {
      issuer.comeBack();
      deployment.clock.now += 11;
      return token();
    },
  },
  {
    name: 'an unknown kid while the issuer is failing',
    taught: 'contract §6 (503, since the key may be new)',
    refused: { ...UNAVAILABLE, fetches: 'issuer' },
    attack: async ({ issuer, token }) => {
      issuer.goDown();
      return token({}, { key: await createKey('ES256', 'new') });
    },
    // Stale and fresh keys are served while the issuer fails.
    twin: ({ token }) => token(),
  },
  {
    name: 'a bad signature under a known kid while the issuer is failing',
    taught: 'contract §6 (the fault is the token’s)',
    refused: { reason: 'signature_invalid', fetches: 'issuer' },
    attack: async ({ issuer, token }) => {
      issuer.goDown();
      return token({}, { key: await createKey('ES256', 'key-1') });
    },
    twin: ({ token }) => token(),
  },
  ...Object.entries({
    'an empty set': () => '{"keys":[]}',
    'a set of garbage': () => '<html>',
    'a point off its curve': ({ issuer }: World) =>
      JSON.stringify({ keys: [{ ...issuer.key.publicJwk, x: issuer.key.publicJwk.y }] }),
    'symmetric keys': () => '{"keys":[{"kty":"oct","k":"AAAA","kid":"key-1"}]}',
    'its private key': ({ issuer }: World) => JSON.stringify({ keys: [{ ...issuer.key.publicJwk, d: 'AAAA' }] }),
  }).map(([name, body]): HostileCase => ({
    name: `a stranger's token after the issuer published ${name}, which never replaces a good set`,
    taught: 'contract §6',
    refused: { ...UNAVAILABLE, fetches: 'issuer' },
    attack: async (world) => {
      world.issuer.answer(world.issuer.jwksPath, () => new Response(body(world)));
      world.deployment.clock.now += 601;
      return world.token({}, { key: await createKey('ES256', 'stranger') });
    },
    // Still broken: the good set is served.
    twin: ({ token }) => token(),
  })),
];

/** What somebody, or another version of this service, wrote into KV under the provider's key. */
function poisoned(
  name: string,
  entry: (world: World, evil: Record<string, unknown>) => unknown,
  reason: Refusal['reason'] = 'unknown_kid',
): HostileCase {
  return {
    name: `a stranger's token whose key stands in KV ${name}`,
    taught: 'KV is a cache: whatever is wrong with an entry, it is as if there were none',
    refused: { reason, fetches: 'issuer' },
    attack: async (world) => {
      const evil = await createKey('ES256', 'evil');
      const value = entry(world, { ...evil.publicJwk });
      await world.kit.cache.put(
        `issuer-keys:${world.joined.provider}:1`,
        typeof value === 'string' ? value : JSON.stringify(value),
      );
      return world.token({}, { key: evil });
    },
  };
}

function source(
  { joined }: World,
  change: { readonly issuer?: string; readonly version?: number; readonly id?: string } = {},
): string {
  return JSON.stringify([change.id ?? joined.provider, change.version ?? 1, change.issuer ?? ISSUER, null, false]);
}

const poison: readonly HostileCase[] = [
  poisoned('for another issuer', (world, evil) => ({
    source: source(world, { issuer: 'https://evil.example.com' }),
    ...times(world),
    keys: [evil],
  })),
  poisoned('for another provider', (world, evil) => ({
    source: source(world, { id: 'idp_other' }),
    ...times(world),
    keys: [evil],
  })),
  poisoned('for another version', (world, evil) => ({
    source: source(world, { version: 2 }),
    ...times(world),
    keys: [evil],
  })),
  poisoned('without a source', (world, evil) => ({ ...times(world), keys: [evil] })),
  poisoned('as a plain key set', (_world, evil) => ({ keys: [evil] })),
  poisoned('from the future', (world, evil) => ({
    source: source(world),
    fetchedAt: world.deployment.clock.now + 3_600,
    freshUntil: world.deployment.clock.now + 4_000,
    keys: [evil],
  })),
  poisoned('fresh for ever', (world, evil) => ({
    source: source(world),
    fetchedAt: world.deployment.clock.now,
    freshUntil: 9_999_999_999,
    keys: [evil],
  })),
  poisoned('with texts for times', (world, evil) => ({
    source: source(world),
    fetchedAt: '1',
    freshUntil: '9999999999',
    keys: [evil],
  })),
  poisoned('past its freshness', (world, evil) => ({
    source: source(world),
    fetchedAt: world.deployment.clock.now - 700,
    freshUntil: world.deployment.clock.now - 100,
    keys: [evil],
  })),
  poisoned('with a private member', (world, evil) => ({
    source: source(world),
    ...times(world),
    keys: [{ ...evil, d: 'AAAA' }],
  })),
  poisoned(
    'twice',
    (world, evil) =>
      `{"source":${JSON.stringify(source(world))},"fetchedAt":${world.deployment.clock.now},"freshUntil":${world.deployment.clock.now + 500},"keys":[],"keys":[${JSON.stringify(evil)}]}`,
  ),
  poisoned('in broken JSON', (_world, evil) => `{"keys":[${JSON.stringify(evil)}]`),
  poisoned('as a list', (_world, evil) => [evil]),
];

function times({ deployment }: World): { fetchedAt: number; freshUntil: number } {
  return { fetchedAt: deployment.clock.now - 10, freshUntil: deployment.clock.now + 500 };
}

/** A row from before a tightening of the rules, or written past the API. */
function oldRow(name: string, column: 'issuer' | 'jwks_uri', value: string): HostileCase {
  return {
    name: `a token where an old row has ${name}`,
    taught: 'rows live longer than the rules they were written under',
    refused: { ...UNAVAILABLE, fetches: 'none', hides: [value] },
    attack: async ({ deployment, joined, issuer, token }) => {
      await deployment.db
        .prepare(`UPDATE identity_provider SET ${column} = ?2, keys_version = keys_version + 1 WHERE id = ?1`)
        .bind(joined.provider, value)
        .run();
      return token(column === 'issuer' ? { iss: value } : {}, { key: issuer.key });
    },
    twin: async ({ deployment, joined, token }) => {
      await deployment.db
        .prepare(
          'UPDATE identity_provider SET issuer = ?2, jwks_uri = NULL, keys_version = keys_version + 1 WHERE id = ?1',
        )
        .bind(joined.provider, ISSUER)
        .run();
      return token();
    },
  };
}

const oldRows: readonly HostileCase[] = [
  oldRow('the metadata service as its issuer', 'issuer', 'http://169.254.169.254'),
  oldRow('this deployment as its issuer', 'issuer', AUDIENCE),
  oldRow('localhost as its issuer', 'issuer', 'https://localhost'),
  oldRow('what is no address as its issuer', 'issuer', 'not an address'),
  oldRow('the metadata service as its jwks_uri', 'jwks_uri', 'http://169.254.169.254/keys'),
  oldRow('a decimal address as its jwks_uri', 'jwks_uri', 'https://2130706433/keys'),
  oldRow('this deployment as its jwks_uri', 'jwks_uri', `${AUDIENCE}/.well-known/jwks.json`),
];

function bodyOf(chunks: number, chunk: string): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      sent += 1;
      if (sent > chunks) controller.close();
      else controller.enqueue(new TextEncoder().encode(chunk));
    },
  });
}

/** As a fetch gives it: already decompressed, a stream of much out of little. */
function bomb(): ReadableStream<Uint8Array> {
  return bodyOf(160, ' '.repeat(64 * 1024))
    .pipeThrough(new CompressionStream('gzip'))
    .pipeThrough(new DecompressionStream('gzip'));
}

function drip(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      await new Promise<void>((resolve) => setTimeout(resolve, 1_000));
      controller.enqueue(new TextEncoder().encode(' '));
    },
  });
}

function brokenOff(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"keys":['));
      controller.error(new TypeError('connection reset'));
    },
  });
}

const strict = { ALLOW_LOOPBACK_ISSUERS: 'false' };
const cold = (kit: Kit): Promise<World> => usual(kit, { warm: false, settings: strict });

export const issuerAndKeys: HostileClass = {
  title: 'Issuer and keys',
  about:
    'Who may be asked for keys at all, and what an issuer that is broken, slow or hostile may do to us. An unregistered issuer causes no traffic.',
  groups: [
    group({ title: 'unregistered issuers', world: (kit) => usual(kit, { settings: strict }), cases: unregistered }),
    group({
      title: 'an issuer with a slash',
      world: (kit) => usual(kit, { issuer: { issuer: 'https://tenant.example.com/' } }),
      cases: slashed,
    }),
    group({ title: 'registrations', world: (kit) => usual(kit, { settings: strict }), cases: registrations }),
    group({ title: 'registrations where loopback is allowed', world: (kit) => usual(kit), cases: loopback }),
    group({ title: 'lying discovery', world: cold, fresh: 'case', cases: lies }),
    group({ title: 'outages', world: cold, fresh: 'case', cases: outages }),
    group({ title: 'slowness', world: cold, fresh: 'case', cases: slowness }),
    group({ title: 'what was trusted once', world: (kit) => usual(kit), fresh: 'case', cases: withdrawn }),
    group({ title: 'poisoned KV', world: cold, fresh: 'case', cases: poison }),
    group({ title: 'old rows', world: cold, fresh: 'case', cases: oldRows }),
  ],
};
