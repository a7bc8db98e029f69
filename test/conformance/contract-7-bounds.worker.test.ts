// Contract §7: what an exchange costs, counted in round trips, and that it does not grow with the tables.

import { beforeEach, describe, expect, it } from 'vitest';
import { addIdentity, deploy, expectCreated, ISSUER_URL, join } from '../support/deployment.ts';
import type { Deployment, Joined } from '../support/deployment.ts';
import { githubActions } from '../support/claims.ts';
import { createIssuer } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';

describe('round trips of an exchange', () => {
  let deployment: Deployment;
  let issuer: TestIssuer;
  let joined: Joined;

  beforeEach(async () => {
    deployment = await deploy();
    issuer = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
    joined = await join(deployment, issuer, { providerSubject: 'repo:acme/app:ref:refs/heads/main' });
    // The first exchange of a deployment also records its signing keys.
    await deployment.send('/readyz');
  });

  const token = (claims: Record<string, unknown> = {}): Promise<string> =>
    issuer.sign({ ...githubActions({ repository: 'acme/app', now: deployment.clock.now }), ...claims });

  it('a new issuer costs one read, one write, two fetches, one KV read and one KV write (contract §7)', async () => {
    deployment.resetCounts();
    expect((await deployment.exchange(await token(), { service_account_id: joined.serviceAccount })).status).toBe(200);
    expect(deployment.counts).toMatchObject({ d1Reads: 1, d1Writes: 1, d1Trips: 2, kvReads: 1, kvWrites: 1 });
    expect(deployment.counts.fetches).toHaveLength(2);
  });

  const WARM = { d1Trips: 1, d1Reads: 0, d1Writes: 1, kvReads: 0, kvWrites: 0, fetches: [] };

  it('a warm exchange costs one D1 write, no KV and no fetch (contract §7)', async () => {
    await deployment.exchange(await token(), { service_account_id: joined.serviceAccount });
    deployment.resetCounts();
    expect((await deployment.exchange(await token(), { service_account_id: joined.serviceAccount })).status).toBe(200);
    expect(deployment.counts).toEqual(WARM);
  });

  it('a warm exchange that names no account costs the same (contract §7)', async () => {
    await deployment.exchange(await token());
    deployment.resetCounts();
    expect((await deployment.exchange(await token({ jti: 'another' }))).status).toBe(200);
    expect(deployment.counts).toEqual(WARM);
  });

  it('so does one whose provider reads the subject from another claim (contract §7)', async () => {
    const other = await createIssuer({ issuer: 'https://access.example.com' });
    deployment.connect(other);
    const provider = await expectCreated(
      deployment.iam('POST', '/v1/federated-identity-providers', {
        name: 'other',
        providerIssuer: other.issuer,
        status: 'active',
        subjectClaim: 'common_name',
      }),
    );
    await addIdentity(deployment, { ...joined, provider }, { providerSubject: 'robot' });
    const { now } = deployment.clock;
    const claims = { iss: other.issuer, sub: '', aud: ISSUER_URL, common_name: 'robot', iat: now, exp: now + 300 };
    await deployment.exchange(await other.sign({ ...claims, jti: 'one' }));
    deployment.resetCounts();
    expect((await deployment.exchange(await other.sign({ ...claims, jti: 'two' }))).status).toBe(200);
    expect(deployment.counts).toEqual(WARM);
  });

  it('a warm single-use exchange costs the same (contract §7)', async () => {
    await deployment.iam('PATCH', `/v1/federated-identities/${joined.federatedIdentity}`, {
      replayProtection: 'singleUse',
    });
    await deployment.exchange(await token({ jti: 'one' }));
    deployment.resetCounts();
    expect((await deployment.exchange(await token({ jti: 'two' }))).status).toBe(200);
    expect(deployment.counts).toEqual(WARM);
    deployment.resetCounts();
    expect((await deployment.exchange(await token({ jti: 'two' }))).status).toBe(400);
    expect(deployment.counts).toMatchObject({ d1Trips: 2 });
  });

  it('one whose rules changed since reads them and writes once more (contract §7)', async () => {
    await deployment.exchange(await token());
    await deployment.iam('PATCH', `/v1/federated-identities/${joined.federatedIdentity}`, { tokenLifetime: 600 });
    deployment.resetCounts();
    expect((await deployment.exchange(await token())).body.expires_in).toBe(600);
    expect(deployment.counts).toMatchObject({ d1Trips: 3, d1Writes: 1, kvReads: 0 });
  });

  it('a change of what is only shown costs it nothing (contract §7)', async () => {
    await deployment.exchange(await token());
    await deployment.iam('PATCH', `/v1/federated-identities/${joined.federatedIdentity}`, { description: 'new' });
    deployment.resetCounts();
    expect((await deployment.exchange(await token())).status).toBe(200);
    expect(deployment.counts).toEqual(WARM);
  });

  it('a refused one reads the rules and writes (contract §7)', async () => {
    await deployment.exchange(await token());
    deployment.resetCounts();
    expect((await deployment.exchange(await token(), { scope: 'other' })).status).toBe(400);
    expect(deployment.counts).toMatchObject({ d1Trips: 2, d1Reads: 1, d1Writes: 1, kvReads: 0 });
  });

  it('a cold isolate costs one D1 read and one KV read more and no fetch (contract §7)', async () => {
    await deployment.exchange(await token());
    deployment.coldStart();
    deployment.resetCounts();
    expect((await deployment.exchange(await token())).status).toBe(200);
    expect(deployment.counts).toEqual({ d1Trips: 2, d1Reads: 1, d1Writes: 1, kvReads: 1, kvWrites: 0, fetches: [] });
  });

  it('a single-use exchange still costs one D1 write (contract §7)', async () => {
    await addIdentity(deployment, joined, {
      providerSubject: 'repo:acme/app:environment:prod',
      replayProtection: 'singleUse',
    });
    const claims = githubActions({ repository: 'acme/app', environment: 'prod', now: deployment.clock.now });
    await deployment.exchange(await token());
    deployment.resetCounts();
    expect((await deployment.exchange(await issuer.sign(claims))).status).toBe(200);
    expect(deployment.counts).toMatchObject({ d1Reads: 1, d1Writes: 1, d1Trips: 2 });
  });

  it('an unverifiable token writes nothing (contract §7)', async () => {
    await deployment.exchange(await token());
    deployment.resetCounts();
    const signed = await token();
    const forged = `${signed.slice(0, -8)}AAAAAAA${signed.at(-1)}`;
    expect((await deployment.exchange(forged)).status).toBe(400);
    expect(deployment.counts).toMatchObject({ d1Reads: 1, d1Writes: 0, kvReads: 0, kvWrites: 0 });
    const rows = await deployment.db
      .prepare("SELECT count(*) AS n FROM audit_event WHERE outcome = 'refused'")
      .first('n');
    expect(rows).toBe(0);
  });

  it('an unregistered issuer costs one D1 read and no other traffic (contract §3)', async () => {
    deployment.resetCounts();
    const stranger = await createIssuer({ issuer: 'https://stranger.example.com' });
    const answer = await deployment.exchange(
      await stranger.sign(
        githubActions({ issuer: stranger.issuer, repository: 'acme/app', now: deployment.clock.now }),
      ),
    );
    expect(answer.status).toBe(400);
    expect(deployment.counts).toEqual({ d1Trips: 1, d1Reads: 1, d1Writes: 0, kvReads: 0, kvWrites: 0, fetches: [] });
  });

  it('an oversized token costs nothing at all (contract §1)', async () => {
    deployment.resetCounts();
    expect((await deployment.exchange(`${'a'.repeat(17_000)}.e.s`)).status).toBe(400);
    expect(deployment.counts).toEqual({ d1Trips: 0, d1Reads: 0, d1Writes: 0, kvReads: 0, kvWrites: 0, fetches: [] });
  });
});

