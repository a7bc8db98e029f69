// Hostile class 6, end to end: rules; the table is in rules.cases.ts, what needs counting or many rows is here.

import { afterEach, describe, expect, it, vi } from 'vitest';

import { kit, runHostileClass } from './battery.ts';
import { usual } from './case.ts';
import { rules } from './rules.cases.ts';

runHostileClass(rules);

describe('work that an attacker can cause', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('is linear for a hundred wildcards against the longest subject, counted in characters read (contract §5.3)', async () => {
    const pattern = `team:acme:${'*a'.repeat(100)}`.replace(':*a', ':a');
    const { deployment, token } = await usual(kit, {
      rule: { providerSubject: pattern.replace('team:acme:', 'team:acme:x:'), providerSubjectMatch: 'glob' },
    });
    const charCodeAt = vi.spyOn(String.prototype, 'charCodeAt');
    const count = async (length: number): Promise<number> => {
      const hostile = await token({ sub: `team:acme:x:${'a'.repeat(length)}b` });
      charCodeAt.mockClear();
      expect((await deployment.exchange(hostile)).status).toBe(400);
      return charCodeAt.mock.calls.length;
    };
    const [short, long] = [await count(2_500), await count(10_000)];
    // Every character is read a bounded number of times: decoding, matching, and once more to explain.
    expect(long).toBeLessThan(10_000 * 12);
    expect(long / short).toBeLessThan(5);
  });

  it('does not grow with ten thousand rules on one issuer (contract §7)', async () => {
    const { deployment, joined, token } = await usual(kit);
    await deployment.db
      .prepare(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
         INSERT INTO federated_identity (id, organisation_id, service_account_id, provider_id, name, provider_subject, provider_subject_match, subject_key,
           audience_match_mode, token_lifetime, max_token_lifetime, replay_protection, mode, status, created_at, updated_at)
         SELECT 'fid_' || i, 'org_00000000000000000000000000', ?1, ?2, 'r' || i, 'project:p' || i || ':x', 'exact', 'project:p' || i || ':x',
           'any', 3600, 3600, 'off', 'enforce', 'active', 0, 0 FROM n`,
      )
      .bind(joined.serviceAccount, joined.provider)
      .run();
    deployment.resetCounts();
    expect((await deployment.exchange(await token())).status).toBe(200);
    expect((await deployment.exchange(await token({ sub: 'project:p7777:x' }))).status).toBe(200);
    expect((await deployment.exchange(await token({ sub: 'project:p10001:x' }))).status).toBe(400);
    // The first finds that the rules it knew have changed.
    expect(deployment.counts).toMatchObject({ d1Trips: 7, d1Writes: 3, fetches: [] });
  });
});

describe('a wildcard as a part of a later segment', () => {
  it('is accepted with a warning, since main* also means main-evil (contract §5.3)', async () => {
    const { deployment, joined, token } = await usual(kit);
    const { status, body } = await deployment.iam('POST', '/v1/federated-identities', {
      name: 'loose',
      serviceAccountIdentity: joined.serviceAccount,
      providerIdentity: joined.provider,
      providerSubject: 'repo:acme/app:ref:refs/heads/main*',
      providerSubjectMatch: 'glob',
    });
    expect(status).toBe(201);
    expect(body.warnings.map(({ code }: { code: string }) => code)).toContain('partial_wildcard');
    expect((await deployment.exchange(await token({ sub: 'repo:acme/app:ref:refs/heads/main-evil' }))).status).toBe(
      200,
    );
    expect((await deployment.exchange(await token({ sub: 'repo:acme/app:ref:refs/heads/main/evil' }))).status).toBe(
      400,
    );
  });
});
