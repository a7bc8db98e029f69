// JWS form vectors: what a header may say and how a token may be written, each signed as well as it can be.

import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';

import type { VectorFile } from '../vector.ts';
import { base64url, joined } from './bytes.ts';
import { bytesOfText, collection, KID, payload, signingInput } from './token.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

export function formVectors(): VectorFile {
  const to = collection(
    'form',
    'How a JWS is written, and what its header may say (RFC 7515, RFC 7519 §7.2, RFC 8725)',
  );
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecJwk = ec.publicKey.export({ format: 'jwk' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const rsaJwk = rsa.publicKey.export({ format: 'jwk' });
  const key = to.key('p-256', ecJwk);
  const rsaKey = to.key('rsa-2048', rsaJwk);

  const signed = (input: string | Uint8Array, by: typeof ec.privateKey = ec.privateKey): Uint8Array =>
    new Uint8Array(
      sign('sha256', typeof input === 'string' ? bytesOfText(input) : input, { key: by, dsaEncoding: 'ieee-p1363' }),
    );
  const whole = (input: string): string => `${input}.${base64url(signed(input))}`;
  /** A token with exactly this header and payload, well signed. */
  const made = (header: string | Uint8Array | object, body: string | Uint8Array = payload()): string => {
    const text = typeof header === 'object' && !(header instanceof Uint8Array) ? JSON.stringify(header) : header;
    return whole(`${base64url(text)}.${base64url(body)}`);
  };
  const header = { alg: 'ES256', kid: KID, typ: 'JWT' };
  const good = whole(signingInput('ES256'));
  const [first = '', second = '', third = ''] = good.split('.');
  const malformed = (id: string, comment: string, token: string): void =>
    to.invalid(id, comment, key, token, 'token_malformed');

  to.valid('good', 'an ordinary token', key, good);
  to.valid(
    'header-white-space',
    'white space inside the header, which is signed',
    key,
    made(` { "alg" : "ES256",\n"kid":"${KID}" } `),
  );
  to.valid(
    'header-escaped',
    'the algorithm spelled with escapes, which is signed',
    key,
    made(`{"alg":"\\u0045S256","kid":"${KID}"}`),
  );
  to.valid(
    'header-unknown',
    'a member of the header that nobody knows (RFC 7515 §4)',
    key,
    made({ ...header, note: 'x' }),
  );
  to.valid('typ-missing', 'no typ', key, made({ alg: 'ES256', kid: KID }));
  to.valid('typ-case', 'typ in another case (RFC 7515 §4.1.9)', key, made({ ...header, typ: 'jwt' }));
  to.valid('typ-application', 'typ with its prefix', key, made({ ...header, typ: 'application/jwt' }));

  for (const alg of ['none', 'None', 'NONE', 'nOnE', 'none ', ' none']) {
    const input = signingInput(alg);
    const id = `alg-${JSON.stringify(alg).slice(1, -1).replace(' ', '_')}`;
    to.invalid(
      id,
      'alg none in one of its spellings, without a signature (RFC 8725 §3.2)',
      key,
      `${input}.`,
      'algorithm_not_allowed',
    );
    to.invalid(
      `${id}-signed`,
      'the same with a good signature',
      key,
      `${input}.${base64url(signed(input))}`,
      'algorithm_not_allowed',
    );
  }
  for (const alg of [
    'es256',
    'Es256',
    'ES256 ',
    'ES256\0',
    'ES256K',
    'ES25',
    'ES2566',
    'RS1',
    'PS1',
    'RSA-SHA256',
    'HS256',
    'dir',
    'ECDH-ES',
    'EdDSA25519',
  ])
    to.invalid(
      `alg-${JSON.stringify(alg).slice(1, -1).replace(' ', '_')}`,
      'an algorithm that there is not, that has another name, or that signs nothing',
      key,
      whole(signingInput(alg)),
      'algorithm_not_allowed',
    );
  for (const [id, alg] of [
    ['number', 256],
    ['list', ['ES256']],
    ['object', { ES256: true }],
    ['null', null],
    ['empty', ''],
    ['true', true],
  ] as const)
    malformed(`alg-${id}`, 'an algorithm that is not a text', made({ ...header, alg }));
  malformed('alg-missing', 'no algorithm', made({ kid: KID }));
  malformed('alg-capitals', 'the member is called ALG', made({ ALG: 'ES256', kid: KID }));

  // The public key as the secret of an HMAC (CVE-2015-9235, CVE-2016-5431), in every form in which a library may hold it.
  const spki = createPublicKey(rsa.publicKey.export({ format: 'pem', type: 'spki' }));
  const pem = spki.export({ format: 'pem', type: 'spki' });
  const secrets: readonly (readonly [string, string | Uint8Array])[] = [
    ['pem', pem.toString()],
    ['pem-trimmed', pem.toString().trim()],
    ['pem-crlf', pem.toString().replaceAll('\n', '\r\n')],
    ['pkcs1-pem', rsa.publicKey.export({ format: 'pem', type: 'pkcs1' }).toString()],
    ['der', new Uint8Array(spki.export({ format: 'der', type: 'spki' }))],
    ['pkcs1-der', new Uint8Array(rsa.publicKey.export({ format: 'der', type: 'pkcs1' }))],
    ['jwk', JSON.stringify(rsaJwk)],
    ['jwk-kid', JSON.stringify({ kid: KID, ...rsaJwk })],
    ['n', rsaJwk.n ?? ''],
    ['n-bytes', new Uint8Array(Buffer.from(rsaJwk.n ?? '', 'base64url'))],
    ['empty', ''],
  ];
  for (const [id, secret] of secrets)
    for (const bits of [256, 384, 512]) {
      const input = signingInput(`HS${bits}`);
      const mac = new Uint8Array(createHmac(`sha${bits}`, secret).update(input).digest());
      to.invalid(
        `hs${bits}-${id}`,
        'an HMAC whose secret is the public key (CVE-2015-9235)',
        rsaKey,
        `${input}.${base64url(mac)}`,
        'algorithm_not_allowed',
      );
    }
  const renamed = signingInput('RS256');
  to.invalid(
    'hs256-as-rs256',
    'the same HMAC under the name RS256',
    rsaKey,
    `${renamed}.${base64url(new Uint8Array(createHmac('sha256', pem).update(renamed).digest()))}`,
  );
  const octets = to.key('oct', { kty: 'oct', k: base64url('a secret of at least thirty-two bytes') });
  const secretly = signingInput('HS256');
  to.invalid(
    'oct',
    'a symmetric key in the set, and an HMAC with it',
    octets,
    `${secretly}.${base64url(new Uint8Array(createHmac('sha256', 'a secret of at least thirty-two bytes').update(secretly).digest()))}`,
    'algorithm_not_allowed',
  );
  to.invalid('oct-es256', 'the same with ES256 in the header', octets, good, 'unknown_kid');

  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ownInput = (more: object): string =>
    `${base64url(JSON.stringify({ ...header, ...more }))}.${base64url(payload())}`;
  for (const [id, more] of [
    ['jwk', { jwk: own.publicKey.export({ format: 'jwk' }) }],
    ['jwk-issuers', { jwk: ecJwk }],
    ['jku', { jku: 'https://evil.example/keys' }],
    ['x5u', { x5u: 'https://evil.example/certificate' }],
    ['x5c', { x5c: ['MIIB'] }],
  ] as const) {
    to.valid(
      `header-${id}`,
      'a member that names a key of its own, which is never looked at; well signed (RFC 7515 §4, RFC 8725 §3.10)',
      key,
      made({ ...header, ...more }),
    );
    const input = ownInput(more);
    to.invalid(
      `header-${id}-own-key`,
      "the same, signed with a key of the sender's own (CVE-2018-0114)",
      key,
      `${input}.${base64url(signed(input, own.privateKey))}`,
    );
  }
  for (const [id, more] of [
    ['crit', { crit: ['exp'], exp: 1 }],
    ['crit-empty', { crit: [] }],
    ['crit-null', { crit: null }],
    ['b64-true', { b64: true }],
    ['zip', { zip: 'DEF' }],
    ['cty', { cty: 'JWT' }],
    ['cty-null', { cty: null }],
  ] as const) {
    to.invalid(
      `header-${id}`,
      'a member that changes how the token is read; well signed (RFC 7515 §4.1.11)',
      key,
      made({ ...header, ...more }),
      'token_header_not_accepted',
    );
    const input = ownInput(more);
    to.invalid(
      `header-${id}-own-key`,
      "the same, signed with a key of the sender's own",
      key,
      `${input}.${base64url(signed(input, own.privateKey))}`,
      'token_header_not_accepted',
    );
  }
  const unencoded = base64url(JSON.stringify({ ...header, b64: false, crit: ['b64'] }));
  const raw = base64url(signed(`${unencoded}.${payload()}`));
  to.invalid(
    'b64-false',
    'an unencoded payload (RFC 7797), its signature over the raw text, and sent encoded',
    key,
    `${unencoded}.${base64url(payload())}.${raw}`,
    'token_header_not_accepted',
  );
  malformed('b64-false-raw', 'the same, and sent unencoded', `${unencoded}.${payload()}.${raw}`);
  to.invalid(
    'b64-false-no-crit',
    'b64 false without crit (CVE-2025-59420)',
    key,
    made({ ...header, b64: false }),
    'token_header_not_accepted',
  );
  to.invalid(
    'header-own-key',
    "a good signature of the sender's own key under the issuer's kid",
    key,
    `${signingInput('ES256')}.${base64url(signed(signingInput('ES256'), own.privateKey))}`,
  );

  for (const typ of ['at+jwt', 'application/at+jwt', 'logout+jwt', 'dpop+jwt', 'secevent+jwt', 'JWE', 'JOSE+JSON', ''])
    to.invalid(
      `typ-${typ || 'empty'}`,
      'a token of another type (RFC 8725 §3.11)',
      key,
      made({ ...header, typ }),
      'token_type_not_accepted',
    );
  for (const [id, typ] of [
    ['null', null],
    ['list', ['JWT']],
    ['number', 1],
  ] as const)
    to.invalid(`typ-${id}`, 'a typ that is not a text', key, made({ ...header, typ }), 'token_type_not_accepted');
  to.invalid(
    'typ-jose',
    'typ JOSE, which is for JWT-SVIDs alone',
    key,
    made({ ...header, typ: 'JOSE' }),
    'token_type_not_accepted',
  );

  to.invalid('kid-missing', 'no kid', key, made({ alg: 'ES256', typ: 'JWT' }), 'kid_missing');
  for (const kid of [
    'other',
    'VECTOR',
    'vector ',
    'vector\0',
    '../vector',
    "' OR 1=1 --",
    '__proto__',
    'constructor',
    '*',
  ])
    to.invalid(
      `kid-${JSON.stringify(kid).slice(1, -1)}`,
      'a kid that no key has',
      key,
      made({ ...header, kid }),
      'unknown_kid',
    );
  for (const [id, kid] of [
    ['null', null],
    ['empty', ''],
    ['number', 1],
    ['list', [KID]],
    ['object', {}],
    ['long', 'x'.repeat(513)],
  ] as const)
    to.invalid(`kid-${id}`, 'a kid that is no name', key, made({ ...header, kid }), 'token_header_not_accepted');

  malformed('parts-0', 'an empty text', '');
  malformed('parts-1', 'one part', first);
  malformed('parts-2', 'two parts', `${first}.${second}`);
  malformed('parts-4', 'four parts', `${good}.${third}`);
  malformed('parts-5', 'five parts, as an encrypted token has', `${first}.${second}.${third}.${second}.${third}`);
  malformed('parts-dot-before', 'a dot in front', `.${good}`);
  malformed('parts-dot-behind', 'a dot behind', `${good}.`);
  malformed('signature-empty', 'no signature', `${first}.${second}.`);
  malformed('payload-empty', 'no payload', whole(`${first}.`));
  malformed('header-empty', 'no header', whole(`.${second}`));
  malformed(
    'json-flattened',
    'flattened JSON serialization (RFC 7515 §7.2.2)',
    JSON.stringify({ protected: first, payload: second, signature: third }),
  );
  malformed(
    'json-general',
    'general JSON serialization (RFC 7515 §7.2.1)',
    JSON.stringify({ payload: second, signatures: [{ protected: first, signature: third }] }),
  );
  malformed(
    'json-unprotected',
    'JSON serialization with an unprotected header',
    JSON.stringify({ header, payload: second, signature: third }),
  );
  malformed('json-compact-inside', 'a JSON string of the token', JSON.stringify(good));
  malformed('bearer', 'the scheme in front of it', `Bearer ${good}`);

  for (const [id, pad] of [
    ['one', '='],
    ['two', '=='],
    ['encoded', '%3D'],
  ] as const) {
    malformed(
      `padding-${id}-header`,
      'padding of base64 behind the header, well signed',
      whole(`${first}${pad}.${second}`),
    );
    malformed(
      `padding-${id}-payload`,
      'padding of base64 behind the payload, well signed',
      whole(`${first}.${second}${pad}`),
    );
    malformed(`padding-${id}-signature`, 'padding of base64 behind the signature', `${good}${pad}`);
  }
  for (const [id, space] of [
    ['space', ' '],
    ['line-feed', '\n'],
    ['crlf', '\r\n'],
    ['tab', '\t'],
    ['nul', '\0'],
    ['bom', '\ufeff'],
    ['no-break', '\u00a0'],
    ['zero-width', '\u200b'],
  ] as const) {
    malformed(`white-${id}-before`, 'a character in front', `${space}${good}`);
    malformed(`white-${id}-behind`, 'a character behind', `${good}${space}`);
    malformed(`white-${id}-inside`, 'a character behind the first dot', `${first}.${space}${second}.${third}`);
    malformed(
      `white-${id}-signed`,
      'a character inside the payload, well signed',
      whole(`${first}.${second.slice(0, 8)}${space}${second.slice(8)}`),
    );
  }
  /** The same bytes in another text: the bits that encode nothing are set (RFC 4648 §3.5). */
  const loose = (part: string): string => {
    const index = ALPHABET.indexOf(part.slice(-1));
    return part.slice(0, -1) + ALPHABET.charAt(index ^ 1);
  };
  const sized = (length: number): string => {
    const json = JSON.stringify(header);
    return base64url(json + ' '.repeat((length - (json.length % 3) + 3) % 3));
  };
  for (const rest of [1, 2]) {
    malformed(
      `trailing-bits-header-${rest}`,
      `trailing bits in a header of 3n+${rest} bytes, well signed`,
      whole(`${loose(sized(rest))}.${second}`),
    );
    const body = payload() + ' '.repeat((rest - (payload().length % 3) + 3) % 3);
    malformed(
      `trailing-bits-payload-${rest}`,
      `trailing bits in a payload of 3n+${rest} bytes, well signed`,
      whole(`${first}.${loose(base64url(body))}`),
    );
    to.valid(
      `trailing-bits-none-${rest}`,
      `the same payload of 3n+${rest} bytes as it should be written`,
      key,
      whole(`${first}.${base64url(body)}`),
    );
  }
  malformed(
    'trailing-bits-signature',
    'trailing bits in the signature: a second text of the same token',
    `${first}.${second}.${loose(third)}`,
  );
  malformed(
    'length-4n+1',
    'a payload of 4n+1 characters, which encode nothing',
    whole(`${first}.${base64url('abc')}A`),
  );
  const slashes = base64url(
    joined(bytesOfText('{"alg":"ES256","kid":"vector","n":"'), bytesOfText('~~~???'), bytesOfText('"}')),
  );
  if (/[-_]/.test(slashes))
    malformed(
      'alphabet-base64',
      'the alphabet of base64 in the header, well signed',
      whole(`${slashes.replaceAll('-', '+').replaceAll('_', '/')}.${second}`),
    );
  malformed('alphabet-base64-signature', 'the alphabet of base64 in the signature', withSlashes());

  malformed('header-list', 'a header that is a list', made('["ES256"]'));
  malformed('header-text', 'a header that is a text', made('"ES256"'));
  malformed('header-null', 'a header that is null', made('null'));
  malformed('header-broken', 'a header that is no JSON', made('{alg:ES256}'));
  malformed('header-trailing', 'something behind the header', made(`${JSON.stringify(header)}{}`));
  malformed('header-bom', 'a byte-order mark in front of the header', made(`\ufeff${JSON.stringify(header)}`));
  malformed(
    'header-utf8',
    'a header that is not UTF-8',
    made(joined(bytesOfText('{"alg":"ES256","kid":"vector","a":"'), [0xff], bytesOfText('"}'))),
  );
  malformed('header-surrogate', 'half a character in the header', made(`{"alg":"ES256","kid":"${KID}","a":"\\ud800"}`));
  malformed(
    'header-alg-none-first',
    'alg twice, none first (RFC 7515 §4)',
    made(`{"alg":"none","alg":"ES256","kid":"${KID}"}`),
  );
  malformed('header-alg-none-last', 'alg twice, none last', made(`{"alg":"ES256","kid":"${KID}","alg":"none"}`));
  malformed(
    'header-alg-escaped',
    'alg twice, once with escapes',
    made(`{"alg":"ES256","kid":"${KID}","\\u0061lg":"none"}`),
  );
  malformed('header-kid-twice', 'kid twice', made(`{"alg":"ES256","kid":"${KID}","kid":"other"}`));
  malformed('payload-list', 'a payload that is a list', made(header, '[1]'));
  malformed('payload-text', 'a payload that is a text', made(header, 'hello'));
  malformed('payload-nested', 'a payload that is a token', made(header, good));
  malformed('payload-number', 'a payload that is a number', made(header, '1'));
  malformed('payload-twice', 'a payload that is two objects', made(header, payload() + payload()));
  malformed('payload-sub-twice', 'sub twice', made(header, payload().replace('{', '{"sub":"admin",')));
  malformed(
    'payload-sub-twice-last',
    'sub twice, the other last',
    made(header, payload().replace(/\}$/, ',"sub":"admin"}')),
  );
  malformed(
    'payload-sub-escaped',
    'sub twice, once with escapes',
    made(header, payload().replace(/\}$/, ',"\\u0073ub":"admin"}')),
  );
  malformed(
    'payload-utf8',
    'a payload that is not UTF-8',
    made(header, joined(bytesOfText(payload().slice(0, -1)), bytesOfText(',"a":"'), [0xc0, 0xaf], bytesOfText('"}'))),
  );
  malformed('payload-nul', 'a zero byte behind the payload', made(header, `${payload()}\0`));
  malformed(
    'payload-deep',
    'a payload nested two hundred levels deep',
    made(header, payload().replace(/\}$/, `,"a":${'['.repeat(200)}${']'.repeat(200)}}`)),
  );
  malformed('payload-infinite', 'a number that is infinite', made(header, payload().replace(/\}$/, ',"a":1e999}')));
  return to.file();

  /** A good token whose signature has a character that differs between the two alphabets. */
  function withSlashes(): string {
    for (let jti = 1; ; jti += 1) {
      const token = whole(signingInput('ES256', String(jti)));
      const signature = token.slice(token.lastIndexOf('.') + 1);
      if (/[-_]/.test(signature))
        return token.slice(0, -signature.length) + signature.replaceAll('-', '+').replaceAll('_', '/');
    }
  }
}
