// docs/sdk.md names every option, error code and function of the SDK.

import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import * as client from '../../src/client/index.ts';
import * as hono from '../../src/resource-server/hono.ts';
import * as verify from '../../src/resource-server/verify.ts';

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
  ['client/exchange-token.ts', 'ExchangeParameters'],
  ['client/exchange-token.ts', 'ExchangedToken'],
  ['client/post-form.ts', 'RequestOptions'],
  ['client/revoke-token.ts', 'RevokeOptions'],
  ['client/token-source.ts', 'TokenSource'],
  ['client/errors.ts', 'TokenExchangeErrorDetails'],
  ['resource-server/verify-options.ts', 'VerifyOptions'],
  ['resource-server/hono.ts', 'CambistAuthOptions'],
  ['resource-server/hono.ts', 'CambistCaller'],
  ['resource-server/hono.ts', 'PermissionRequirement'],
])('%s: every member of %s', (file, name) => {
  expect(membersOf(file, name).filter((member) => member !== 'cause' && !doc.includes(member))).toEqual([]);
});

it('has every code of TokenExchangeError and AccessTokenError', () => {
  const unions = [
    /type OAuthErrorCode =(.*?);/s.exec(source('client/errors.ts'))?.[1],
    /type TokenExchangeErrorCode =(.*?);\n\n/s.exec(source('client/errors.ts'))?.[1],
    /type AccessTokenErrorCode =(.*?);/s.exec(source('resource-server/access-token-error.ts'))?.[1],
  ].map((union) => [...(union ?? '').matchAll(/'(\w+)'/g)].map(([, code]) => code ?? ''));
  expect(unions.map(({ length }) => length)).toEqual([9, 6, 4]);
  expect(unions.flat().filter((code) => !doc.includes(`\`${code}\``))).toEqual([]);
});

it('has every exported function', () => {
  const names = [client, verify, hono].flatMap((entry) => Object.keys(entry));
  expect(names.filter((name) => !doc.includes(name))).toEqual([]);
});
