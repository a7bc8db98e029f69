// docs/sdk.md names every option, error code and function of the SDK.

import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import * as client from '../../../src/sdk/client/index.ts';
import * as hono from '../../../src/sdk/hono/hono.ts';
import * as verify from '../../../src/sdk/verify/verify.ts';

const doc = readFileSync('docs/sdk.md', 'utf8');
const source = (file: string): string => readFileSync(`src/${file}`, 'utf8');

/** The members of an interface. */
function membersOf(file: string, name: string): string[] {
  const body = new RegExp(`interface ${name}\\b[^{]*\\{(.*?)\\n\\}`, 's').exec(source(file))?.[1] ?? '';
  const members = [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, member]) => member ?? '');
  expect(members, name).not.toEqual([]);
  return members;
}

it.each([
  ['sdk/client/exchange-token.ts', 'ExchangeParameters'],
  ['sdk/client/exchange-token.ts', 'ExchangedToken'],
  ['sdk/client/post-form.ts', 'RequestOptions'],
  ['sdk/client/revoke-token.ts', 'RevokeOptions'],
  ['sdk/client/token-source.ts', 'TokenSource'],
  ['sdk/client/errors.ts', 'TokenExchangeErrorDetails'],
  ['sdk/verify/verify-options.ts', 'VerifyOptions'],
  ['sdk/verify/access-token-error.ts', 'ChallengeOptions'],
  ['sdk/verify/protected-resource.ts', 'ProtectedResourceOptions'],
  ['sdk/verify/protected-resource.ts', 'ResourceDescription'],
  ['sdk/verify/protected-resource.ts', 'ProtectedResourceMetadata'],
  ['sdk/hono/hono.ts', 'CambistAuthOptions'],
  ['sdk/hono/hono.ts', 'CambistCaller'],
  ['sdk/hono/hono.ts', 'PermissionRequirement'],
])('%s: every member of %s', (file, name) => {
  expect(membersOf(file, name).filter((member) => member !== 'cause' && !doc.includes(member))).toEqual([]);
});

it('has every code of TokenExchangeError and AccessTokenError', () => {
  const unions = [
    /type OAuthErrorCode =(.*?);/s.exec(source('sdk/client/errors.ts'))?.[1],
    /type TokenExchangeErrorCode =(.*?);\n\n/s.exec(source('sdk/client/errors.ts'))?.[1],
    /type AccessTokenErrorCode =(.*?);/s.exec(source('sdk/verify/access-token-error.ts'))?.[1],
  ].map((union) => [...(union ?? '').matchAll(/'(\w+)'/g)].map(([, code]) => code ?? ''));
  expect(unions.map(({ length }) => length)).toEqual([9, 6, 4]);
  expect(unions.flat().filter((code) => !doc.includes(`\`${code}\``))).toEqual([]);
});

it('has every exported function', () => {
  const names = [client, verify, hono].flatMap((entry) => Object.keys(entry));
  expect(names.filter((name) => !doc.includes(name))).toEqual([]);
});