describe('rows read by an exchange', () => {
  const rowsRead = async (deployment: Deployment, work: () => Promise<unknown>): Promise<number> => {
    let rows = 0;
    deployment.d1.carry = async ({ carryOut }) => {
      const results = await carryOut();
      rows += results.reduce((sum, result) => sum + (result.meta.rows_read ?? 0), 0);
      return results;
    };
    await work();
    return rows;
  };

  it('do not grow with organisations, providers, accounts and identities (contract §7)', async () => {
    const measure = async (others: number): Promise<number> => {
      const deployment = await deploy();
      const issuer = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
      const joined = await join(deployment, issuer, { providerSubject: 'repo:acme/app:ref:refs/heads/main' });
      await fillWithOthers(deployment.db, joined, others);
      const token = await issuer.sign(githubActions({ repository: 'acme/app', now: deployment.clock.now }));
      await deployment.exchange(token);
      return rowsRead(deployment, async () => {
        expect((await deployment.exchange(token)).status).toBe(200);
        expect((await deployment.exchange(token, { service_account_id: joined.serviceAccount })).status).toBe(200);
      });
    };
    expect(await measure(2_000)).toBe(await measure(20));
  });
});

describe('what a grant adds', () => {
  interface Cost {
    readonly read: number;
    readonly written: number;
    readonly bytes: number;
  }

  /** Rows that one exchange reads and writes, and by how many bytes each of a hundred lets D1 grow. */
  async function costOf(deployment: Deployment, exchange: (n: number) => Promise<unknown>): Promise<Cost> {
    let [read, written] = [0, 0];
    deployment.d1.carry = async ({ carryOut }) => {
      const results = await carryOut();
      for (const { meta } of results) [read, written] = [read + meta.rows_read, written + meta.rows_written];
      return results;
    };
    await exchange(0);
    const [readByOne, writtenByOne] = [read, written];
    const sizeOf = async (): Promise<number> => (await deployment.db.prepare('SELECT 1').all()).meta.size_after;
    const before = await sizeOf();
    for (let n = 1; n <= 100; n += 1) await exchange(n);
    return { read: readByOne, written: writtenByOne, bytes: ((await sizeOf()) - before) / 100 };
  }

  async function grants(claims: Record<string, unknown>, asked: Record<string, string> = {}): Promise<Cost> {
    const deployment = await deploy();
    const issuer = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
    const joined = await join(deployment, issuer, {
      providerSubject: 'repo:acme/app:**',
      providerSubjectMatch: 'glob',
    });
    const exchange = async (n: number): Promise<void> => {
      const token = githubActions({ repository: 'acme/app', now: deployment.clock.now });
      const answer = await deployment.exchange(await issuer.sign({ ...token, jti: `jti-${n}`, ...claims }), {
        service_account_id: joined.serviceAccount,
        ...asked,
      });
      expect(answer.status).toBe(200);
    };
    await exchange(-1);
    return costOf(deployment, exchange);
  }

  it('is five rows read, and two kilobytes for an ordinary token (contract §7)', async () => {
    const { read, written, bytes } = await grants({});
    expect(read).toBeLessThanOrEqual(5);
    expect(written).toBeLessThanOrEqual(4);
    expect(bytes).toBeLessThanOrEqual(2_048);
  });

  it('is six kilobytes for the worst token (contract §5.7)', async () => {
    const rest = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`claim_${index}`, 'x'.repeat(120)]));
    const { bytes } = await grants(
      { sub: `repo:acme/app:${'s'.repeat(2_000)}`, ...rest },
      { scope: 'api:read', unknown: 'x'.repeat(20_000) },
    );
    expect(bytes).toBeLessThanOrEqual(6_144);
  });
});

