// Every way in which a valid token may be damaged, cut, spliced or written differently; knows nothing of what judges the result.

import { base64url } from 'jose';
import type { JWK } from 'jose';

import { encodeSegment } from '../support/issuer.ts';

/** What mutations are made of. */
export interface Material {
  readonly token: string;
  /** Another valid token of the same issuer and key, with other claims. */
  readonly other: string;
  /** The public key that verifies both. */
  readonly key: JWK;
}

/** Any two positions and a choice; each mutation takes them modulo what it needs. */
export interface Choice {
  readonly at: number;
  readonly to: number;
  readonly pick: number;
}

type Mutate = (material: Material, choice: Choice) => string;
type Members = Record<string, unknown>;

const CHARACTERS = [
  '=',
  '+',
  '/',
  '-',
  '_',
  '.',
  'A',
  'z',
  '0',
  ' ',
  '\t',
  '\n',
  '\r',
  '\0',
  '~',
  '%',
  'é',
  '\u200b',
  '\ufeff',
];
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const ALGORITHMS = [
  'none',
  'None',
  '',
  'HS256',
  'RS256',
  'RS512',
  'PS256',
  'PS384',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
  'ES256K',
];

function partsOf(token: string): [string, string, string] {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [header, payload, signature];
}

function oneOf<T>(values: readonly T[], pick: number): T {
  return values[pick % values.length] as T;
}

/** Changes one of the three parts. */
function inPart(token: string, pick: number, change: (part: string) => string): string {
  const parts = partsOf(token);
  const index = (pick % 3) as 0 | 1 | 2;
  parts[index] = change(parts[index]);
  return parts.join('.');
}

/** Changes the JSON text of the header or the payload, under the old signature. */
function inText(token: string, part: 0 | 1, change: (text: string) => string): string {
  const parts = partsOf(token);
  parts[part] = encodeSegment(change(new TextDecoder().decode(base64url.decode(parts[part]))));
  return parts.join('.');
}

function inMembers(token: string, part: 0 | 1, change: (members: Members) => Members): string {
  return inText(token, part, (text) => JSON.stringify(change(JSON.parse(text) as Members)));
}

function inBytes(token: string, pick: number, change: (bytes: Uint8Array) => Uint8Array): string {
  return inPart(token, pick, (part) => base64url.encode(change(base64url.decode(part))));
}

function flipped(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  return bytes.map((byte, index) => (index === at % bytes.length ? byte ^ (1 << (bit % 8)) : byte));
}

/** The signature of two halves as a DER sequence of integers, as other software writes it. */
function asDer(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2;
  const integer = (bytes: Uint8Array): number[] => [2, bytes.length + 1, 0, ...bytes];
  const body = [...integer(signature.slice(0, half)), ...integer(signature.slice(half))];
  return new Uint8Array([0x30, ...(body.length > 127 ? [0x81] : []), body.length, ...body]);
}

