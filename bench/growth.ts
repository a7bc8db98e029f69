// Growth, counted and timed: what an exchange reads and writes when the tables are small, and when they are large.

import { convertV4MiniflareOptions, Miniflare } from 'miniflare';

import { decisionEvent } from '../src/exchange/record.ts';
import { insertGrant } from '../src/store/decisions.ts';
import { EXCHANGE_STATEMENTS } from '../src/store/exchange-statements.ts';
import { migrate } from '../scripts/local/migrate.ts';
import { spreadOf } from './contest.ts';
import type { Spread } from './contest.ts';
import type { Effort } from './effort.ts';

type LocalD1 = Awaited<ReturnType<Miniflare['getD1Database']>>;

export interface GrowthCase {
  readonly identities: number;
  readonly issuers: number;
  readonly auditEvents: number;
}

export interface Grown extends GrowthCase {
  /** Rows that the read of an exchange reads: with the account named, and by the token alone. */
  readonly rowsNamed: number;
  readonly rowsUnnamed: number;
  /** Milliseconds of the read by the token alone and the write of the event after it. */
  readonly exchange: Spread;
  /** That over the first case's, round by round: what disturbs a round disturbs all. */
  readonly ratio: Spread;
}

// Ten issuers at least: of one alone, a search by an index ends at the end of the table, without the row behind what it looks for.
const CASES: readonly GrowthCase[] = [
  { identities: 10, issuers: 10, auditEvents: 0 },
  { identities: 1_000, issuers: 10, auditEvents: 0 },
  { identities: 100_000, issuers: 10, auditEvents: 0 },
  { identities: 10, issuers: 100, auditEvents: 0 },
  { identities: 10, issuers: 10_000, auditEvents: 0 },
  { identities: 10, issuers: 10, auditEvents: 1_000_000 },
];
const EXCHANGES = 100;
const ORGANISATION = 'org_00000000000000000000000000';
const SUBJECT = 'repo:acme/app7:ref:refs/heads/main';

/** Times inside workerd, next to D1, so that Miniflare's bridge to Node does not hide a difference; an event's id is new each time. */
const TIMER = `export default { async fetch(request, env) {
  const { read, write, times } = await request.json();
  const started = Date.now();
  for (let time = 0; time < times; time += 1) {
    await env.DB.prepare(read.sql).bind(...read.values).all();
    const { meta } = await env.DB.prepare(write.sql).bind(...write.values.map((value) => value === '' ? 'evt_' + crypto.randomUUID() : value)).run();
    if (meta.changes !== 1) throw new Error('the grant was not written');
  }
  return Response.json((Date.now() - started) / times);
} }`;

interface Prepared extends GrowthCase {
  readonly miniflare: Miniflare;
  readonly write: Bound;
  readonly rowsNamed: number;
  readonly rowsUnnamed: number;
  readonly times: number[];
}

/** Fills a D1 of its own for every case; the cases then take turns. */
export async function measureGrowth({ growthRounds, growthDivisor }: Effort): Promise<Grown[]> {
  const cases: Prepared[] = [];
  try {
    for (const growth of CASES) cases.push(await prepare(smaller(growth, growthDivisor)));
    for (let round = 0; round <= growthRounds; round += 1) {
      for (const { miniflare, write, times } of cases) {
        const milliseconds = await timeExchanges(miniflare, write);
        // The first round fills caches.
        if (round > 0) times.push(milliseconds);
      }
    }
    const [first] = cases;
    return cases.map(({ identities, issuers, auditEvents, rowsNamed, rowsUnnamed, times }) => {
      const ratio = spreadOf(times.map((time, round) => time / (first?.times[round] ?? NaN)));
      return { identities, issuers, auditEvents, rowsNamed, rowsUnnamed, exchange: spreadOf(times), ratio };
    });
  } finally {
    for (const { miniflare } of cases) await miniflare.dispose();
  }
}

