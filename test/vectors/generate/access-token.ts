// Access-token vectors: tokens of a deployment with one thing changed at a time, and what a resource server must say to each.

import { generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import type { AccessTokenVector, AccessTokenVectorFile } from '../access-token-vector.ts';
import { base64url } from './bytes.ts';

const NOW = 1_789_000_000;
const ISSUER = 'https://cambist.test';
const API = 'https://api.acme.example';
const CLAIMS = {
  iss: ISSUER,
  sub: 'sa_1',
  client_id: 'sa_1',
  aud: API,
  iat: NOW,
  nbf: NOW - 60,
  exp: NOW + 3600,
  jti: 'token-1',
  scope: 'api:read api:write',
  roles: ['deployer'],
  organisation: 'org_1',
  service_account: 'deployer',
  project: 'shop',
  federated_identity: 'fid_1',
  act: { iss: 'https://token.actions.githubusercontent.com', sub: 'repo:acme/shop:ref:refs/heads/main' },
  upstream: { run_id: '1' },
} as const;

type Members = Readonly<Record<string, unknown>>;

export function accessTokenVectors(): AccessTokenVectorFile {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const ed = generateKeyPairSync('ed25519');
  const jwk = (key: KeyObject, kid: string, alg: string): Members => ({
    ...key.export({ format: 'jwk' }),
    kid,
    alg,
    use: 'sig',
  });
  const signed = (input: string, alg: unknown, by?: KeyObject): string => {
    const bytes = Buffer.from(input);
    if (alg === 'RS256' && by === undefined) return base64url(sign('sha256', bytes, rsa.privateKey));
    if (alg === 'EdDSA' && by === undefined) return base64url(sign(null, bytes, ed.privateKey));
    return base64url(sign('sha256', bytes, { key: by ?? ec.privateKey, dsaEncoding: 'ieee-p1363' }));
  };
  const token = (claims: Members | string, header: Members = {}, by?: KeyObject): string => {
    const whole = { alg: 'ES256', kid: 'es', typ: 'at+jwt', ...header };
    const body = typeof claims === 'string' ? claims : JSON.stringify({ ...CLAIMS, ...claims });
    const input = `${base64url(JSON.stringify(whole))}.${base64url(body)}`;
    return `${input}.${signed(input, whole.alg, by)}`;
  };
  const vectors: AccessTokenVector[] = [];
  const add = (result: string, comment: string, text: string, options: Partial<AccessTokenVector> = {}): void => {
    vectors.push({ id: `access-${vectors.length + 1}`, comment, token: text, result, ...options });
  };
  const claim = (result: string, comment: string, claims: Members, options: Partial<AccessTokenVector> = {}): void =>
    add(result, comment, token(claims), options);

  claim('verified', 'an ordinary token', {});
  add('verified', 'the same in RS256', token({}, { alg: 'RS256', kid: 'rs' }));
  add('verified', 'the same in EdDSA', token({}, { alg: 'EdDSA', kid: 'ed' }));
  claim('verified', "an access credential's token", {
    act: undefined,
    federated_identity: undefined,
    project: undefined,
    upstream: undefined,
  });

  claim('issuer', 'another issuer', { iss: 'https://evil.test' });
  claim('issuer', 'the issuer with a slash', { iss: `${ISSUER}/` });
  claim('issuer', 'the issuer in capitals', { iss: ISSUER.toUpperCase() });
  claim('issuer', 'no issuer', { iss: undefined });
  claim('issuer', 'the issuer in a list', { iss: [ISSUER] });
  claim('audience', 'another audience', { aud: 'https://other.example' });
  claim('audience', 'an audience that only begins alike', { aud: `${API}.evil.test` });
  claim('audience', 'the audience with a slash', { aud: `${API}/` });
  claim('verified', 'this audience among others', { aud: ['https://other.example', API] });
  claim('claims', 'no audience', { aud: undefined });
  claim('claims', 'an empty list of audiences', { aud: [] });
  claim('claims', 'an audience that is no text', { aud: [API, 1] });
  claim('claims', 'an empty audience among others', { aud: [API, ''] });

  claim('verified', 'expired 59 s ago, within skew', { exp: NOW - 59 });
  claim('expired', 'expired 60 s ago', { exp: NOW - 60 });
  claim('verified', 'a time with a fraction', { exp: NOW + 0.5 });
  claim('claims', 'no exp', { exp: undefined });
  claim('claims', 'exp as text', { exp: String(NOW + 3600) });
  claim('claims', 'exp below zero', { exp: -1 });
  claim('claims', 'exp null', { exp: null });
  claim('claims', 'no iat', { iat: undefined });
  claim('verified', 'issued in 60 s', { iat: NOW + 60 });
  claim('not_yet_valid', 'issued in 61 s', { iat: NOW + 61 });
  claim('verified', 'valid in 60 s', { nbf: NOW + 60 });
  claim('not_yet_valid', 'valid in 61 s', { nbf: NOW + 61 });
  claim('claims', 'nbf as text', { nbf: '1' });
  claim('claims', 'nbf null', { nbf: null });
  claim('verified', 'no nbf', { nbf: undefined });

  claim('claims', 'no sub', { sub: undefined });
  claim('claims', 'an empty sub', { sub: '', client_id: '' });
  claim('claims', 'a number as sub', { sub: 1, client_id: 1 });
  claim('claims', 'another client_id', { client_id: 'sa_2' });
  claim('claims', 'no jti', { jti: undefined });
  claim('claims', 'a list as scope', { scope: ['api:read'] });
  claim('claims', 'no scope', { scope: undefined });
  claim('verified', 'an empty scope', { scope: '' });
  claim('verified', 'no roles', { roles: undefined });
  claim('verified', 'an empty list of roles', { roles: [] });
  claim('claims', 'null as roles', { roles: null });
  claim('claims', 'a text as roles', { roles: 'deployer' });
  claim('claims', 'a number among the roles', { roles: ['deployer', 1] });
  claim('claims', 'no organisation', { organisation: undefined });
  claim('claims', 'no slug of the account', { service_account: undefined });
  claim('claims', 'an empty project', { project: '' });
  claim('claims', 'a list as project', { project: ['shop'] });
  claim('claims', 'null as project', { project: null });
  claim('claims', 'a text as act', { act: 'me' });
  claim('claims', 'an act without a subject', { act: { iss: 'https://issuer.example.com' } });
  claim('verified', 'claims that nobody knows', { cnf: { jkt: 'x' }, constructor: 'x' });

  claim('verified', 'the organisation that counts', {}, { organisation: ['org_2', 'org_1'] });
  claim('organisation', 'another organisation than counts', {}, { organisation: ['org_2'] });
  claim('verified', 'scopes that it has', {}, { scope: ['api:read', 'api:write'] });
  claim('scope', 'a scope that it lacks', {}, { scope: ['api:read', 'api:admin'] });
  claim('scope', 'the beginning of a scope', {}, { scope: ['api'] });
  claim('verified', 'a role that it has', {}, { role: ['deployer'] });
  claim('role', 'a role that it lacks', {}, { role: ['deployer', 'owner'] });
  claim('role', 'a role, of a token without roles', { roles: undefined }, { role: ['deployer'] });

  add('verified', 'the long form of typ, in another case', token({}, { typ: 'application/at+JWT' }));
  add('token_type', 'typ JWT, an ID token (RFC 8725 §3.11)', token({}, { typ: 'JWT' }));
  add('token_type', 'no typ', token({}, { typ: undefined }));
  add('token_type', 'a list as typ', token({}, { typ: ['at+jwt'] }));
  add('unknown_key', 'no kid', token({}, { kid: undefined }));
  add('unknown_key', 'an empty kid', token({}, { kid: '' }));
  add('unknown_key', 'a number as kid', token({}, { kid: 1 }));
  add('unknown_key', 'another kid', token({}, { kid: 'other' }));
  add('unknown_key', 'a kid of objects in JavaScript', token({}, { kid: '__proto__' }));
  add('unknown_key', 'a kid that two keys have', token({}, { kid: 'twice' }));
  add('unknown_key', 'a kid of a key for encryption', token({}, { kid: 'enc' }));
  add('unknown_key', 'a kid of a key without an algorithm', token({}, { kid: 'no-alg' }));
  add('unknown_key', 'a kid of a symmetric key', token({}, { kid: 'oct' }));
  add('algorithm', 'alg none', token({}, { alg: 'none' }));
  add('algorithm', 'alg HS256', token({}, { alg: 'HS256' }));
  add('algorithm', 'alg RS256 for an EC key', token({}, { alg: 'RS256' }, ec.privateKey));
  add('algorithm', 'alg in another case', token({}, { alg: 'es256' }));
  add('algorithm', 'no alg', token({}, { alg: undefined }));
  add('signature', "a good signature of the sender's own key", token({}, {}, stranger.privateKey));
  for (const name of ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'cty'])
    add('token_malformed', `the header member ${name}`, token({}, { [name]: name === 'crit' ? ['exp'] : 'x' }));

  const good = token({});
  const [first = '', second = '', third = ''] = good.split('.');
  const swapped = base64url(JSON.stringify({ ...CLAIMS, scope: 'iam:admin' }));
  add('signature', 'claims of another token', `${first}.${swapped}.${third}`);
  for (const [comment, text] of [
    ['an empty text', ''],
    ['two parts', `${first}.${second}`],
    ['no signature', `${first}.${second}.`],
    ['four parts', `${good}.${third}`],
    ['a line break behind it', `${good}\n`],
    ['white space before it', ` ${good}`],
    ['padding', `${first}=.${second}.${third}`],
    ['a header that is no JSON', `${base64url('no json')}.${second}.${third}`],
    ['a token that is too long', `${first}.${second}.${'a'.repeat(20_000)}`],
  ] as const)
    add('token_malformed', comment, text);

  return {
    description: 'Access tokens (RFC 9068): one thing changed at a time, and what a resource server says to it',
    now: NOW,
    issuer: ISSUER,
    audience: API,
    jwks: {
      keys: [
        jwk(ec.publicKey, 'es', 'ES256'),
        jwk(rsa.publicKey, 'rs', 'RS256'),
        jwk(ed.publicKey, 'ed', 'EdDSA'),
        jwk(ec.publicKey, 'twice', 'ES256'),
        jwk(stranger.publicKey, 'twice', 'ES256'),
        { ...jwk(ec.publicKey, 'enc', 'ES256'), use: 'enc' },
        { ...ec.publicKey.export({ format: 'jwk' }), kid: 'no-alg' },
        { kty: 'oct', k: 'YSBzZWNyZXQgb2YgYXQgbGVhc3QgdGhpcnR5LXR3byBieXRlcw', kid: 'oct', alg: 'HS256' },
      ],
    },
    vectors,
  };
}