/** By name, so that a counterexample says what it did. */
export const MUTATIONS: Readonly<Record<string, Mutate>> = {
  'a bit of a character flipped': ({ token }, { at, pick }) => {
    const index = at % token.length;
    return (
      token.slice(0, index) + String.fromCharCode(token.charCodeAt(index) ^ (1 << (pick % 8))) + token.slice(index + 1)
    );
  },
  'a bit of a part flipped': ({ token }, { at, to, pick }) => inBytes(token, pick, (bytes) => flipped(bytes, at, to)),
  'a bit of the signature flipped': ({ token }, { at, to }) => inBytes(token, 2, (bytes) => flipped(bytes, at, to)),
  'a stretch cut out': ({ token }, { at, to }) => {
    const from = at % token.length;
    return token.slice(0, from) + token.slice(from + 1 + (to % 8));
  },
  'cut off': ({ token }, { at }) => token.slice(0, at % token.length),
  'its start cut off': ({ token }, { at }) => token.slice(1 + (at % token.length)),
  'two characters swapped': ({ token }, { at, to }) => {
    const characters = token.split('');
    const [one, other] = [at % token.length, to % token.length];
    [characters[one], characters[other]] = [characters[other] ?? '', characters[one] ?? ''];
    return characters.join('');
  },
  'a character replaced': ({ token }, { at, pick }) => {
    const index = at % token.length;
    return token.slice(0, index) + oneOf(CHARACTERS, pick) + token.slice(index + 1);
  },
  'a character added': ({ token }, { at, pick }) => {
    const index = at % (token.length + 1);
    return token.slice(0, index) + oneOf(CHARACTERS, pick) + token.slice(index);
  },
  'a stretch repeated': ({ token }, { at, to }) => {
    const from = at % token.length;
    return token.slice(0, from + 1 + (to % 20)) + token.slice(from);
  },
  'two parts swapped': ({ token }, { at, to }) => {
    const parts = partsOf(token);
    const [one, other] = [(at % 3) as 0 | 1 | 2, (to % 3) as 0 | 1 | 2];
    return parts.with(one, parts[other]).with(other, parts[one]).join('.');
  },
  'a part repeated': ({ token }, { at, to }) => {
    const parts = partsOf(token);
    return parts.toSpliced(to % 4, 0, parts[(at % 3) as 0 | 1 | 2]).join('.');
  },
  'a part left out': ({ token }, { at }) =>
    partsOf(token)
      .toSpliced(at % 3, 1)
      .join('.'),
  'a part emptied': ({ token }, { pick }) => inPart(token, pick, () => ''),
  'a part of another token': ({ token, other }, { pick }) =>
    inPart(token, pick, () => partsOf(other)[(pick % 3) as 0 | 1 | 2]),
  'two tokens spliced at a character': ({ token, other }, { at, to }) =>
    token.slice(0, at % token.length) + other.slice(to % 2 === 0 ? at % token.length : to % other.length),
  'two tokens in a row': ({ token, other }, { pick }) =>
    `${token}${oneOf(['', '.', ' ', ',', '\n', '~'], pick)}${pick % 2 === 0 ? other : token}`,

  'padded as base64': ({ token }, { pick, at }) =>
    inPart(token, pick, (part) => part + oneOf(['=', '==', '===', '%3D'], at)),
  'in the alphabet of base64': ({ token }, { pick }) =>
    pick % 4 === 3
      ? token.replaceAll('-', '+').replaceAll('_', '/')
      : inPart(token, pick, (part) => part.replaceAll('-', '+').replaceAll('_', '/')),
  'other trailing bits, which encode nothing': ({ token }, { pick, at }) =>
    inPart(token, pick, (part) => {
      const spare = part.length % 4 === 2 ? 16 : part.length % 4 === 3 ? 4 : 1;
      return part.slice(0, -1) + ALPHABET.charAt(ALPHABET.indexOf(part.slice(-1)) ^ (at % spare));
    }),
  'white space around or inside': ({ token }, { pick, at }) => {
    const space = oneOf([' ', '\n', '\r\n', '\t', '\u00a0', '\v'], at);
    return oneOf(
      [`${space}${token}`, `${token}${space}`, token.replace('.', `${space}.`), token.replace('.', `.${space}`)],
      pick,
    );
  },
  'in another case': ({ token }, { pick }) =>
    inPart(token, pick, (part) => (pick % 2 === 0 ? part.toUpperCase() : part.toLowerCase())),
  'as JSON serialization': ({ token }, { pick }) => {
    const [header, payload, signature] = partsOf(token);
    return JSON.stringify(
      pick % 2 === 0
        ? { protected: header, payload, signature }
        : { payload, signatures: [{ protected: header, signature }], header: { alg: 'none' } },
    );
  },
  'encrypted in form': ({ token }, { pick }) => oneOf([`${token}..`, `${token}.AAAA.AAAA`, `..${token}`], pick),

  'its JSON with other white space': ({ token }, { pick, at }) =>
    inText(token, (pick % 2) as 0 | 1, (text) =>
      oneOf(
        [
          ` ${text}`,
          `${text}\n`,
          JSON.stringify(JSON.parse(text), null, 1),
          text.replace(':', ' :'),
          text.replace(',', ', '),
        ],
        at,
      ),
    ),
  'its JSON with its members in another order': ({ token }, { pick }) =>
    inMembers(token, (pick % 2) as 0 | 1, (members) => Object.fromEntries(Object.entries(members).toReversed())),
  'its JSON with a character escaped': ({ token }, { pick, at }) =>
    inText(token, (pick % 2) as 0 | 1, (text) => {
      const letters = [...text.matchAll(/[a-z]/g)]
        .map(({ index }) => index)
        .filter((index) => !/[:,]$/.test(text.slice(0, index)));
      const index = letters[at % letters.length] ?? 0;
      return `${text.slice(0, index)}\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}${text.slice(index + 1)}`;
    }),
  'its JSON with a member repeated': ({ token }, { pick, at }) =>
    inText(token, (pick % 2) as 0 | 1, (text) => {
      const members = Object.entries(JSON.parse(text) as Members);
      const [name, value] = oneOf(members, at);
      const again = `${JSON.stringify(name)}:${JSON.stringify(at % 2 === 0 ? value : 'other')}`;
      return pick % 4 < 2 ? text.replace(/\}$/, `,${again}}`) : text.replace('{', `{${again},`);
    }),
  'its JSON with something after it': ({ token }, { pick, at }) =>
    inText(token, (pick % 2) as 0 | 1, (text) => text + oneOf(['{}', '\0', ',', '//', text, ' null'], at)),

  'another algorithm': ({ token }, { pick }) =>
    inMembers(token, 0, (header) => ({ ...header, alg: oneOf(ALGORITHMS, pick) })),
  'another algorithm and no signature': ({ token }, { pick }) => {
    const changed = inMembers(token, 0, (header) => ({ ...header, alg: oneOf(ALGORITHMS, pick) }));
    return inPart(changed, 2, () => '');
  },
  'another kid': ({ token }, { pick }) =>
    inMembers(token, 0, (header) => ({
      ...header,
      kid: oneOf<unknown>([undefined, null, '', 'key-2', 'KEY-1', 7, ['key-1'], '../key-1', 'constructor'], pick),
    })),
  'a key, or the address of one, of its own': ({ token, key }, { pick }) =>
    inMembers(token, 0, (header) => ({
      ...header,
      ...oneOf<Members>(
        [
          { jwk: key },
          { jku: 'https://issuer.example.com/keys' },
          { x5u: 'https://evil.example/' },
          { x5c: ['MIIB'] },
          { x5t: 'AAAA' },
        ],
        pick,
      ),
    })),
  'a header that changes how it is read': ({ token }, { pick }) =>
    inMembers(token, 0, (header) => ({
      ...header,
      ...oneOf<Members>(
        [
          { crit: ['b64'], b64: false },
          { b64: false },
          { crit: [] },
          { zip: 'DEF' },
          { cty: 'JWT' },
          { typ: 'at+jwt' },
          { typ: 'jose' },
          { enc: 'A128GCM' },
        ],
        pick,
      ),
    })),
  'another claim': ({ token }, { pick }) =>
    inMembers(token, 1, (claims) => ({
      ...claims,
      ...oneOf<Members>(
        [
          { sub: 'admin' },
          { aud: 'x' },
          { exp: 9_999_999_999 },
          { iat: 0 },
          { iss: 'https://evil.example' },
          { admin: true },
          { jti: 'x' },
          { nbf: 0 },
        ],
        pick,
      ),
    })),

  'another signature': ({ token }, { pick, at }) =>
    inBytes(token, 2, (bytes) =>
      oneOf(
        [
          new Uint8Array(bytes.length),
          new Uint8Array(bytes.length).fill(255),
          bytes.toReversed(),
          asDer(bytes),
          new Uint8Array([0, ...bytes]),
          new Uint8Array([...bytes, 0]),
          new Uint8Array([...bytes.slice(bytes.length / 2), ...bytes.slice(0, bytes.length / 2)]),
          new Uint8Array([...bytes.slice(0, bytes.length / 2), ...new Uint8Array(bytes.length / 2)]),
          new Uint8Array([...bytes, ...bytes]),
          bytes.slice(at % bytes.length),
          bytes.slice(0, at % bytes.length),
        ],
        pick,
      ),
    ),
};
