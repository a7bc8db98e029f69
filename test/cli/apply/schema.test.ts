// The JSON Schemas of the files that people write: they take what the command line takes, and refuse what an editor can see is wrong.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { describe, expect, it } from 'vitest';
import * as z from 'zod';

import { FILE_SCHEMAS } from '../../../scripts/generate-file-schemas.ts';
import { readDeclaration } from '../../../src/cli/apply/read-declaration.ts';
import { readDocument } from '../../../src/cli/apply/read-document.ts';
import { schemaAddress } from '../../../src/cli/apply/schema-address.ts';
import type { JsonObject } from '../../../src/token/json.ts';
import { cambist } from '../support/cli.ts';
import { FAKE_ENV, fakeApi } from '../support/fake-api.ts';

function faultsOf(name: string, data: unknown): readonly string[] {
  const schema = JSON.parse(readFileSync(join('docs', name), 'utf8')) as Parameters<typeof z.fromJSONSchema>[0];
  return (
    z
      .fromJSONSchema(schema)
      .safeParse(data)
      .error?.issues.map((issue) => JSON.stringify(issue)) ?? []
  );
}

const CONFIGURATION = 'cambist.schema.json';

/** Every block of YAML in the documents, and every example file, by what it is. */
const written = ['README.md', ...globSync('docs/**/*.md'), ...globSync('{deploy,examples,bench}/**/*.md')].flatMap(
  (file) =>
    [...readFileSync(file, 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => ({ file, text })),
);
const configurations = written.filter(
  ({ text }) => !text.includes('apiVersion:') && /^(?:providers|serviceAccounts|roles|tests):/m.test(text),
);
const agentFiles = written.filter(({ text }) => /^outputs:/m.test(text));

function dataOf(text: string): JsonObject {
  return readDocument(text, 'file').data;
}

/** A sound configuration with every part. */
const SOUND = `
$schema: ./cambist.schema.json
name: platform
deployment: https://tokens.example.com
defaultAudience: https://api.example.com
providers:
  GitHub: {providerIssuer: https://token.actions.githubusercontent.com, preset: github, maxTokenLifetime: 600}
serviceAccounts:
  bare:
  deployer:
    slug: deployer
    labels: {team: shop}
    identities:
      main:
        provider: GitHub
        providerSubject: repo:acme@1/app@2:*
        providerSubjectMatch: glob
        conditions: {ref: refs/heads/main, actor: [a, b], environment: {glob: prod-*}, draft: {not: true}}
        allowedScopes: [api:read]
        expiresAt: null
roles:
  Deployments:
    rules: [{resources: [deployments], permissions: [create, read]}]
    bindings: {deployer: {serviceAccount: deployer, projects: [shop]}}
tests:
  main: {provider: GitHub, claims: {sub: x}, allowed: deployer, roles: [deployments], scopes: api:read}
  other: {claims: {sub: x}, serviceAccount: deployer, refused: any}
`;

describe('the schema of a configuration', () => {
  it.each(configurations)('takes what $file shows', ({ text }) => {
    expect(faultsOf(CONFIGURATION, { name: 'guide', ...dataOf(text) })).toEqual([]);
  });

  it('is tried with the guide', () => {
    expect(configurations.length).toBeGreaterThan(1);
  });

  it('takes every part of a configuration, and so does apply', () => {
    const data = dataOf(SOUND);
    expect(readDeclaration(data).faults).toEqual([]);
    expect(faultsOf(CONFIGURATION, data)).toEqual([]);
  });

  it('takes what export writes, in YAML and in JSON', async () => {
    const world = { env: FAKE_ENV, elsewhere: fakeApi() };
    const { stdout } = await cambist(['export', '--name', 'all'], world);
    expect(faultsOf(CONFIGURATION, dataOf(stdout))).toEqual([]);
    expect(faultsOf(CONFIGURATION, JSON.parse((await cambist(['export', '--json'], world)).stdout))).toEqual([]);
  });

  // The schema and apply agree about each of these.
  it.each([
    ['a part that there is none of', 'name: platform', 'name: platform\nprovider: {}'],
    ['no name', 'name: platform\n', ''],
    ['a name with a space', 'name: platform', 'name: my platform'],
    ['an unknown preset', 'preset: github', 'preset: guthub'],
    ['no issuer', 'providerIssuer: https://token.actions.githubusercontent.com, ', ''],
    ['a text for a number', 'maxTokenLifetime: 600', 'maxTokenLifetime: ten'],
    ['a number out of range', 'maxTokenLifetime: 600', 'maxTokenLifetime: 0'],
    ['a member that is misspelt', 'providerSubject:', 'providersubject:'],
    ['an identity without a provider', '        provider: GitHub\n', ''],
    ['an unknown way to match', 'providerSubjectMatch: glob', 'providerSubjectMatch: regex'],
    ['an unknown matcher', '{glob: prod-*}', '{regex: prod-.*}'],
    ['null for what cannot be cleared', 'slug: deployer', 'preset: null'],
    ['a text for a list', 'allowedScopes: [api:read]', 'allowedScopes: api:read'],
    ['an unknown permission', 'permissions: [create, read]', 'permissions: [destroy]'],
    ['a binding of nobody', 'serviceAccount: deployer, projects', 'projects'],
    ['a test of nothing', 'claims: {sub: x}, allowed: deployer', 'allowed: deployer'],
    ['a test that expects both', 'allowed: deployer', 'allowed: deployer, refused: any'],
    ['a test that expects neither', ', refused: any', ''],
    ['a reason that there is none of', 'refused: any', 'refused: because'],
    ['a $schema that is no text', '$schema: ./cambist.schema.json', '$schema: 1'],
  ])('refuses %s, as apply does', (_, before, after) => {
    const text = SOUND.replace(before, after);
    expect(text).not.toBe(SOUND);
    const data = dataOf(text);
    expect(readDeclaration(data).faults).not.toEqual([]);
    expect(faultsOf(CONFIGURATION, data)).not.toEqual([]);
  });
});

describe('the schema of the file of the agent', () => {
  it.each(agentFiles)('takes what $file shows', ({ text }) => {
    expect(faultsOf('agent.schema.json', dataOf(text))).toEqual([]);
  });

  it.each([
    ['no outputs', { url: 'https://tokens.example.com' }],
    ['an unknown type', { outputs: [{ type: 'secret', path: '/x' }] }],
    ['a member of another type', { outputs: [{ type: 'token', path: '/x', registry: 'r.example.com' }] }],
    ['an unknown member', { outputs: [{ type: 'token', path: '/x' }], token: 'x' }],
  ])('refuses %s', (_, data) => {
    expect(faultsOf('agent.schema.json', data)).not.toEqual([]);
  });
});

describe('the line for editors', () => {
  it('names a file that is there, from wherever export is run', async () => {
    const { stdout } = await cambist(['export', '--name', 'all'], { env: FAKE_ENV, elsewhere: fakeApi() });
    const [, address = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(stdout) ?? [];
    expect(address).toBe('./docs/cambist.schema.json');
    for (const directory of ['.', 'docs', '/', '/tmp'])
      expect(existsSync(resolve(directory, schemaAddress(resolve(directory))))).toBe(true);
  });

  it('is right in every document', () => {
    for (const { file, text } of written)
      for (const [, address = ''] of text.matchAll(/# yaml-language-server: \$schema=(\S+)/g))
        expect([file, existsSync(address) || FILE_SCHEMAS.has(address.replace(/^.*\//, ''))]).toEqual([file, true]);
  });
});
