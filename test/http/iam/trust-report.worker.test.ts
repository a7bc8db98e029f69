// The trust report over the API (contract §11), on grants that real exchanges made.

import { beforeEach, describe, expect, it } from 'vitest';

import { githubActions } from '../../support/claims.ts';
import { addIdentity, deploy, expectCreated, join } from '../../support/deployment.ts';
import type { Deployment, Joined } from '../../support/deployment.ts';
import { MAX_NEWEST_GRANTS } from '../../../src/http/limits.ts';
import { archiveEvents } from '../../../src/store/archive.ts';
import { bucket, insertEvents } from '../../support/archive.ts';
import { createIssuer } from '../../support/issuer.ts';
import type { TestIssuer } from '../../support/issuer.ts';

const PATH = '/v1/reports/trust';
const DAY = 86_400;
const MAIN = 'repo:acme@123456/app@456789:ref:refs/heads/main';

let deployment: Deployment;
let issuer: TestIssuer;
beforeEach(async () => {
  deployment = await deploy();
  issuer = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
});

/** Exchanges tokens of these branches, and says which were granted. */
async function run(joined: Joined, branches: readonly string[], more: Record<string, string> = {}): Promise<boolean[]> {
  const granted: boolean[] = [];
  for (const branch of branches) {
    const token = await issuer.sign(githubActions({ now: deployment.clock.now, ref: `refs/heads/${branch}` }));
    const answer = await deployment.exchange(token, { service_account_id: joined.serviceAccount, ...more });
    granted.push(answer.status === 200);
  }
  return granted;
}

// oxlint-disable-next-line typescript/no-explicit-any -- an answer that is compared with what it should be
async function report(identity: string): Promise<any> {
  const { status, body } = await deployment.iam('GET', `${PATH}?identity=${identity}`);
  expect(status).toBe(200);
  expect(body.identities).toHaveLength(1);
  return body.identities[0];
}

// oxlint-disable-next-line typescript/no-explicit-any
function codes(entry: any): string[] {
  return entry.findings.map(({ code }: { code: string }) => code);
}