/** The same case with fewer rows, for a quick run. */
function smaller({ identities, issuers, auditEvents }: GrowthCase, divisor: number): GrowthCase {
  return {
    identities: Math.max(10, identities / divisor),
    issuers: Math.max(10, issuers / divisor),
    auditEvents: auditEvents / divisor,
  };
}

const KEYS = JSON.stringify([['sub', SUBJECT]]);
const AUDIENCE = 'https://api.example.com';
/** Organisation, issuer, subject keys with their claims, nothing, default audience, as store/exchange-statements.ts numbers them. */
const BY_TOKEN_VALUES = ['default', 'https://issuer1.example.com', KEYS, null, AUDIENCE];
const [BY_ID = '', BY_TOKEN = ''] = [EXCHANGE_STATEMENTS[0], EXCHANGE_STATEMENTS.at(-1)];

async function prepare(growth: GrowthCase): Promise<Prepared> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: TIMER,
      cf: false,
      compatibilityDate: '2026-10-20',
      d1Databases: { DB: 'growth' },
    }),
  );
  const db = await miniflare.getD1Database('DB');
  await migrate(db);
  await fill(db, growth);
  const named = db.prepare(BY_ID).bind(null, 'https://issuer1.example.com', 'sa_7', ORGANISATION, AUDIENCE);
  const unnamed = db.prepare(BY_TOKEN).bind(...BY_TOKEN_VALUES);
  const rows = async (read: typeof named): Promise<number> => (await read.all()).meta.rows_read ?? 0;
  const write = await grantStatement(db);
  return { ...growth, miniflare, write, rowsNamed: await rows(named), rowsUnnamed: await rows(unnamed), times: [] };
}

/** A statement and its values, as the store makes it. */
interface Bound {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** A database that only says what it would carry out. */
const SAYING = { prepare: (sql: string) => ({ bind: (...values: readonly unknown[]): Bound => ({ sql, values }) }) };

/** The write of a grant, in the store's own words; its event has no id yet. */
async function grantStatement(db: LocalD1): Promise<Bound> {
  const version = async (scope: string): Promise<string> =>
    (await db.prepare('SELECT version FROM policy_version WHERE scope = ?').bind(scope).first<string>('version')) ?? '';
  const now = Math.floor(Date.now() / 1000);
  const event = decisionEvent(
    { requestId: crypto.randomUUID(), ip: '2001:db8::1', now },
    {
      id: '',
      organisationId: ORGANISATION,
      actor: SUBJECT,
      outcome: 'granted',
      serviceAccountId: 'sa_7',
      federatedIdentityId: 'fid_7',
      issuer: 'https://issuer1.example.com',
      subject: SUBJECT,
      claims: { sub: SUBJECT, padding: 'x'.repeat(900) },
      asked: {},
      tokenId: crypto.randomUUID(),
    },
  );
  const policy = { organisation: await version(ORGANISATION), deployment: await version('deployment') };
  return insertGrant(SAYING as object as D1Database, event, policy) as object as Bound;
}

async function timeExchanges(miniflare: Miniflare, write: Bound): Promise<number> {
  const answer = await miniflare.dispatchFetch('http://bench', {
    method: 'POST',
    body: JSON.stringify({ read: { sql: BY_TOKEN, values: BY_TOKEN_VALUES }, write, times: EXCHANGES }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as number;
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
  const PORTION = Math.min(auditEvents, 100_000);
  for (let from = 0; from < auditEvents; from += PORTION) {
    await db.batch([
      db.prepare(
        `${many(PORTION)} INSERT INTO audit_event (organisation_id, id, time, request_id, actor, action, outcome, service_account_id, federated_identity_id, issuer, subject)
         SELECT '${ORGANISATION}', 'evt_' || (i + ${from}), i, 'r' || (i + ${from}), 'a', 'token.exchange', 'granted', 'sa_7', 'fid_7', 'https://issuer1.example.com', '${SUBJECT}' FROM n WHERE true`,
      ),
    ]);
  }
}