describe('values read by an exchange', () => {
  // D1 carries rows and texts of up to 2 MB; a local one does not say so.
  const MAX_ROW_BYTES = 2_000_000;

  it('stay below what D1 carries, however much the roles of an account reach (contract §7)', async () => {
    const deployment = await deploy();
    const issuer = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
    const joined = await join(deployment, issuer, { providerSubject: 'repo:acme/app:ref:refs/heads/main' });
    const projects = Array.from({ length: 100 }, (_, index) => `${index}-`.padEnd(256, 'p'));
    await deployment.db.batch([
      deployment.db.prepare(
        "INSERT INTO role (id, organisation_id, slug, name, created_at, updated_at) VALUES ('role_1', 'org_00000000000000000000000000', 'r', 'r', 0, 0)",
      ),
      deployment.db
        .prepare(
          `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
           INSERT INTO role_binding (id, organisation_id, role_id, service_account_id, name, projects, created_at, updated_at)
           SELECT 'bind_' || i, 'org_00000000000000000000000000', 'role_1', ?1, i, ?2, 0, 0 FROM n WHERE true`,
        )
        .bind(joined.serviceAccount, JSON.stringify(projects)),
    ]);
    let largest = 0;
    deployment.d1.carry = async ({ carryOut }) => {
      const answers = await carryOut();
      for (const row of answers.flatMap(({ results }) => results))
        largest = Math.max(largest, JSON.stringify(row).length);
      return answers;
    };
    const token = await issuer.sign(githubActions({ repository: 'acme/app', now: deployment.clock.now }));
    for (const named of [{}, { service_account_id: joined.serviceAccount }]) {
      const answer = await deployment.exchange(token, { ...named, project_id: projects[99] ?? '' });
      expect(answer.status).toBe(200);
    }
    expect(largest).toBeGreaterThan(20_000);
    expect(largest).toBeLessThan(MAX_ROW_BYTES);
  });
});

