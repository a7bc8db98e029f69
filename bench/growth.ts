// Growth, counted and timed: what an exchange reads where the tables are small, and where they are large.

import { convertV4MiniflareOptions, Miniflare } from 'miniflare';

import { EXCHANGE_STATEMENTS } from '../src/store/exchange-facts.ts';
import { schemaStatements } from '../scripts/local/worker.ts';
import { spreadOf } from './contest.ts';
import type { Spread } from './contest.ts';

type LocalD1 = Awaited<ReturnType<Miniflare['getD1Database']>>;

export interface GrowthCase {
  readonly name: string;
  readonly identities: number;
  readonly issuers: number;
  readonly auditEvents: number;
}

export interface Grown extends GrowthCase {
  /** Rows that the read of an exchange reads: with the account named, and by the token alone. */
  readonly rowsNamed: number;
  readonly rowsUnnamed: number;
  /** Milliseconds of the read by the token alone. */
  readonly read: Spread;
}

const CASES: readonly GrowthCase[] = [
  { name: 'small', identities: 10, issuers: 1, auditEvents: 0 },
  { name: 'identities', identities: 1_000, issuers: 1, auditEvents: 0 },
  { name: 'more identities', identities: 100_000, issuers: 1, auditEvents: 0 },
  { name: 'issuers', identities: 10, issuers: 100, auditEvents: 0 },
  { name: 'more issuers', identities: 10, issuers: 10_000, auditEvents: 0 },
  { name: 'audit', identities: 10, issuers: 1, auditEvents: 1_000_000 },
];
const READS = 200;
const ROUNDS = 5;
const ORGANISATION = 'org_00000000000000000000000000';
const SUBJECT = 'repo:acme/app7:ref:refs/heads/main';

/** Measures every case on a D1 of its own. */
export async function measureGrowth(): Promise<Grown[]> {
  const grown: Grown[] = [];
  for (const growth of CASES) grown.push(await measure(growth));
  return grown;
}

async function measure(growth: GrowthCase): Promise<Grown> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: 'export default { fetch: () => new Response() }',
      cf: false,
      d1Databases: { DB: growth.name },
    }),
  );
  try {
    const db = await miniflare.getD1Database('DB');
    await db.batch(schemaStatements().map((statement) => db.prepare(statement)));
    await fill(db, growth);
    const keys = JSON.stringify([SUBJECT]);
    const [byId = '', byToken = ''] = [EXCHANGE_STATEMENTS[0], EXCHANGE_STATEMENTS.at(-1)];
    const named = db.prepare(byId).bind(null, 'https://issuer1.example.com', 'sa_7', ORGANISATION);
    const unnamed = db.prepare(byToken).bind('default', 'https://issuer1.example.com', keys, keys);
    const rows = async (read: typeof named): Promise<number> => (await read.all()).meta.rows_read ?? 0;
    await rows(unnamed);
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const started = performance.now();
      for (let read = 0; read < READS; read += 1) await unnamed.all();
      times.push((performance.now() - started) / READS);
    }
    return { ...growth, rowsNamed: await rows(named), rowsUnnamed: await rows(unnamed), read: spreadOf(times) };
  } finally {
    await miniflare.dispose();
  }
}

/** Rows as the API and the exchange write them. */
async function fill(db: LocalD1, { identities, issuers, auditEvents }: GrowthCase): Promise<void> {
  const many = (count: number): string =>
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
  await db.batch([
    db.prepare(
      `${many(issuers)} INSERT INTO identity_provider (id, organisation_id, name, issuer, status, preset, allowed_algorithms, max_token_lifetime, subject_claim, created_at, updated_at)
       SELECT 'idp_' || i, '${ORGANISATION}', 'p' || i, 'https://issuer' || i || '.example.com', 'active', 'github', '["RS256"]', 86400, 'sub', 0, 0 FROM n WHERE true`,
    ),
    db.prepare(
      `${many(identities)} INSERT INTO service_account (id, organisation_id, slug, name, status, created_at, updated_at)
       SELECT 'sa_' || i, '${ORGANISATION}', 's' || i, 's' || i, 'active', 0, 0 FROM n WHERE true`,
    ),
    db.prepare(
      `${many(identities)} INSERT INTO federated_identity (id, organisation_id, service_account_id, provider_id, name, provider_subject, provider_subject_match, subject_key,
         audience_match_mode, token_lifetime, max_token_lifetime, replay_protection, mode, status, created_at, updated_at)
       SELECT 'fid_' || i, '${ORGANISATION}', 'sa_' || i, 'idp_1', 'r', 'repo:acme/app' || i || ':ref:refs/heads/main', 'exact', 'repo:acme/app' || i || ':ref:refs/heads/main',
         'any', 3600, 3600, 'off', 'enforce', 'active', 0, 0 FROM n WHERE true`,
    ),
  ]);
  const PORTION = 100_000;
  for (let from = 0; from < auditEvents; from += PORTION) {
    await db.batch([
      db.prepare(
        `${many(PORTION)} INSERT INTO audit_event (organisation_id, id, time, request_id, actor, action, outcome, service_account_id, federated_identity_id, issuer, subject)
         SELECT '${ORGANISATION}', 'evt_' || (i + ${from}), i, 'r' || (i + ${from}), 'a', 'token.exchange', 'granted', 'sa_7', 'fid_7', 'https://issuer1.example.com', '${SUBJECT}' FROM n WHERE true`,
      ),
    ]);
  }
}
