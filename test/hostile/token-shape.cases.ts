// Class 1: what arrives is no compact JWS, or one that two parsers could read differently.

import { AUDIENCE, claimsAt, group, SUBJECT, usual } from './case.ts';
import type { HostileCase, HostileClass, World } from './case.ts';
import { bytes, joined, partsOf, segment, signEncoded } from './forge.ts';

const MALFORMED = { reason: 'token_malformed' } as const;
const TOO_LARGE = { reason: 'token_too_large' } as const;

/** A case made of a good token's text. */
function edited(name: string, taught: string, edit: (token: string) => string): HostileCase {
  return { name, taught, attack: async ({ token }) => edit(await token()), refused: MALFORMED };
}

/** A case whose payload is exactly this text, rightly signed. */
function payload(
  name: string,
  taught: string,
  text: (world: World) => string | Uint8Array,
  says?: string,
): HostileCase {
  return {
    name,
    taught,
    attack: (world) => signEncoded(goodHeader(world), segment(text(world)), world.issuer.key),
    refused: says === undefined ? MALFORMED : { ...MALFORMED, says },
  };
}

/** A case whose header is exactly this text, rightly signed. */
function header(name: string, taught: string, text: (world: World) => string | Uint8Array): HostileCase {
  return {
    name,
    taught,
    attack: (world) => signEncoded(segment(text(world)), segment(claims(world)), world.issuer.key),
    refused: MALFORMED,
  };
}

function goodHeader({ issuer }: World): string {
  return segment({ alg: issuer.key.alg, kid: issuer.key.kid, typ: 'JWT' });
}

function claims(world: World, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return claimsAt(world.deployment, world.issuer.issuer, more);
}

/** The good claims as text, with members written before or after them. */
function around(world: World, before: string, after: string): string {
  return `{${before}${JSON.stringify(claims(world)).slice(1, -1)}${after}}`;
}

const segments: readonly HostileCase[] = [
  {
    name: 'an empty token, which counts as none',
    taught: 'RFC 6749 §3.2',
    attack: () => '',
    refused: { reason: 'malformed_request', says: 'subject_token is missing' },
  },
  {
    name: 'one segment',
    taught: 'RFC 7515 §7.1',
    attack: () => 'eyJhbGciOiJFUzI1NiJ9',
    refused: { ...MALFORMED, says: '1 segment' },
  },
  edited('a token without its signature and its second dot', 'RFC 7515 §7.1', (token) =>
    partsOf(token).slice(0, 2).join('.'),
  ),
  edited('an empty signature', 'RFC 8725 §2.1', (token) => `${partsOf(token).slice(0, 2).join('.')}.`),
  edited('an empty payload', 'RFC 7519 §7.2', (token) => `${partsOf(token)[0]}..${partsOf(token)[2]}`),
  edited('an empty header', 'RFC 7519 §7.2', (token) => `.${partsOf(token)[1]}.${partsOf(token)[2]}`),
  { name: 'two dots and nothing else', taught: 'RFC 7515 §7.1', attack: () => '..', refused: MALFORMED },
  edited('four segments', 'RFC 7515 §7.1', (token) => `${token}.AAAA`),
  edited('a dot before the token', 'RFC 7515 §7.1', (token) => `.${token}`),
  edited('a dot after the token', 'RFC 7515 §7.1', (token) => `${token}.`),
  {
    name: 'an encrypted token of five segments',
    taught: 'CVE-2024-28122 (JWE bombs in lestrrat-go/jwx)',
    attack: () => `${segment({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.AAAA.AAAA.AAAA.AAAA`,
    refused: { ...MALFORMED, says: 'encrypted' },
  },
  {
    name: 'a direct encryption with an empty key segment',
    taught: 'RFC 7516 §7.1',
    attack: () => `${segment({ alg: 'dir', enc: 'A256GCM' })}..AAAA.AAAA.AAAA`,
    refused: { ...MALFORMED, says: 'encrypted' },
  },
  {
    name: 'sixteen thousand dots',
    taught: 'CVE-2025-30204 (golang-jwt splits without a bound)',
    attack: () => '.'.repeat(16_000),
    refused: { ...MALFORMED, says: '7 or more segments' },
  },
  {
    name: 'sixty thousand dots',
    taught: 'CVE-2025-30204 (golang-jwt)',
    attack: () => '.'.repeat(60_000),
    refused: TOO_LARGE,
  },
  {
    name: 'a million dots, as a request that is too large before it is one',
    taught: 'CVE-2025-27144 (go-jose)',
    attack: ({ deployment }) => deployment.exchange('.'.repeat(1_000_000)),
    refused: { status: 413, reason: null },
  },
  edited('a JWS in flattened JSON serialization', 'RFC 7515 §7.2.2', (token) => {
    const [protectedHeader, text, signature] = partsOf(token);
    return JSON.stringify({ payload: text, protected: protectedHeader, signature });
  }),
  edited('a JWS in general JSON serialization', 'RFC 7515 §7.2.1', (token) => {
    const [protectedHeader, text, signature] = partsOf(token);
    return JSON.stringify({ payload: text, signatures: [{ protected: protectedHeader, signature }] });
  }),
  edited(
    'a token inside a JSON answer, as the GitHub endpoint gives it',
    'GitHub Actions OIDC: {"value": …}',
    (token) => JSON.stringify({ value: token }),
  ),
];