/** Rows of other tenants and other rules, written as the API would. */
async function fillWithOthers(db: D1Database, joined: Joined, count: number): Promise<void> {
  const many = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
  await db.batch([
    db.prepare(
      `${many} INSERT INTO organisation (id, slug, name, created_at, updated_at) SELECT 'org_' || i, 'o' || i, 'o' || i, 0, 0 FROM n WHERE true`,
    ),
    db
      .prepare(
        `${many} INSERT INTO identity_provider (id, organisation_id, name, issuer, status, preset, allowed_algorithms, max_token_lifetime, subject_claim, created_at, updated_at)
         SELECT 'idp_' || i, 'org_' || i, 'p', (SELECT issuer FROM identity_provider WHERE id = ?1), 'active', 'github', '["RS256"]', 86400, 'sub', 0, 0 FROM n WHERE true`,
      )
      .bind(joined.provider),
    db.prepare(
      `${many} INSERT INTO service_account (id, organisation_id, slug, name, status, created_at, updated_at)
       SELECT 'sa_' || i, 'org_00000000000000000000000000', 's' || i, 's' || i, 'active', 0, 0 FROM n WHERE true`,
    ),
    db
      .prepare(
        `${many} INSERT INTO federated_identity (id, organisation_id, service_account_id, provider_id, name, provider_subject, provider_subject_match, subject_key,
           audience_match_mode, token_lifetime, max_token_lifetime, replay_protection, mode, status, created_at, updated_at)
         SELECT 'fid_' || i, 'org_00000000000000000000000000', 'sa_' || i, ?1, 'r', 'repo:other/r' || i || ':ref:refs/heads/main', 'exact', 'repo:other/r' || i || ':ref:refs/heads/main',
           'any', 3600, 3600, 'off', 'enforce', 'active', 0, 0 FROM n WHERE true`,
      )
      .bind(joined.provider),
  ]);
}

describe('bounds of the tables', () => {
  it('refuses the identity after the hundredth of an account with 409, and takes the hundredth (contract §7)', async () => {
    const deployment = await deploy();
    const issuer = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
    const joined = await join(deployment, issuer, { providerSubject: 'repo:acme/app:ref:refs/heads/b0' });
    for (let index = 1; index < 100; index += 1) {
      await addIdentity(deployment, joined, { providerSubject: `repo:acme/app:ref:refs/heads/b${index}` });
    }
    const next = await deployment.iam('POST', '/v1/federated-identities', {
      name: 'one too many',
      serviceAccountIdentity: joined.serviceAccount,
      providerIdentity: joined.provider,
      providerSubject: 'repo:acme/app:ref:refs/heads/main',
    });
    expect(next.status).toBe(409);
    expect(next.body.detail).toContain('100');
    const other = await expectCreated(deployment.iam('POST', '/v1/service-accounts', { name: 'another' }));
    await addIdentity(
      deployment,
      { ...joined, serviceAccount: other },
      { providerSubject: 'repo:acme/app:ref:refs/heads/main' },
    );
  });

  it('tells the caller to name the account beyond 200 pattern rules, and takes the token that names it (contract §7)', async () => {
    const deployment = await deploy();
    const issuer = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
    const joined = await join(deployment, issuer, { providerSubject: 'repo:acme/app:ref:refs/heads/main' });
    await fillWithOthers(deployment.db, joined, 201);
    await deployment.db
      .prepare(
        "UPDATE federated_identity SET subject_key = NULL, provider_subject_match = 'glob', provider_subject = 'repo:other/r:ref:refs/heads/*' WHERE name = 'r'",
      )
      .run();
    const token = await issuer.sign(githubActions({ repository: 'acme/app', now: deployment.clock.now }));
    const unnamed = await deployment.exchange(token);
    expect(unnamed.status).toBe(400);
    expect(unnamed.body).toMatchObject({ error: 'invalid_request' });
    expect(unnamed.body.error_description).toContain('pass service_account_id');
    expect((await deployment.exchange(token, { service_account_id: joined.serviceAccount })).status).toBe(200);
    await deployment.db.prepare("DELETE FROM federated_identity WHERE id = 'fid_201'").run();
    expect((await deployment.exchange(token)).status).toBe(200);
  });
});
