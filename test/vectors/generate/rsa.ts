// RSA vectors: PKCS #1 v1.5 blocks and PSS encodings that are wrong in one place, signed as they are, and values that are no signatures.

import { constants, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import type { VectorFile } from '../vector.ts';
import { base64url, bytesOf, hash, joined, numberOf, power } from './bytes.ts';
import { bytesOfText, collection, signingInput } from './token.ts';
import type { Collection } from './token.ts';

const SIZE = 256;
const OID: Readonly<Record<string, readonly number[]>> = {
  md5: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05],
  sha1: [0x2b, 0x0e, 0x03, 0x02, 0x1a],
  sha256: [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01],
  sha384: [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02],
  sha512: [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03],
};

interface RsaKey {
  readonly privateKey: KeyObject;
  readonly n: bigint;
  readonly jwk: { readonly kty: 'RSA'; readonly n: string; readonly e: string };
  /** The private operation on any block. */
  readonly raw: (block: Uint8Array) => Uint8Array;
}

function rsaKey(bits: number = 2_048): RsaKey {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  const jwk = privateKey.export({ format: 'jwk' }) as Record<'n' | 'e' | 'd', string>;
  const [n, d] = [numberOf(Buffer.from(jwk.n, 'base64url')), numberOf(Buffer.from(jwk.d, 'base64url'))];
  return {
    privateKey,
    n,
    jwk: { kty: 'RSA', n: jwk.n, e: jwk.e },
    raw: (block) => bytesOf(power(numberOf(block), d, n), bits / 8),
  };
}

const der = (tag: number, ...content: readonly (Uint8Array | readonly number[])[]): Uint8Array => {
  const body = joined(...content);
  return joined([tag, body.length], body);
};

/** DigestInfo (RFC 8017 §9.2) over an algorithm identifier. */
function digestInfo(name: string, digest: Uint8Array, parameters: readonly number[] = [0x05, 0x00]): Uint8Array {
  return der(0x30, der(0x30, der(0x06, OID[name] ?? []), parameters), der(0x04, digest));
}

interface Block {
  readonly start?: readonly number[];
  readonly padding?: number;
  /** How many bytes of padding; as many as fit, by default. */
  readonly length?: number;
  readonly separator?: readonly number[];
  readonly info: Uint8Array;
  readonly trailing?: Uint8Array;
}

/** EMSA-PKCS1-v1_5 (RFC 8017 §9.2), each piece of it replaceable. */
function block({
  start = [0, 1],
  padding = 0xff,
  length,
  separator = [0],
  info,
  trailing = new Uint8Array(),
}: Block): Uint8Array {
  const rest = joined(separator, info, trailing);
  const fill = length ?? SIZE - start.length - rest.length;
  const made = joined(start, new Uint8Array(fill).fill(padding), rest);
  return joined(made, new Uint8Array(SIZE - made.length));
}

const withSignature = (input: string, signature: Uint8Array): string => `${input}.${base64url(signature)}`;

/** Values that no padding would make a signature, whichever the scheme. */
function addValues(to: Collection, input: string, good: Uint8Array, n: bigint, key: string): void {
  const value = numberOf(good);
  const forged = (id: string, comment: string, signature: Uint8Array): void =>
    to.invalid(id, comment, key, withSignature(input, signature));
  forged('value-0', 'the signature is 0', new Uint8Array(SIZE));
  forged('value-1', 'the signature is 1, which every exponent leaves alone', bytesOf(1n, SIZE));
  forged('value-n-1', 'the signature is n-1', bytesOf(n - 1n, SIZE));
  forged('value-n', 'the signature is n', bytesOf(n, SIZE));
  forged('value-n+1', 'the signature is n+1', bytesOf(n + 1n, SIZE));
  forged('value-all-ones', 'the signature is 2^2048-1', new Uint8Array(SIZE).fill(255));
  forged('value-n-s', 'the signature is subtracted from n', bytesOf(n - value, SIZE));
  forged(
    'value-plus-n-longer',
    'n is added to the signature, in 257 bytes: the same modulo n (RFC 8017 §8.1.2 step 1)',
    bytesOf(value + n, SIZE + 1),
  );
  forged(
    'length-leading-zero',
    'a zero byte in front: the same number, another length (RFC 8017 §8.2.2 step 1)',
    joined([0], good),
  );
  forged('length-trailing-zero', 'a zero byte behind', joined(good, [0]));
  forged('length-short', 'the last byte is missing', good.slice(0, -1));
  forged('length-short-start', 'the first byte is missing', good.slice(1));
  forged('length-one', 'a signature of one byte', new Uint8Array([1]));
  forged('length-double', 'the signature twice', joined(good, good));
  forged('bit-first', 'its first bit that may be is flipped', bytesOf(value ^ (1n << 2_040n), SIZE));
  forged('bit-last', 'its last bit is flipped', bytesOf(value ^ 1n, SIZE));
  forged('reversed', 'in little-endian order', good.toReversed());
}