const sizes: readonly HostileCase[] = [
  {
    name: 'a good token of one character over 16 KiB',
    taught: 'contract §1',
    attack: (world) => padded(world, 16 * 1024 + 1),
    twin: (world) => padded(world, 16 * 1024),
    refused: TOO_LARGE,
  },
  {
    name: 'a good token of 40 KiB',
    taught: 'jose takes 6.7 MB',
    attack: (world) => world.token({ pad: 'x'.repeat(30_000) }),
    refused: TOO_LARGE,
  },
  {
    name: 'a good token whose header is over 4 KiB',
    taught: 'contract §1',
    attack: (world) => paddedHeader(world, 3_073),
    twin: (world) => paddedHeader(world, 3_072),
    refused: TOO_LARGE,
  },
];

/** A good token of exactly so many characters. */
async function padded(world: World, length: number): Promise<string> {
  const fixed = (await world.token({ pad: '' })).length;
  // Three characters of padding are four of the token; what is left is found by trying.
  for (let pad = Math.floor(((length - fixed) * 3) / 4) - 3; ; pad += 1) {
    const token = await world.token({ pad: 'x'.repeat(pad) });
    if (token.length >= length) return token.length === length ? token : lengthened(world, pad, length);
  }
}

/** base64url skips one length in four, which one more character of the key id's neighbour makes up for. */
async function lengthened(world: World, pad: number, length: number): Promise<string> {
  for (let extra = 0; extra < 8; extra += 1) {
    const token = await world.token({ pad: 'x'.repeat(pad - extra) }, { header: { pad: 'x'.repeat(extra) } });
    if (token.length === length) return token;
    for (let more = 0; more < 8; more += 1) {
      const other = await world.token({ pad: 'x'.repeat(pad - extra - 4) }, { header: { pad: 'x'.repeat(more) } });
      if (other.length === length) return other;
    }
  }
  throw new Error(`no token of ${length} characters was found`);
}

/** A good token whose header is so many bytes of JSON. */
function paddedHeader(world: World, size: number): Promise<string> {
  const { alg, kid } = world.issuer.key;
  const empty = JSON.stringify({ alg, kid, typ: 'JWT', pad: '' }).length;
  return world.token({}, { header: { pad: 'x'.repeat(size - empty) } });
}

