// Token shape and header: one thing wrong with each token, and which denial says so; nothing here is signed.

import { describe, expect, it } from 'vitest';

import { MAX_TOKEN_CHARS } from '../../src/token/limits.ts';
import { decodeToken } from '../../src/token/decode.ts';
import { encodeSegment } from '../support/issuer.ts';

const HEADER = { alg: 'RS256', kid: 'key-1', typ: 'JWT' };
const PAYLOAD = { iss: 'https://issuer.example.com', sub: 'a' };
const SIGNATURE = 'c2ln';

function token({
  header = HEADER,
  payload = PAYLOAD,
  signature = SIGNATURE,
}: {
  header?: object | string;
  payload?: object | string;
  signature?: string;
} = {}): string {
  return `${encodeSegment(header)}.${encodeSegment(payload)}.${signature}`;
}

/** base64url of raw bytes that are no text. */
function raw(...bytes: number[]): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

describe('decodeToken', () => {
  it('decodes a token without believing it', () => {
    const compact = token();
    expect(decodeToken(compact)).toEqual({ ok: true, value: { compact, header: HEADER, claims: PAYLOAD } });
  });

  it.each([
    ['nothing', '', 'token_malformed', 'empty'],
    ['one segment', 'abcd', 'token_malformed', '1 segment;'],
    ['two segments', 'abcd.abcd', 'token_malformed', '2 segments'],
    ['four segments', `${token()}.abcd`, 'token_malformed', '4 segments'],
    ['a JWE (five segments)', 'a.b.c.d.e', 'token_malformed', 'encrypted'],
    ['16,000 dots', '.'.repeat(16_000), 'token_malformed', '7 or more'],
    ['a million dots', '.'.repeat(1_000_000), 'token_too_large', '16384'],
    ['over 16 KiB', token({ payload: { a: 'x'.repeat(MAX_TOKEN_CHARS) } }), 'token_too_large', '16384'],
    [
      'JWS JSON serialization',
      JSON.stringify({ payload: 'a', signatures: [] }),
      'token_malformed',
      'JSON serialization',
    ],
    ['a line break at its end', `${token()}\n`, 'token_malformed', 'ends in white space'],
    ['CR LF at its end', `${token()}\r\n`, 'token_malformed', 'ends in white space'],
    ['a space in front', ` ${token()}`, 'token_malformed', 'white space'],
    ['a space inside', token().replace('.', '. '), 'token_malformed', 'white space'],
    ['a NUL inside', token().replace('.', '\0.'), 'token_malformed', 'control character'],
    ['a no-break space inside', token().replace('.', '\u00A0.'), 'token_malformed', 'white space'],
    ['a zero-width space inside', token().replace('.', '\u200B.'), 'token_malformed', 'no JWT has'],
    ['= padding', `${token()}=`, 'token_malformed', 'without padding'],
    ['base64 characters', token({ signature: 'a+b/' }), 'token_malformed', 'without padding'],
    ['a Bearer prefix', `Bearer ${token()}`, 'token_malformed', 'white space'],
    ['quotes', `"${token()}"`, 'token_malformed', 'in quotes'],
    ['the JSON answer', `{"value":"${token()}"}`, 'token_malformed', 'the member that holds the token'],
    ['the word null', 'null', 'token_malformed', 'id-token: write'],
    ['a variable', '${ID_TOKEN}', 'token_malformed', 'variable'],
    ['percent-encoding', `${token()}%0A`, 'token_malformed', 'percent-encoded'],
    ["GitHub's other token", 'ghs_abcdef', 'token_malformed', 'not the ID token'],
    ['no signature', token({ signature: '' }), 'token_malformed', 'no signature'],
    ['no header', `.${encodeSegment(PAYLOAD)}.c2ln`, 'token_malformed', 'header'],
    ['no payload', `${encodeSegment(HEADER)}..c2ln`, 'token_malformed', 'payload'],
    ['a segment length that encodes nothing', token({ signature: 'abcde' }), 'token_malformed', 'signature'],
    [
      'a header that is an array',
      token({ header: '[]' }),
      'token_malformed',
      'header of the token is not a JSON object',
    ],
    ['a header that is null', token({ header: 'null' }), 'token_malformed', 'not a JSON object'],
    [
      'a payload that is a string',
      token({ payload: '"a"' }),
      'token_malformed',
      'payload of the token is not a JSON object',
    ],
    ['a payload that is no JSON', token({ payload: '{' }), 'token_malformed', 'payload'],
    ['a byte-order mark', token({ payload: '\uFEFF{}' }), 'token_malformed', 'byte-order mark'],
    ['invalid UTF-8', `${encodeSegment(HEADER)}.${raw(0x7b, 0xff, 0x7d)}.c2ln`, 'token_malformed', 'UTF-8'],
    ['half a surrogate pair', token({ payload: '{"sub":"\\ud83d"}' }), 'token_malformed', 'surrogate'],
    ['sub twice', token({ payload: '{"sub":"a","sub":"b"}' }), 'token_malformed', 'repeated'],
    ['aud twice', token({ payload: '{"aud":"a","x":{},"aud":"b"}' }), 'token_malformed', 'repeated'],
    ['alg twice', token({ header: '{"alg":"none","alg":"RS256"}' }), 'token_malformed', 'repeated'],
    ['exp: 1e400', token({ payload: '{"exp":1e400}' }), 'token_malformed', 'too large'],
    ['deep nesting', token({ payload: `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}` }), 'token_malformed', 'nested'],
    ['a header over 4 KiB', token({ header: { ...HEADER, x5t: 'x'.repeat(4096) } }), 'token_too_large', 'header'],
    ['no alg', token({ header: { kid: 'a' } }), 'token_malformed', 'alg'],
    ['an alg that is no string', token({ header: { alg: ['RS256'] } }), 'token_malformed', 'alg'],
    ['alg none', token({ header: { alg: 'none' }, signature: '' }), 'algorithm_not_allowed', 'not signed'],
    ['alg None', token({ header: { alg: 'None' }, signature: '' }), 'algorithm_not_allowed', 'not signed'],
    ['alg NONE with a signature', token({ header: { alg: 'NONE' } }), 'algorithm_not_allowed', 'not signed'],
    ['alg nOnE with spaces', token({ header: { alg: ' nOnE ' } }), 'algorithm_not_allowed', 'not signed'],
    ['crit', token({ header: { ...HEADER, crit: ['exp'] } }), 'token_header_not_accepted', 'crit'],
    ['b64: false (CVE-2025-59420)', token({ header: { ...HEADER, b64: false } }), 'token_header_not_accepted', 'b64'],
    ['b64: true', token({ header: { ...HEADER, b64: true } }), 'token_header_not_accepted', 'b64'],
    ['zip', token({ header: { ...HEADER, zip: 'DEF' } }), 'token_header_not_accepted', 'zip'],
    ['cty: JWT', token({ header: { ...HEADER, cty: 'JWT' } }), 'token_header_not_accepted', 'cty'],
    ['crit that lists jku', token({ header: { ...HEADER, crit: ['jku'] } }), 'token_header_not_accepted', 'crit'],
    ['a kid that is a number', token({ header: { ...HEADER, kid: 1 } }), 'token_header_not_accepted', 'kid'],
    [
      'a kid that is a number too large for one',
      token({ header: '{"alg":"RS256","kid":12345678901234567890}' }),
      'token_malformed',
      'a number that is too large',
    ],
    ['a kid that is null', token({ header: { ...HEADER, kid: null } }), 'token_header_not_accepted', 'kid'],
    ['an empty kid', token({ header: { ...HEADER, kid: '' } }), 'token_header_not_accepted', 'kid'],
    ['a long kid', token({ header: { ...HEADER, kid: 'k'.repeat(513) } }), 'token_header_not_accepted', 'kid'],
    ['a kid of 10 KB', token({ header: { ...HEADER, kid: 'k'.repeat(10_000) } }), 'token_too_large', 'header'],
    ['typ at+jwt', token({ header: { ...HEADER, typ: 'at+jwt' } }), 'token_type_not_accepted', 'at+jwt'],
    ['typ logout+jwt', token({ header: { ...HEADER, typ: 'logout+jwt' } }), 'token_type_not_accepted', 'logout+jwt'],
    ['typ dpop+jwt', token({ header: { ...HEADER, typ: 'dpop+jwt' } }), 'token_type_not_accepted', 'dpop+jwt'],
    [
      'typ application/at+jwt',
      token({ header: { ...HEADER, typ: 'application/at+jwt' } }),
      'token_type_not_accepted',
      'at+jwt',
    ],
    ['an empty typ', token({ header: { ...HEADER, typ: '' } }), 'token_type_not_accepted', 'typ'],
    ['a typ that is no string', token({ header: { ...HEADER, typ: 1 } }), 'token_type_not_accepted', 'typ'],
  ])('refuses %s (RFC 7515 §5.2, RFC 8725 §3)', (_, compact, reason, says) => {
    const decoded = decodeToken(compact);
    expect(decoded).toMatchObject({ ok: false, error: { reason, message: expect.stringContaining(says) } });
  });

  it.each([
    ['no typ', { alg: 'RS256', kid: 'a' }],
    ['typ jwt in lower case', { ...HEADER, typ: 'jwt' }],
    ['typ application/jwt', { ...HEADER, typ: 'application/JWT' }],
    ['typ JOSE, which the provider decides about', { ...HEADER, typ: 'JOSE' }],
    ['x5t, as GitHub and Azure send it', { ...HEADER, x5t: 'eHg' }],
    ['jku, as SAP and Cloud Foundry send it, which is never fetched', { ...HEADER, jku: 'https://evil.example/keys' }],
    ['x5u, which is never fetched', { ...HEADER, x5u: 'http://169.254.169.254/' }],
    ['x5c, which is never looked at', { ...HEADER, x5c: ['MIIB'] }],
    ['jwk, which is never looked at', { ...HEADER, jwk: { kty: 'RSA' } }],
    ['a kid that looks like a path or SQL', { ...HEADER, kid: "../../etc/passwd' OR 1=1 --" }],
    ['no kid, which the provider decides about', { alg: 'ES256' }],
  ])('decodes a header with %s (RFC 7519 §5)', (_, header) => {
    expect(decodeToken(token({ header })).ok).toBe(true);
  });

  it('refuses a second encoding of the same bytes in every segment, so that no two texts are one token (RFC 4648 §3.5)', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const compact = `${encodeSegment({ alg: 'RS256', k: 12 })}.${encodeSegment({ sub: 'abc' })}.c2lnbg`;
    expect(decodeToken(compact).ok).toBe(true);
    const segments = compact.split('.');
    let tried = 0;
    for (const [index, segment] of segments.entries()) {
      if (segment.length % 4 === 0) continue;
      const last = alphabet.indexOf(segment.at(-1) as string);
      const other = segments.with(index, segment.slice(0, -1) + alphabet[last + 1]).join('.');
      expect(decodeToken(other)).toMatchObject({ ok: false, error: { reason: 'token_malformed' } });
      tried += 1;
    }
    expect(tried).toBe(3);
  });

  it('keeps an identifier beyond 2^53 exact (contract §5.3)', () => {
    const decoded = decodeToken(token({ payload: '{"id":12345678901234567890}' }));
    expect(decoded.ok && decoded.value.claims['id']).toBe('12345678901234567890');
  });
});