/** Messages whose signature happens to have the wanted property; about one in 256 starts with a zero byte. */
function search(
  alg: string,
  key: KeyObject,
  wanted: (signature: Uint8Array) => boolean,
): { input: string; signature: Uint8Array } {
  for (let jti = 1; ; jti += 1) {
    const input = signingInput(alg, String(jti));
    const signature = new Uint8Array(sign('sha256', bytesOfText(input), key));
    if (wanted(signature)) return { input, signature };
  }
}

/** The least number whose cube starts like the block: a signature for e = 3 without any key (CVE-2006-4339). */
function cubeRoot(start: Uint8Array): Uint8Array {
  const target = numberOf(joined(start, new Uint8Array(SIZE - start.length)));
  let [low, high] = [0n, 1n << 700n];
  while (low < high) {
    const middle = (low + high) >> 1n;
    if (middle ** 3n < target) low = middle + 1n;
    else high = middle;
  }
  if (
    !Buffer.from(bytesOf(low ** 3n, SIZE))
      .subarray(0, start.length)
      .equals(Buffer.from(start))
  )
    throw new Error('no cube root');
  return bytesOf(low, SIZE);
}

export function pkcs1Vectors(): VectorFile {
  const to = collection('rsa-pkcs1', 'RSASSA-PKCS1-v1_5 (RS256, RS384, RS512; RFC 7518 §3.3, RFC 8017 §8.2)');
  const rsa = rsaKey();
  const key = to.key('rsa-2048', rsa.jwk);
  const input = signingInput('RS256');
  const message = bytesOfText(input);
  const digest = hash('sha256', message);
  const info = digestInfo('sha256', digest);
  const good = rsa.raw(block({ info }));

  to.valid('good', 'an ordinary signature', key, withSignature(input, good));
  for (const bits of [384, 512]) {
    const longer = signingInput(`RS${bits}`);
    const signature = new Uint8Array(sign(`sha${bits}`, bytesOfText(longer), rsa.privateKey));
    to.valid(`good-rs${bits}`, `an ordinary signature with SHA-${bits}`, key, withSignature(longer, signature));
    const named = rsa.raw(block({ info: digestInfo(`sha${bits}`, hash(`sha${bits}`, message)) }));
    to.invalid(`hash-sha${bits}`, `SHA-${bits} under RS256`, key, withSignature(input, named));
  }
  const zero = search('RS256', rsa.privateKey, (signature) => signature[0] === 0);
  to.valid(
    'good-leading-zero',
    'a signature that happens to start with a zero byte',
    key,
    withSignature(zero.input, zero.signature),
  );
  to.invalid(
    'leading-zero-stripped',
    'the same without its zero byte (RFC 8017 §8.2.2 step 1)',
    key,
    withSignature(zero.input, zero.signature.slice(1)),
  );
  const small = search('RS256', rsa.privateKey, (signature) => numberOf(signature) + rsa.n < 1n << 2_048n);
  to.invalid(
    'value-plus-n',
    'n is added to the signature and the length kept (RFC 8017 §5.2.2 step 1)',
    key,
    withSignature(small.input, bytesOf(numberOf(small.signature) + rsa.n, SIZE)),
  );
  to.valid('good-below-n', 'the same without n added', key, withSignature(small.input, small.signature));
  addValues(to, input, good, rsa.n, key);

  const blocks: readonly (readonly [id: string, comment: string, made: Uint8Array])[] = [
    [
      'null-missing',
      'DigestInfo without the NULL of its parameters',
      block({ info: digestInfo('sha256', digest, []) }),
    ],
    [
      'null-long',
      'the NULL with a length of two bytes (BER)',
      block({ info: digestInfo('sha256', digest, [0x05, 0x81, 0x00]) }),
    ],
    ['null-other', 'an empty sequence for the NULL', block({ info: digestInfo('sha256', digest, [0x30, 0x00]) })],
    [
      'null-garbage',
      'parameters with garbage behind the NULL (CVE-2006-4339)',
      block({ info: digestInfo('sha256', digest, [0x05, 0x00, 0x0c, 0x01, 0x41]) }),
    ],
    ['digestinfo-missing', 'the hash alone', block({ info: digest })],
    [
      'digestinfo-long-length',
      'a length of the sequence in two bytes (BER)',
      block({ info: joined([0x30, 0x81, info.length - 2], info.slice(2)) }),
    ],
    [
      'digestinfo-indefinite',
      'an indefinite length (BER)',
      block({ info: joined([0x30, 0x80], info.slice(2), [0, 0]) }),
    ],
    [
      'digestinfo-wrong-length',
      'a length that is one too large',
      block({ info: joined([0x30, info.length - 1], info.slice(2)) }),
    ],
    ['digestinfo-twice', 'DigestInfo twice', block({ info: joined(info, info) })],
    ['hash-md5', 'MD5', block({ info: digestInfo('md5', hash('md5', message)) })],
    ['hash-sha1', 'SHA-1', block({ info: digestInfo('sha1', hash('sha1', message)) })],
    [
      'hash-sha1-named-sha256',
      'a SHA-1 hash under the name of SHA-256',
      block({ info: digestInfo('sha256', hash('sha1', message)) }),
    ],
    ['hash-sha256-named-sha1', 'a SHA-256 hash under the name of SHA-1', block({ info: digestInfo('sha1', digest) })],
    ['hash-empty', 'an empty hash', block({ info: digestInfo('sha256', new Uint8Array()) })],
    ['hash-short', 'the hash without its last byte', block({ info: digestInfo('sha256', digest.slice(0, 31)) })],
    ['hash-twice', 'the hash of the hash', block({ info: digestInfo('sha256', hash('sha256', digest)) })],
    ['hash-zero', 'a hash of zeros', block({ info: digestInfo('sha256', new Uint8Array(32)) })],
    [
      'hash-other',
      'the hash of another message',
      block({ info: digestInfo('sha256', hash('sha256', bytesOfText('other'))) }),
    ],
    [
      'trailing-garbage',
      'eight bytes of padding, and garbage behind the hash (CVE-2006-4339)',
      block({ length: 8, info, trailing: randomBytes(SIZE - 11 - info.length) }),
    ],
    ['trailing-zeros', 'eight bytes of padding, and zeros behind the hash', block({ length: 8, info })],
    ['trailing-byte', 'one byte behind the hash', block({ info, trailing: new Uint8Array([0]) })],
    ['padding-none', 'no padding at all, and zeros behind the hash', block({ length: 0, info })],
    ['padding-short', 'seven bytes of padding, and zeros behind the hash (RFC 8017 §9.2)', block({ length: 7, info })],
    ['padding-other', 'padding of 0xfe', block({ padding: 0xfe, info })],
    ['padding-zeros', 'padding of zeros (block type 0)', block({ start: [0, 0], padding: 0, info })],
    ['padding-one-off', 'one byte of padding is 0x00', block({ start: [0, 1, 255, 0, 255], info })],
    ['type-2', 'block type 2, that of encryption', block({ start: [0, 2], info })],
    ['type-1-shifted', 'the leading zero byte is 0x01', block({ start: [1, 1], info })],
    ['separator-missing', 'no zero byte between padding and DigestInfo', block({ separator: [], info })],
    ['separator-other', '0x01 between padding and DigestInfo', block({ separator: [1], info })],
    ['separator-twice', 'two zero bytes between padding and DigestInfo', block({ separator: [0, 0], info })],
  ];
  // A block has to be a number below n, and all but those that start with a zero byte may not be.
  for (const [id, comment, made] of blocks) {
    if (numberOf(made) < rsa.n) to.invalid(id, comment, key, withSignature(input, rsa.raw(made)));
  }

  to.invalid(
    'scheme-pss',
    'a PSS signature under RS256 (RFC 8725 §3.1)',
    key,
    withSignature(
      input,
      new Uint8Array(
        sign('sha256', message, { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
      ),
    ),
  );
  to.invalid(
    'key-other',
    'a good signature of another key',
    to.key('rsa-2048-other', rsaKey().jwk),
    withSignature(input, good),
  );
  to.invalid(
    'message-other',
    'a good signature of another message',
    key,
    withSignature(signingInput('RS256', 'other'), good),
  );

  // Keys that must not be used; the signatures are right, or what an attacker would send who knows how weak the key is.
  const weak = rsaKey(1_024);
  const weakInput = new Uint8Array(sign('sha256', message, weak.privateKey));
  const skipped = (
    id: string,
    comment: string,
    jwk: Readonly<Record<string, unknown>>,
    signature: Uint8Array = good,
    reason = 'unknown_kid',
  ): void => to.invalid(id, comment, to.key(id, jwk), withSignature(input, signature), reason);
  skipped('key-1024', 'a key of 1024 bits with a good signature (RFC 7518 §3.3)', weak.jwk, weakInput);
  skipped(
    'key-1024-padded',
    'the same, its modulus with zeros in front to the size of a longer one',
    { ...weak.jwk, n: base64url(joined(new Uint8Array(128), Buffer.from(weak.jwk.n, 'base64url'))) },
    joined(new Uint8Array(128), weakInput),
  );
  skipped('key-e1', 'exponent 1: the block itself is its signature', { ...rsa.jwk, e: 'AQ' }, block({ info }));
  skipped(
    'key-e3',
    'exponent 3 and a block made of a cube root, without any private key (CVE-2006-4339)',
    { ...rsa.jwk, e: 'Aw' },
    cubeRoot(joined([0, 1], new Uint8Array(8).fill(255), [0], info)),
  );
  skipped('key-e2', 'an even exponent', { ...rsa.jwk, e: 'AQAA' });
  skipped('key-e-huge', 'an exponent as long as the modulus, which costs a hundred times as much to verify', {
    ...rsa.jwk,
    e: base64url(joined([127], randomBytes(254), [1])),
  });
  skipped('key-e-zero', 'exponent 0', { ...rsa.jwk, e: 'AA' });
  skipped('key-n-16384', 'a modulus of 16384 bits, which costs five hundred times as much to verify', {
    ...rsa.jwk,
    n: base64url(joined([255], randomBytes(2_046), [1])),
  });
  skipped('key-n-base64', 'a modulus in base64 with its padding', {
    ...rsa.jwk,
    n: Buffer.from(rsa.jwk.n, 'base64url').toString('base64'),
  });
  skipped('key-n-missing', 'no modulus', { kty: 'RSA', e: 'AQAB' });
  skipped('key-use-enc', 'a key for encryption (RFC 7517 §4.2)', { ...rsa.jwk, use: 'enc' });
  skipped('key-ops', 'a key that may not verify (RFC 7517 §4.3)', { ...rsa.jwk, key_ops: ['wrapKey'] });
  skipped(
    'key-alg-other',
    'a key for RS512 and a token in RS256 (RFC 7517 §4.4)',
    { ...rsa.jwk, alg: 'RS512' },
    good,
    'key_not_usable',
  );
  skipped(
    'key-alg-pss',
    'a key for PS256 and a token in RS256 (RFC 8725 §3.1)',
    { ...rsa.jwk, alg: 'PS256' },
    good,
    'key_not_usable',
  );
  skipped('key-alg-hmac', 'a key that says HS256', { ...rsa.jwk, alg: 'HS256' });
  to.valid(
    'key-alg',
    'a key that says RS256',
    to.key('rsa-2048-rs256', { ...rsa.jwk, alg: 'RS256', use: 'sig' }),
    withSignature(input, good),
  );
  return to.file();
}

interface Pss {
  readonly digest?: string;
  readonly mask?: string;
  readonly salt?: Uint8Array;
  readonly trailer?: number;
  readonly padding?: number;
  readonly separator?: number;
  /** Set in the bits above the length of the modulus, which have to be zero. */
  readonly top?: number;
}

/** EMSA-PSS (RFC 8017 §9.1.1) for a modulus of 2048 bits, each piece of it replaceable. */
function pssBlock(
  message: Uint8Array,
  {
    digest = 'sha256',
    mask = digest,
    salt = randomBytes(32),
    trailer = 0xbc,
    padding = 0,
    separator = 1,
    top = 0,
  }: Pss,
): Uint8Array {
  const hashed = hash(digest, new Uint8Array(8), hash(digest, message), salt);
  const length = SIZE - hashed.length - 1;
  const data = joined(new Uint8Array(length - salt.length - 1).fill(padding), [separator], salt);
  let masked = new Uint8Array();
  for (let counter = 0; masked.length < length; counter += 1)
    masked = joined(masked, hash(mask, hashed, bytesOf(BigInt(counter), 4))) as typeof masked;
  const first = joined(data.map((byte, at) => byte ^ (masked[at] ?? 0)));
  first[0] = ((first[0] ?? 0) & 0x7f) | top;
  return joined(first, hashed, [trailer]);
}

export function pssVectors(): VectorFile {
  const to = collection('rsa-pss', 'RSASSA-PSS (PS256, PS384, PS512; RFC 7518 §3.5, RFC 8017 §8.1)');
  const rsa = rsaKey();
  const key = to.key('rsa-2048', rsa.jwk);
  const input = signingInput('PS256');
  const message = bytesOfText(input);
  const good = rsa.raw(pssBlock(message, {}));
  to.valid('good', 'an ordinary signature', key, withSignature(input, good));
  to.valid(
    'good-again',
    'another signature of the same message',
    key,
    withSignature(input, rsa.raw(pssBlock(message, {}))),
  );
  to.valid(
    'good-zero-salt',
    'a salt of zeros, of the right length',
    key,
    withSignature(input, rsa.raw(pssBlock(message, { salt: new Uint8Array(32) }))),
  );
  for (const bits of [384, 512]) {
    const longer = signingInput(`PS${bits}`);
    const digest = `sha${bits}`;
    const signed = (salt: number): string =>
      withSignature(longer, rsa.raw(pssBlock(bytesOfText(longer), { digest, salt: randomBytes(salt) })));
    to.valid(`good-ps${bits}`, `an ordinary signature with SHA-${bits}`, key, signed(bits / 8));
    to.invalid(`salt-32-ps${bits}`, `a salt of 32 bytes under PS${bits}, which needs ${bits / 8}`, key, signed(32));
  }
  for (const length of [0, 1, 20, 31, 33, 64, 222])
    to.invalid(
      `salt-${length}`,
      `a salt of ${length} bytes where PS256 needs 32 (RFC 7518 §3.5)`,
      key,
      withSignature(input, rsa.raw(pssBlock(message, { salt: randomBytes(length) }))),
    );
  const encodings: readonly (readonly [id: string, comment: string, made: Pss])[] = [
    ['mgf-sha1', 'a mask made with SHA-1, as older software does by default', { mask: 'sha1' }],
    ['mgf-sha512', 'a mask made with SHA-512', { mask: 'sha512' }],
    ['hash-sha1', 'SHA-1 throughout', { digest: 'sha1' }],
    ['hash-sha1-mgf-sha256', 'a hash of SHA-1 and a mask of SHA-256', { digest: 'sha1', mask: 'sha256' }],
    ['hash-sha384', 'SHA-384 throughout', { digest: 'sha384' }],
    ['hash-sha512', 'SHA-512 throughout', { digest: 'sha512' }],
    ['trailer-cc', 'the trailer 0xcc', { trailer: 0xcc }],
    ['trailer-00', 'the trailer 0x00', { trailer: 0 }],
    ['trailer-bd', 'the trailer 0xbd', { trailer: 0xbd }],
    ['padding-ones', 'padding that is not zero', { padding: 1 }],
    ['separator-0', 'no 0x01 in front of the salt', { separator: 0 }],
    ['separator-2', '0x02 in front of the salt', { separator: 2 }],
    ['top-bit', 'the bit above the length of the modulus is set', { top: 0x80 }],
  ];
  for (const [id, comment, made] of encodings) {
    let encoded = pssBlock(message, made);
    // The block has to be a number below n; another salt makes another one.
    for (let tries = 0; numberOf(encoded) >= rsa.n && tries < 1_000; tries += 1) encoded = pssBlock(message, made);
    if (numberOf(encoded) < rsa.n) to.invalid(id, comment, key, withSignature(input, rsa.raw(encoded)));
  }
  addValues(to, input, good, rsa.n, key);
  to.invalid(
    'scheme-pkcs1',
    'a PKCS #1 v1.5 signature under PS256 (RFC 8725 §3.1)',
    key,
    withSignature(input, new Uint8Array(sign('sha256', message, rsa.privateKey))),
  );
  to.invalid(
    'message-other',
    'a good signature of another message',
    key,
    withSignature(signingInput('PS256', 'other'), good),
  );
  to.invalid(
    'key-alg-pkcs1',
    'a key for RS256 and a token in PS256 (RFC 8725 §3.1)',
    to.key('rsa-2048-rs256', { ...rsa.jwk, alg: 'RS256' }),
    withSignature(input, good),
    'key_not_usable',
  );
  to.invalid(
    'alg-swapped',
    'a PS256 signature whose header says PS384',
    key,
    withSignature(signingInput('PS384'), good),
  );
  return to.file();
}