const characters: readonly HostileCase[] = [
  ...Object.entries({
    'a space before the token': (token: string) => ` ${token}`,
    'a space after the token': (token: string) => `${token} `,
    'a line feed at the end': (token: string) => `${token}\n`,
    'a carriage return and line feed at the end': (token: string) => `${token}\r\n`,
    'a line feed at the start': (token: string) => `\n${token}`,
    'a line break in the middle, as base64 tools write it': (token: string) =>
      `${token.slice(0, 64)}\n${token.slice(64)}`,
    'a tab between segments': (token: string) => token.replace('.', '\t.'),
    'a NUL at the end': (token: string) => `${token}\0`,
    'a NUL and another token after it': (token: string) => `${token}\0${token}`,
    'a vertical tab': (token: string) => `${token}\v`,
    'a no-break space': (token: string) => `${token}\u00A0`,
    'a zero-width space': (token: string) => token.replace('.', '.\u200B'),
    'a byte-order mark before the token': (token: string) => `\uFEFF${token}`,
    'a line separator': (token: string) => `${token}\u2028`,
    'a soft hyphen': (token: string) => token.replace('.', '\u00AD.'),
    'full-width dots': (token: string) => token.replaceAll('.', '．'),
    'an escape sequence of a terminal': (token: string) => `\u001B[2J${token}`,
    'quotes around the token': (token: string) => `"${token}"`,
    'the word Bearer before the token': (token: string) => `Bearer ${token}`,
    'percent-encoded dots': (token: string) => token.replaceAll('.', '%2E'),
    'tildes, as in a selective disclosure': (token: string) => `${token}~`,
    'a comma and a second token': (token: string) => `${token},${token}`,
    'padding after the signature': (token: string) => `${token}==`,
    'padding in the payload': (token: string) => token.replace(/\.(?=[^.]*$)/, '=.'),
  }).map(([name, edit]) => edited(name, 'toolchain: jose takes a trailing newline and a byte-order mark', edit)),
  {
    name: 'the alphabet of base64 with + and /',
    taught: 'RFC 7515 §2 (base64url)',
    attack: async ({ token }) => {
      let good = await token();
      while (!/[-_][^.]*$/.test(good)) good = await token();
      const [head, text, signature] = partsOf(good);
      return `${head}.${text}.${signature.replaceAll('-', '+').replaceAll('_', '/')}`;
    },
    refused: MALFORMED,
  },
  ...['undefined', 'null', '[object Object]', '$ID_TOKEN', '${{ steps.oidc.outputs.token }}', '***'].map(
    (text): HostileCase => ({
      name: `what a broken script sends instead of a token: ${text}`,
      taught: "a user's evening",
      attack: () => text,
      refused: MALFORMED,
    }),
  ),
  {
    name: 'a PEM certificate',
    taught: "a user's evening",
    attack: () => '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
    refused: MALFORMED,
  },
  {
    name: 'an assertion in XML',
    taught: 'RFC 7522 (SAML in the same parameter)',
    attack: () => '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    refused: MALFORMED,
  },
  { name: 'a PASETO', taught: 'other token formats', attack: () => 'v4.public.eyJzdWIiOiJ4In0', refused: MALFORMED },
  {
    name: 'an opaque GitHub token',
    taught: 'other token formats',
    attack: () => 'ghs_16C7e42F292c6912E7710c838347Ae178B4a',
    refused: MALFORMED,
  },
];

const encoding: readonly HostileCase[] = [
  edited('a signature with unused bits set', 'toolchain: jose takes a re-encoded signature', (token) =>
    nonCanonical(token),
  ),
  {
    name: 'a payload with unused bits set, rightly signed',
    taught: 'RFC 4648 §3.5',
    attack: async (world) => signEncoded(goodHeader(world), nonCanonical(oddly(world, 'pad')), world.issuer.key),
    refused: MALFORMED,
  },
  {
    name: 'a header with unused bits set, rightly signed',
    taught: 'RFC 4648 §3.5',
    attack: (world) => {
      const { alg, kid } = world.issuer.key;
      const head = [0, 1, 2]
        .map((size) => segment({ alg, kid, typ: 'JWT', pad: 'x'.repeat(size) }))
        .find((text) => text.length % 4 !== 0);
      return signEncoded(nonCanonical(head ?? ''), segment(claims(world)), world.issuer.key);
    },
    refused: MALFORMED,
  },
  edited('a signature of an impossible length', 'RFC 4648 §3.2', (token) => token.slice(0, -1)),
];

