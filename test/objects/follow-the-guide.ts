// Run in a copy to which docs/guides/add-a-member.md was applied: uses the new member everywhere, and prints what came of it.

import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue } from 'node:sqlite';

import { judgeClaims } from '../../src/exchange/decide-written.ts';
import { declaredConfiguration } from '../../src/cli/apply/predict-configuration.ts';
import { readDeclaration } from '../../src/cli/apply/read-declaration.ts';
import { COMMANDS } from '../../src/cli/commands/registry.ts';
import { parseCommandLine } from '../../src/cli/program.ts';
import { createIamApp } from '../../src/http/iam/app.ts';
import { openApiDocument } from '../../src/http/reference/document.ts';
import { newId } from '../../src/new-id.ts';
import { createIamStore } from '../../src/store/iam-store.ts';

const ORIGIN = 'https://cambist.test';
const ISSUER = 'https://issuer.example.com';
const sqlite = new DatabaseSync(':memory:');
sqlite.exec(readFileSync('schema.sql', 'utf8'));

/** As much of D1 as the store uses. */
function prepare(sql: string, values: readonly unknown[] = []) {
  return {
    bind: (...given: unknown[]) => prepare(sql, given),
    all: async () => {
      const statement = sqlite.prepare(sql);
      const bound = values as SQLInputValue[];
      if (statement.columns().length > 0) return { success: true, results: statement.all(...bound), meta: {} };
      return { success: true, results: [], meta: { changes: Number(statement.run(...bound).changes) } };
    },
  };
}
const database = {
  prepare,
  batch: async (statements: readonly ReturnType<typeof prepare>[]) =>
    await Promise.all(statements.map(async (statement) => await statement.all())),
};

const app = createIamApp({
  store: createIamStore(database as object as D1Database),
  config: {
    issuerUrl: ORIGIN,
    defaultAudience: ORIGIN,
    adminToken: 'a-root-token-of-more-than-32-characters',
    allowLoopbackIssuers: false,
  },
  mayWrite: async () => true,
  now: () => 1_800_000_000,
  newId,
  validateLocalJwks: () => [],
  readLocalKeys: () => ({ keys: [], ids: [] }),
  inspectToken: null,
  signingKeys: null,
  explain: null,
  issuers: null,
  log: () => undefined,
});

async function call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const response = await app.fetch(
    new Request(`${ORIGIN}${path}`, {
      method,
      headers: {
        authorization: 'Bearer a-root-token-of-more-than-32-characters',
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
  return (await response.json()) as Record<string, unknown>;
}

const rule = { providerSubject: 'job:1' };
const provider = await call('POST', '/v1/federated-identity-providers', { name: 'one', providerIssuer: ISSUER });
const account = await call('POST', '/v1/service-accounts', { name: 'deployer' });
const parents = { serviceAccountIdentity: account['identity'], providerIdentity: provider['identity'] };
const created = await call('POST', '/v1/federated-identities', { ...rule, ...parents, name: 'a', ticket: 'CHG-1' });
const without = await call('POST', '/v1/federated-identities', { ...rule, ...parents, name: 'b' });
const refused = await call('POST', '/v1/federated-identities', { ...rule, ...parents, name: 'c', ticket: 7 });
const path = `/v1/federated-identities/${String(created['identity'])}`;
const read = await call('GET', path);
const [row] = sqlite.prepare('SELECT ticket FROM federated_identity ORDER BY id').all();
const cleared = await call('PATCH', path, { ticket: null });

const document = openApiDocument(null) as {
  readonly components: { readonly schemas: { readonly FederatedIdentity: { readonly properties: object } } };
};
const { properties } = document.components.schemas.FederatedIdentity;
const help = await parseCommandLine(['identities', 'create', '--help'], COMMANDS, () => '');

const declare = (ticket: unknown) =>
  readDeclaration({
    name: 'test',
    providers: { one: { providerIssuer: ISSUER } },
    serviceAccounts: {
      deployer: { identities: { a: { ...rule, provider: 'one', status: 'revoked', ticket: ticket as string } } },
    },
  });
const configuration = declaredConfiguration(declare('CHG-1').declaration, ORIGIN);
const verdict = judgeClaims(configuration, {
  claims: { iss: ISSUER, sub: 'job:1', aud: ORIGIN },
  serviceAccount: 'deployer',
  scope: null,
  audiences: [],
  project: null,
  now: 1_800_000_000,
});

process.stdout.write(
  JSON.stringify({
    created: created['ticket'],
    without: without['ticket'],
    refused: refused['errors'],
    read: read['ticket'],
    row,
    cleared: cleared['ticket'],
    described: (properties as Record<string, unknown>)['ticket'],
    help: help.kind === 'help' ? help.text.split('\n').filter((line) => line.includes('ticket')) : help,
    declared: declare('CHG-1').faults,
    misdeclared: declare(7).faults,
    verdict,
  }),
);