describe('the report', () => {
  it('has exactly these members (contract §11)', async () => {
    const joined = await join(deployment, issuer, { name: 'main', providerSubject: MAIN });
    const { status, headers, body } = await deployment.iam('GET', PATH);
    expect(status).toBe(200);
    expect(headers.get('link')).toBeNull();
    expect(body).toEqual({
      generatedAt: '2026-09-10T00:26:40Z',
      identities: [
        {
          identity: joined.federatedIdentity,
          name: 'main',
          serviceAccount: { identity: joined.serviceAccount, name: 'deployer', slug: 'deployer' },
          mode: 'enforce',
          status: 'active',
          lastUsedAt: null,
          grants90d: 0,
          complete: true,
          findings: [],
          proposal: null,
        },
      ],
    });
  });

  it('needs iam:read and shows no other organisation (contract §4)', async () => {
    const joined = await join(deployment, issuer, { providerSubject: MAIN, allowedScopes: ['api:read', 'iam:read'] });
    const tokenFor = async (scope: string): Promise<string> => {
      const subjectToken = await issuer.sign(githubActions({ now: deployment.clock.now, ref: 'refs/heads/main' }));
      const { body } = await deployment.exchange(subjectToken, { service_account_id: joined.serviceAccount, scope });
      return body.access_token;
    };
    const get = async (token: string, path = PATH): Promise<number> =>
      (await deployment.send(path, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await get(await tokenFor('api:read'))).toBe(403);
    expect(await get(await tokenFor('iam:read'))).toBe(200);
    expect((await deployment.send(PATH)).status).toBe(401);
    await expectCreated(deployment.iam('POST', '/v1/organisations', { name: 'other', slug: 'other' }));
    const { body } = await deployment.send(PATH, {
      headers: {
        authorization: `Bearer ${(await import('../../support/deployment.ts')).ADMIN_TOKEN}`,
        'x-organisation-identity': 'other',
      },
    });
    expect(body.identities).toEqual([]);
  });

  it('refuses a query that it does not know, as every list (contract §5)', async () => {
    for (const query of ['nothing=1', 'identity=', 'limit=0', 'cursor=x', 'status=odd', 'identity=a&identity=b'])
      expect((await deployment.iam('GET', `${PATH}?${query}`)).status, query).toBe(400);
  });

  it('comes in pages, each identity once, and can be narrowed to an account', async () => {
    const joined = await join(deployment, issuer, { providerSubject: MAIN });
    const made = [joined.federatedIdentity];
    for (const branch of ['a', 'b', 'c'])
      made.push(await addIdentity(deployment, joined, { providerSubject: `repo:acme/app:ref:refs/heads/${branch}` }));
    const seen: string[] = [];
    let next: string | undefined = `${PATH}?limit=3&serviceAccount=deployer`;
    while (next !== undefined) {
      const { body, headers } = await deployment.iam('GET', next);
      seen.push(...body.identities.map(({ identity }: { identity: string }) => identity));
      next = /<([^>]*)>/.exec(headers.get('link') ?? '')?.[1];
    }
    expect(seen).toEqual(made);
    const { body } = await deployment.iam('GET', `${PATH}?serviceAccount=nobody`);
    expect(body.identities).toEqual([]);
  });
});

describe('a finding', () => {
  it('never_matched is of a rule that is a week old and never granted, unused of one that did', async () => {
    const joined = await join(deployment, issuer, { providerSubject: MAIN });
    const used = await addIdentity(deployment, joined, {
      providerSubject: 'repo:acme@123456/app@456789:ref:refs/heads/used',
    });
    expect(await run(joined, ['used'])).toEqual([true]);
    expect(codes(await report(joined.federatedIdentity))).toEqual([]);
    deployment.clock.now += 7 * DAY;
    expect(codes(await report(joined.federatedIdentity))).toEqual(['never_matched']);
    expect(codes(await report(used))).toEqual([]);
    deployment.clock.now += 84 * DAY;
    expect(codes(await report(used))).toEqual(['unused']);
  });

  it('never_matched says why, if the rule shows it', async () => {
    const joined = await join(deployment, issuer, {
      providerSubject: 'repo:acme@1/app@2:*',
      providerSubjectMatch: 'glob',
    });
    deployment.clock.now += 8 * DAY;
    const [finding] = (await report(joined.federatedIdentity)).findings;
    expect(finding).toMatchObject({ code: 'never_matched', detail: expect.stringContaining('matches_no_ref') });
  });

  it('over_broad says what a write of the rule is warned about', async () => {
    const joined = await join(deployment, issuer, { providerSubject: 'repo:acme/app:ref:refs/heads/main' });
    expect((await report(joined.federatedIdentity)).findings).toEqual([
      { code: 'over_broad', detail: expect.stringMatching(/^github_name_only: names on GitHub/) },
    ]);
    const pinned = await addIdentity(deployment, joined, { providerSubject: MAIN });
    expect(codes(await report(pinned))).toEqual([]);
  });

  it('shadowed is of a rule beside one that accepts all of it and gives as much', async () => {
    const joined = await join(deployment, issuer, {
      providerSubject: 'repo:acme@123456/app@456789:**',
      providerSubjectMatch: 'glob',
    });
    const useless = await addIdentity(deployment, joined, { providerSubject: MAIN });
    const [finding] = (await report(useless)).findings;
    expect(finding).toMatchObject({ code: 'shadowed', detail: expect.stringContaining(joined.federatedIdentity) });
    expect(codes(await report(joined.federatedIdentity))).not.toContain('shadowed');
    const gives = await addIdentity(deployment, joined, { providerSubject: MAIN, allowedScopes: ['api:delete'] });
    expect(codes(await report(gives))).toEqual([]);
  });

  it('excess_… is of what no grant needed, and of nothing that one needed', async () => {
    const rule = { providerSubject: MAIN, tokenAudiences: ['https://a.test', 'https://b.test'] };
    const joined = await join(deployment, issuer, rule);
    await run(joined, ['main', 'main', 'main'], {
      scope: 'api:read',
      audience: 'https://b.test',
      access_token_lifetime: '600',
    });
    const narrow = await report(joined.federatedIdentity);
    expect(narrow.findings).toEqual([
      { code: 'excess_scope', detail: 'none of the 3 grants in 90 days asked for api:write' },
      { code: 'excess_audience', detail: 'none of the 3 grants in 90 days was for the audience https://a.test' },
      { code: 'excess_lifetime', detail: expect.stringContaining('more than 600 s') },
    ]);
    expect(narrow.proposal).toEqual({
      allowedScopes: ['api:read'],
      tokenAudiences: ['https://b.test'],
      tokenLifetime: 600,
      maxTokenLifetime: 600,
      wouldStillGrant: 3,
      wouldNoLongerGrant: ['the scope api:write', 'the audience https://a.test', 'lifetimes of more than 600 s'],
      alreadyRefused: 0,
      notTried: 0,
    });
    // One that names nothing gets all scopes, the first audience and the usual lifetime.
    await run(joined, ['main']);
    expect(await report(joined.federatedIdentity)).toMatchObject({ findings: [], proposal: null });
  });
});

describe('a proposal', () => {
  it('is the branch that was seen, and says who no longer gets in', async () => {
    const joined = await join(deployment, issuer, {
      providerSubject: 'repo:acme@123456/app@456789:**',
      providerSubjectMatch: 'glob',
    });
    await run(joined, ['main', 'main', 'main', 'main']);
    const { findings, proposal, grants90d } = await report(joined.federatedIdentity);
    expect(findings.map(({ code }: { code: string }) => code)).toEqual(['over_broad', 'over_broad']);
    expect(grants90d).toBe(4);
    expect(proposal).toEqual({
      providerSubject: MAIN,
      providerSubjectMatch: 'exact',
      wouldStillGrant: 4,
      wouldNoLongerGrant: ['other branches', 'tags', 'pull requests', 'other environments'],
      alreadyRefused: 0,
      notTried: 0,
    });
    const { wouldStillGrant: _1, wouldNoLongerGrant: _2, alreadyRefused: _3, notTried: _4, ...members } = proposal;
    expect(
      (await deployment.iam('PATCH', `/v1/federated-identities/${joined.federatedIdentity}`, members)).status,
    ).toBe(200);
    expect(await run(joined, ['main', 'other'])).toEqual([true, false]);
    expect(await report(joined.federatedIdentity)).toMatchObject({ findings: [], proposal: null });
  });

  it('is the pattern of branches while new ones come up, and lists them once they are settled', async () => {
    const joined = await join(deployment, issuer, {
      providerSubject: 'repo:acme@123456/app@456789:**',
      providerSubjectMatch: 'glob',
    });
    await run(joined, ['main', 'main', 'release']);
    const pattern = { providerSubject: 'repo:acme@123456/app@456789:ref:refs/heads/*' };
    const growing = (await report(joined.federatedIdentity)).proposal;
    expect(growing).toMatchObject({ ...pattern, wouldNoLongerGrant: ['tags', 'pull requests', 'other environments'] });
    expect(growing).not.toHaveProperty('conditions');
    await run(joined, ['main', 'release', 'main']);
    expect((await report(joined.federatedIdentity)).proposal).toMatchObject({
      ...pattern,
      conditions: { ref: ['refs/heads/main', 'refs/heads/release'] },
      wouldStillGrant: 6,
    });
  });

  it('pins the id of a repository that the rule names only', async () => {
    const joined = await join(deployment, issuer, { providerSubject: 'repo:acme/app:ref:refs/heads/main' });
    await run(joined, ['main', 'main']);
    expect((await report(joined.federatedIdentity)).proposal).toBeNull();
    await run(joined, ['main']);
    expect((await report(joined.federatedIdentity)).proposal).toEqual({
      conditions: { repository_id: '456789' },
      wouldStillGrant: 3,
      wouldNoLongerGrant: ['whoever takes the name acme/app when it is free'],
      alreadyRefused: 0,
      notTried: 0,
    });
  });

  it('counts apart what today’s rule refuses and what cannot be tried', async () => {
    const joined = await join(deployment, issuer, {
      providerSubject: 'repo:acme@123456/app@456789:**',
      providerSubjectMatch: 'glob',
    });
    await run(joined, ['main', 'main', 'main', 'main', 'gone']);
    await deployment.iam('PATCH', `/v1/federated-identities/${joined.federatedIdentity}`, {
      providerSubject: 'repo:acme@123456/app@456789:ref:refs/heads/m**',
      providerSubjectMatch: 'glob',
    });
    await deployment.db
      .prepare(
        "UPDATE audit_event SET claims = NULL WHERE id = (SELECT min(id) FROM audit_event WHERE outcome = 'granted')",
      )
      .run();
    const { proposal } = await report(joined.federatedIdentity);
    expect(proposal).toMatchObject({ providerSubject: MAIN, wouldStillGrant: 3, alreadyRefused: 1, notTried: 1 });
  });
});

describe('what is read', () => {
  const grant = (n: number, days: number, branch: string, { serviceAccount, federatedIdentity }: Joined) => ({
    n,
    time: deployment.clock.now - Math.floor(days * DAY),
    account: serviceAccount,
    identity: federatedIdentity,
    claims: githubActions({ now: deployment.clock.now, ref: `refs/heads/${branch}` }),
  });
  const WIDE = { providerSubject: 'repo:acme@123456/app@456789:**', providerSubjectMatch: 'glob' };
  const use = async (): Promise<unknown> =>
    deployment.db.prepare('UPDATE federated_identity SET last_used_at = ?').bind(deployment.clock.now).run();

  it('is also what was archived', async () => {
    deployment = await deploy({ ARCHIVE: bucket });
    const joined = await join(deployment, issuer, WIDE);
    await use();
    const days = [80, 70, 60, 50, 3, 2, 1];
    await insertEvents(
      deployment.db,
      days.map((ago, n) => grant(n, ago, 'main', joined)),
    );
    const before = deployment.clock.now - 30 * DAY;
    expect(await archiveEvents(deployment.db, bucket, before, deployment.clock.now)).toMatchObject({ events: 4 });
    expect(await report(joined.federatedIdentity)).toMatchObject({
      grants90d: 7,
      complete: true,
      proposal: { providerSubject: MAIN, wouldStillGrant: 7 },
    });
  });

  it('is the newest of many, and some from further back, so that a rare job counts', async () => {
    const joined = await join(deployment, issuer, WIDE);
    await use();
    const busy = Array.from({ length: MAX_NEWEST_GRANTS + 10 }, (_, n) => grant(n, 10 - n / 1_000, 'main', joined));
    await insertEvents(deployment.db, [...busy, grant(9_999, 60, 'quarterly', joined)]);
    const { grants90d, complete, proposal } = await report(joined.federatedIdentity);
    expect({ grants90d, complete }).toEqual({ grants90d: MAX_NEWEST_GRANTS + 1, complete: false });
    expect(proposal).toMatchObject({
      providerSubject: 'repo:acme@123456/app@456789:ref:refs/heads/*',
      conditions: { ref: ['refs/heads/main', 'refs/heads/quarterly'] },
    });
  });

  it('costs an unused rule no look at the log, and an account one look at its rules', async () => {
    const joined = await join(deployment, issuer, { providerSubject: MAIN });
    for (const branch of ['a', 'b', 'c', 'd'])
      await addIdentity(deployment, joined, { providerSubject: `repo:acme/app:ref:refs/heads/${branch}` });
    deployment.resetCounts();
    await deployment.iam('GET', PATH);
    // The page, the rules of the account, and the audiences that others have reserved.
    expect(deployment.counts).toMatchObject({ d1Trips: 3, d1Writes: 0 });
  });
});