/** The good payload, padded so that its last character has unused bits. */
function oddly(world: World, name: string): string {
  const good = claims(world);
  const sizes = [0, 1, 2].map((size) => segment({ ...good, [name]: 'x'.repeat(size) }));
  return sizes.find((text) => text.length % 4 !== 0) ?? '';
}

/** The same bytes in another spelling: the last character's unused bits set. */
function nonCanonical(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return text.slice(0, -1) + (alphabet[alphabet.indexOf(text.at(-1) ?? '') | 1] ?? '');
}

const json: readonly HostileCase[] = [
  ...['[]', '"text"', '42', 'null', 'true', '{}{}', '', ' ', '{', '{"alg":"ES256",}', "{'alg':'ES256'}", '/**/{}'].map(
    (text) =>
      header(
        `a header that is ${text === '' ? 'empty' : text === ' ' ? 'a space' : text}`,
        'RFC 7515 §5.2',
        () => text,
      ),
  ),
  ...[
    '["iss"]',
    '"text"',
    '42',
    'null',
    'false',
    '{}{}',
    '{"a":NaN}',
    '{"a":Infinity}',
    '{"a":0x10}',
    '{"a":01}',
    '{a:1}',
    '{"a":1,}',
    "{'a':1}",
    '{"a":1}//',
    '{"a":"\u0001"}',
    '{"a":undefined}',
    '{"a":1}\0',
    '{"a":+1}',
    '{"a":.5}',
  ].map((text) => payload(`a payload that is ${JSON.stringify(text)}`, 'RFC 8259', () => text)),
  payload(
    'a payload with a byte-order mark',
    'toolchain: jose skips it',
    (world) => `\uFEFF${JSON.stringify(claims(world))}`,
    'byte-order mark',
  ),
  payload(
    'a payload in UTF-16',
    'RFC 7519 §7.1',
    (world) =>
      new Uint8Array(new Uint16Array(Array.from(JSON.stringify(claims(world)), (char) => char.charCodeAt(0))).buffer),
  ),
  ...Object.entries({
    'a byte that UTF-8 never has': [0xff],
    'an overlong slash': [0xc0, 0xaf],
    'a surrogate written in UTF-8': [0xed, 0xa0, 0x80],
    'a character cut in the middle': [0xe2, 0x82],
    'a code point above U+10FFFF': [0xf5, 0x80, 0x80, 0x80],
  }).map(([name, raw]) =>
    payload(
      `a subject with ${name}`,
      'RFC 8725 §3.7',
      (world) => {
        const [before = '', after = ''] = JSON.stringify(claims(world, { note: '@@' })).split('@@');
        return joined(bytes(before), new Uint8Array(raw), bytes(after));
      },
      'not valid UTF-8',
    ),
  ),
  payload(
    'half a surrogate pair in a value',
    'RFC 8259 §8.2',
    (world) => around(world, '"note":"\\ud800",', ''),
    'surrogate',
  ),
  payload(
    'half a surrogate pair in a name',
    'RFC 8259 §8.2',
    (world) => around(world, '"\\udc00":1,', ''),
    'surrogate',
  ),
  payload('a number that is infinite', 'toolchain: jose takes exp 1e400', (world) => around(world, '', ',"n":1e400')),
  payload('a number of ten thousand digits in the exponent', 'RFC 8259 §6', (world) =>
    around(world, '', `,"n":1e${'9'.repeat(5_000)}`),
  ),
  payload(
    'arrays nested 33 deep',
    'toolchain: jose takes 100,000',
    (world) => around(world, '', `,"deep":${'['.repeat(32)}${']'.repeat(32)}`),
    'nested',
  ),
  payload(
    'arrays nested five thousand deep',
    'CVE-2024-21907 class (deep JSON)',
    (world) => around(world, '', `,"deep":${'['.repeat(5_000)}${']'.repeat(5_000)}`),
    'nested',
  ),
  payload(
    'objects nested five hundred deep',
    'deep JSON',
    (world) => around(world, '', `,"deep":${'{"a":'.repeat(500)}1${'}'.repeat(500)}`),
    'nested',
  ),
  payload('brackets that never close', 'deep JSON', () => '['.repeat(8_000)),
  header(
    'a header nested 40 deep',
    'deep JSON',
    ({ issuer }) => `{"alg":"ES256","kid":"${issuer.key.kid}","deep":${'['.repeat(40)}${']'.repeat(40)}}`,
  ),
];

