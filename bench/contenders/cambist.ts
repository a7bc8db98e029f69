// Our own application on Node, whole but for storage: its ports are bound to memory, so that what is measured is the code itself.

import { serve } from '@hono/node-server';
import type { JWK } from 'jose';

import { parseConfig } from '../../src/config.ts';
import { exchangeToken } from '../../src/exchange/exchange.ts';
import { createIdentityCache, storedIdentity } from '../../src/rules/compiled-rules.ts';
import type { ExchangeDeps, ExchangeFacts, SigningKeyState } from '../../src/exchange/ports.ts';
import { createApp } from '../../src/http/app.ts';
import { newId } from '../../src/new-id.ts';
import type { NewAuditEvent } from '../../src/objects/audit-log.ts';
import type { AppDeps } from '../../src/http/deps.ts';
import { createKeyMemory } from '../../src/issuers/key-memory.ts';
import { createVerifier } from '../../src/issuers/verify-subject-token.ts';
import { createKeysInUse } from '../../src/signing/keys-in-use.ts';
import { grantEventId } from '../../src/store/request-ids.ts';
import { SUBJECT } from '../workload.ts';
import { accountNamed, identityOf, providerOf } from '../../test/support/objects.ts';

const { issuer, audience, signingKey } = JSON.parse(process.env['BENCH'] ?? '') as {
  issuer: string;
  audience: string;
  signingKey: JWK & { alg: string; kid: string };
};
const organisation = { id: 'org_00000000000000000000000000', slug: 'default' };
const serviceAccount = accountNamed('deployer', { id: 'sa_bench' });
const states: SigningKeyState[] = [
  {
    kid: signingKey.kid,
    alg: signingKey.alg,
    status: 'active',
    source: 'bundle',
    publishedAt: 0,
    activatedAt: 0,
    retiringAt: null,
    expiresAt: null,
    revokedAt: null,
  },
];
const facts: ExchangeFacts = {
  policy: { organisation: '1', deployment: '1' },
  chars: 0,
  organisation,
  provider: providerOf(issuer, { id: 'idp_bench', preset: 'github' }),
  otherProviders: [],
  serviceAccount,
  identities: [
    storedIdentity(
      identityOf({
        id: 'fid_bench',
        serviceAccount,
        providerSubject: SUBJECT,
        tokenAudiences: ['https://api.acme.example'],
      }),
    ),
  ],
  truncated: false,
  heldRoles: [],
  signingKeys: states,
};

const log = (): void => undefined;
const config = parseConfig({
  ISSUER_URL: audience,
  SIGNING_KEYS: JSON.stringify({ keys: [signingKey] }),
  ALLOW_LOOPBACK_ISSUERS: 'true',
  DB: {} as D1Database,
  CACHE: {} as KVNamespace,
});
if (config.signingKeys === null) throw new Error(config.faults.map(({ detail }) => detail).join('; '));
const known = async (): Promise<readonly SigningKeyState[]> => states;
const keys = createKeysInUse(
  config.signingKeys,
  { read: known, register: known, keep: known, readSealed: async () => [] },
  () => undefined,
);
/** The audit log of the benchmark; bounded, so that memory stays flat. */
const events: NewAuditEvent[] = [];

const deps: ExchangeDeps = {
  readFacts: async (query) => (query.issuer === issuer ? facts : { ...facts, provider: null }),
  readHeldRoles: async () => [],
  knownFacts: (query) => (query.issuer === issuer ? facts : null),
  verifySubjectToken: createVerifier({
    fetch: async (request) => fetch(request),
    cache: { get: async () => null, put: async () => undefined },
    memory: createKeyMemory(),
    ownOrigins: [audience],
    allowLoopback: true,
    log,
  }),
  compileIdentities: createIdentityCache({ issuerUrl: audience, defaultAudience: audience }),
  recordGrant: async ({ event }) => {
    events[events.length % 1000] = event;
    return 'recorded';
  },
  recordRefusal: async () => 'recorded',
  signerFor: keys.signerFor,
  newId,
  grantEventId: (requestId) => grantEventId(requestId) ?? '',
  newTokenId: () => crypto.randomUUID(),
  issuerUrl: audience,
  defaultOrganisationId: organisation.id,
};

const notMeasured = (): never => {
  throw new Error('not part of the benchmark');
};
const appDeps: AppDeps = {
  config,
  exchange: (request, trace) => exchangeToken(request, deps, trace),
  grantToCredential: notMeasured,
  authenticateCredential: notMeasured,
  inspectToken: notMeasured,
  revokeToken: notMeasured,
  publishedKeys: notMeasured,
  signingAlgorithms: [],
  readinessChecks: [],
  readMetrics: notMeasured,
  mayProceed: async () => true,
  iam: notMeasured,
  console: notMeasured,
  now: () => Date.now() / 1000,
  // The line is built, as in production; where it goes is not the application's cost.
  log: (event) => void JSON.stringify(event),
};
serve({ fetch: createApp(appDeps).fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
  console.log(`listening ${port}`),
);