const EVIL = JSON.stringify('project:evil:pipeline:deploy');
const GOOD = JSON.stringify(SUBJECT);

const duplicates: readonly HostileCase[] = [
  ...Object.entries({
    sub: [EVIL, GOOD],
    aud: ['"https://other.example.com"', JSON.stringify(AUDIENCE)],
    iss: ['"https://evil.example.com"', '"https://issuer.example.com"'],
    exp: ['1', '9999999999'],
    jti: ['"a"', '"b"'],
    nbf: ['1', '2'],
  }).flatMap(([name, [first = '', second = '']]) => [
    payload(
      `the claim ${name} twice, the attacker's first`,
      'RFC 7519 §4',
      (world) => around(world, `"${name}":${first},`, ''),
      'repeated',
    ),
    payload(
      `the claim ${name} twice, the attacker's last`,
      'RFC 7519 §4',
      (world) => around(world, '', `,"${name}":${second}`),
      'repeated',
    ),
  ]),
  payload(
    'the claim sub twice, once in escapes',
    'Miller 2018 (parsers disagree on duplicates)',
    (world) => around(world, `"\\u0073ub":${EVIL},`, ''),
    'repeated',
  ),
  payload(
    'the claim sub twice, its last letter escaped',
    'RFC 8259 §8.3',
    (world) => around(world, '', `,"su\\u0062":${EVIL}`),
    'repeated',
  ),
  payload(
    'the same claim twice with the same value',
    'RFC 7519 §4',
    (world) => around(world, '', `,"sub":${GOOD}`),
    'repeated',
  ),
  payload(
    'a repeated member inside another claim',
    'RFC 8259 §4',
    (world) => around(world, '', ',"kubernetes.io":{"namespace":"a","namespace":"b"}'),
    'repeated',
  ),
  payload('__proto__ twice', 'RFC 8259 §4', (world) => around(world, '"__proto__":{},"__proto__":{},', ''), 'repeated'),
  payload(
    'a repeated member inside a list',
    'RFC 8259 §4',
    (world) => around(world, '', ',"list":[{"a":1,"a":2}]'),
    'repeated',
  ),
  ...['"alg":"none"', '"kid":"other"', '"typ":"JWT"', '"\\u0061lg":"none"'].map((member) =>
    header(
      `a header in which ${member} repeats a member`,
      'RFC 7515 §4',
      ({ issuer }) => `{"alg":"ES256","kid":"${issuer.key.kid}","typ":"JWT",${member}}`,
    ),
  ),
];

export const tokenShape: HostileClass = {
  title: 'Token shape',
  about:
    'What arrives is no compact JWS, or one that two parsers could read differently. Nothing is fetched and nothing stored.',
  groups: [
    group({ title: 'segments', world: usual, cases: segments }),
    group({ title: 'sizes', world: usual, cases: sizes }),
    group({ title: 'characters', world: usual, cases: characters }),
    group({ title: 'encoding', world: usual, cases: encoding }),
    group({ title: 'JSON', world: usual, cases: json }),
    group({ title: 'repeated members', world: usual, cases: duplicates }),
  ],
};
