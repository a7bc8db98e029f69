// The audit trail over the API: contract §5.7, on a real D1.

import { beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { MAX_AUDIT_EVENTS_SEARCHED } from '../../../src/objects/limits.ts';
import { StorageUnavailable } from '../../../src/exchange/ports.ts';
import { createIamStore } from '../../../src/store/iam-store.ts';
import { ADMIN_TOKEN, deploy, join } from '../../support/deployment.ts';
import type { Deployment } from '../../support/deployment.ts';
import { githubActions } from '../../support/claims.ts';
import { createIssuer } from '../../support/issuer.ts';
import { NOW, addOrganisation, iamHarness, pointers } from './iam-harness.ts';
import type { Harness } from './iam-harness.ts';

const PATH = '/v1/audit-events';
const SUBJECT = 'repo:acme@123456/app@456789:ref:refs/heads/main';

interface Row {
  readonly n: number;
  readonly organisation?: string;
  readonly time?: number;
  readonly action?: string;
  readonly outcome?: string;
  readonly account?: string | null;
  readonly identity?: string | null;
  readonly issuer?: string | null;
  readonly subject?: string | null;
  readonly request?: string;
  readonly lastRequest?: string | null;
}

const DEFAULT = 'org_00000000000000000000000000';
const idOf = (n: number): string => `evt_${String(n).padStart(26, '0')}`;

async function insert(db: D1Database, rows: readonly Row[]): Promise<void> {
  await db.batch(
    rows.map((row) =>
      db
        .prepare(
          `INSERT INTO audit_event (organisation_id, id, time, request_id, actor, action, outcome, service_account_id,
             federated_identity_id, issuer, subject) VALUES (?, ?, ?, ?, 'root', ?, ?, ?, ?, ?, ?)`,
        )
        .bind(
          row.organisation ?? DEFAULT,
          idOf(row.n),
          row.time ?? NOW + row.n,
          row.request ?? `req-${row.n}`,
          row.action ?? 'token.exchange',
          row.outcome ?? 'granted',
          row.account ?? null,
          row.identity ?? null,
          row.issuer ?? null,
          row.subject ?? null,
        ),
    ),
  );
  for (const { n, organisation = DEFAULT, lastRequest } of rows)
    if (lastRequest)
      await db
        .prepare('INSERT INTO audit_event_request (request_id, event_id, organisation_id) VALUES (?, ?, ?)')
        .bind(lastRequest, idOf(n), organisation)
        .run();
}

describe('the events of an exchange', () => {
  let deployment: Deployment;
  beforeEach(async () => {
    deployment = await deploy();
  });

  it('tell who got what, when, from which job, in exactly these members (contract §5.7)', async () => {
    const issuer = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
    const joined = await join(deployment, issuer, { providerSubject: SUBJECT });
    const claims = githubActions({ now: deployment.clock.now });
    const token = await issuer.sign(claims);
    const granted = await deployment.exchange(token, { service_account_id: joined.serviceAccount });
    expect(granted.status).toBe(200);
    const { body } = await deployment.iam('GET', `${PATH}?outcome=granted`);
    expect(body).toEqual([
      {
        identity: expect.stringMatching(/^evt_/),
        time: '2026-09-10T00:26:40Z',
        requestId: granted.headers.get('x-request-id'),
        actor: SUBJECT,
        action: 'token.exchange',
        outcome: 'granted',
        reason: null,
        detail: null,
        serviceAccount: joined.serviceAccount,
        federatedIdentity: joined.federatedIdentity,
        issuer: issuer.issuer,
        subject: SUBJECT,
        claims,
        claimsDigest: null,
        claimsOmitted: null,
        asked: { serviceAccount: joined.serviceAccount },
        tokenId: expect.any(String),
        ip: null,
        changes: null,
        count: 1,
      },
    ]);
    expect(JSON.stringify(body)).not.toContain(token.split('.')[2]);
    expect((await deployment.iam('GET', `${PATH}/${body[0].identity}`)).body).toEqual(body[0]);
  });

  it('count equal refusals, found by every one of their request ids (contract §5.7)', async () => {
    const issuer = await createIssuer();
    const { serviceAccount } = await join(deployment, issuer, { providerSubject: 'job:deploy' });
    const refuse = async (): Promise<string | null> => {
      const now = deployment.clock.now;
      const claims = { iss: issuer.issuer, aud: 'https://cambist.test', sub: 'job:other', iat: now, exp: now + 60 };
      return (await deployment.exchange(await issuer.sign(claims), { service_account_id: serviceAccount })).headers.get(
        'x-request-id',
      );
    };
    const requests = [await refuse(), await refuse(), await refuse()];
    const { body } = await deployment.iam('GET', `${PATH}?outcome=refused`);
    expect(body).toMatchObject([{ count: 3, requestId: requests[0], reason: 'subject_mismatch' }]);
    for (const request of requests) {
      expect((await deployment.iam('GET', `${PATH}?requestId=${request}`)).body).toEqual(body);
    }
    expect((await deployment.iam('GET', `${PATH}?requestId=01990000-0000-7000-8000-000000000000`)).body).toEqual([]);
  });

  it('show a change with what was before and after (contract §5.7)', async () => {
    const { body: account } = await deployment.iam('POST', '/v1/service-accounts', { name: 'one' });
    await deployment.iam('PATCH', `/v1/service-accounts/${account.identity}`, { name: 'two' });
    const { body } = await deployment.iam('GET', `${PATH}?action=service_account.update`);
    expect(body).toMatchObject([
      { actor: 'root', outcome: 'success', changes: { before: { name: 'one' }, after: { name: 'two' } } },
    ]);
  });
});

describe('the list', () => {
  let api: Harness;
  beforeEach(async () => {
    api = await iamHarness();
  });

  const found = async (query: string, headers?: Record<string, string>): Promise<number[]> => {
    const { status, body } = await api.call('GET', `${PATH}${query}`, undefined, headers);
    expect(status).toBe(200);
    return body.map(({ identity }: { identity: string }) => Number(identity.slice(4)));
  };

  it('is newest first by time, and in one round trip (contract §5.7)', async () => {
    await insert(api.db, [{ n: 1 }, { n: 2, time: NOW - 5 }, { n: 3, time: NOW + 1 }, { n: 4 }]);
    const trips = api.roundTrips();
    expect(await found('')).toEqual([4, 3, 1, 2]);
    expect(api.roundTrips() - trips).toBe(1);
  });

  it('narrows by every filter and by all of them together (contract §5.7)', async () => {
    const all = {
      action: 'token.exchange',
      outcome: 'refused',
      account: 'sa_00000000000000000000000001',
      identity: 'fid_00000000000000000000000001',
      issuer: 'https://issuer.example',
      subject: 'job:1',
    };
    await insert(api.db, [
      { n: 1, ...all },
      { n: 2, ...all, action: 'token.revoke' },
      { n: 3, ...all, outcome: 'granted' },
      { n: 4, ...all, account: null },
      { n: 5, ...all, identity: null },
      { n: 6, ...all, issuer: null },
      { n: 7, ...all, subject: null },
      { n: 8, ...all, request: 'req-1' },
      { n: 9, ...all, time: NOW - 100 },
      { n: 10, organisation: await addOrganisation(api.db, 'other'), ...all, request: 'req-1' },
    ]);
    const at = (seconds: number): string => new Date(seconds * 1000).toISOString();
    const filters: [string, number[]][] = [
      [`since=${at(NOW)}`, [9]],
      [`until=${at(NOW + 8)}`, [8]],
      ['action=token.exchange', [2]],
      ['outcome=refused', [3]],
      [`serviceAccount=${all.account}`, [4]],
      [`federatedIdentity=${all.identity}`, [5]],
      [`issuer=${encodeURIComponent(all.issuer)}`, [6]],
      ['subject=job:1', [7]],
      ['requestId=req-1', [2, 3, 4, 5, 6, 7, 9]],
    ];
    for (const [filter, without] of filters) {
      expect(await found(`?${filter}`), filter).toEqual(
        [8, 7, 6, 5, 4, 3, 2, 1, 9].filter((n) => !without.includes(n)),
      );
    }
    expect(await found(`?${filters.map(([filter]) => filter).join('&')}`)).toEqual([1]);
  });

  it('finds the events of an account by its slug, too (contract §5)', async () => {
    const { body: account } = await api.call('POST', '/v1/service-accounts', { name: 'Deployer' });
    await insert(api.db, [{ n: 101, account: account.identity }, { n: 102 }]);
    expect(await found('?serviceAccount=deployer&action=token.exchange')).toEqual([101]);
    expect(await found('?serviceAccount=nobody')).toEqual([]);
  });

  it('takes since as the first and until as the first no more, with any offset (contract §5.7)', async () => {
    await insert(api.db, [
      { n: 1, time: NOW },
      { n: 2, time: NOW + 60 },
    ]);
    expect(await found('?since=2027-01-15T08:00:00Z&until=2027-01-15T08:01:00Z')).toEqual([1]);
    expect(await found('?since=2027-01-15T10:01:00%2B02:00')).toEqual([2]);
    expect(await found('?since=2027-01-15T10:01:00+02:00')).toEqual([2]);
  });

  it('continues page by page, each event once, also where they share a second (contract §5)', async () => {
    await insert(
      api.db,
      Array.from({ length: 7 }, (_, n) => ({ n: n + 1, time: NOW + Math.floor(n / 3), outcome: 'refused' })),
    );
    for (const narrowed of ['', '&outcome=refused', '&requestId=req-3']) {
      const seen: number[] = [];
      let next: string | undefined = `${PATH}?limit=2${narrowed}`;
      while (next !== undefined) {
        const answer: Awaited<ReturnType<Harness['call']>> = await api.call('GET', next);
        seen.push(...answer.body.map(({ identity }: { identity: string }) => Number(identity.slice(4))));
        next = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];
      }
      expect(seen).toEqual(narrowed.includes('requestId') ? [3] : [7, 6, 5, 4, 3, 2, 1]);
    }
  });

  it.each([
    ['since=yesterday', '?since'],
    ['until=2027-02-30T00:00:00Z', '?until'],
    ['action=token.steal', '?action'],
    ['outcome=maybe', '?outcome'],
    ['limit=0', '?limit'],
    ['limit=1001', '?limit'],
    ['cursor=evt_1', '?cursor'],
    ['subject=', '?subject'],
    ['issuer=a&issuer=b', '?issuer'],
    ['account=x', '?account'],
  ])('refuses %s (contract §5)', async (query, pointer) => {
    const answer = await api.call('GET', `${PATH}?${query}`);
    expect(answer.status).toBe(400);
    expect(pointers(answer)).toEqual([pointer]);
  });

  it('keeps organisations apart (contract §4)', async () => {
    await insert(api.db, [{ n: 1, organisation: await addOrganisation(api.db, 'other') }, { n: 2 }]);
    expect(await found('', { 'x-organisation-identity': 'other' })).toEqual([1]);
    expect((await api.call('GET', `${PATH}/${idOf(1)}`)).status).toBe(404);
    expect((await api.call('GET', `${PATH}/${idOf(2)}`)).status).toBe(200);
    const nowhere = await api.call('GET', PATH, undefined, { 'x-organisation-identity': 'nowhere' });
    expect(nowhere.status).toBe(404);
  });

  it('is append-only: nothing can be written or deleted (contract §5.7)', async () => {
    await insert(api.db, [{ n: 1 }]);
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      expect((await api.call(method, `${PATH}/${idOf(1)}`, {})).status).toBe(405);
    }
    expect((await api.call('POST', PATH, {})).status).toBe(405);
  });
});

describe('a filter that no index serves, in a large log', () => {
  const EVENTS = 4 * MAX_AUDIT_EVENTS_SEARCHED + 100;
  const RARE = [1, 2, 99, 100, 101, 3 * MAX_AUDIT_EVENTS_SEARCHED + 100, 3 * MAX_AUDIT_EVENTS_SEARCHED + 101, EVENTS];
  const issuer = (name: string): string => `issuer=${encodeURIComponent(`https://${name}.example`)}`;
  let deployment: Deployment;
  let rows: number;

  beforeAll(async () => {
    deployment = await deploy();
    await deployment.db
      .prepare(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO audit_event (organisation_id, id, time, request_id, actor, action, outcome, issuer, subject)
         SELECT ?2, printf('evt_%026d', i), ?3 + i / 3, 'r' || i, 'a', 'token.exchange', 'granted',
           CASE WHEN i IN (SELECT value FROM json_each(?4)) THEN 'https://rare.example' ELSE 'https://usual.example' END, 's' FROM n`,
      )
      .bind(EVENTS, DEFAULT, NOW, JSON.stringify(RARE))
      .run();
    deployment.d1.carry = async ({ carryOut }) => {
      const results = await carryOut();
      rows = results.reduce((sum, { meta }) => sum + (meta.rows_read ?? 0), 0);
      return results;
    };
  });

  async function pages(query: string): Promise<number[][]> {
    const found: number[][] = [];
    for (let next: string | undefined = `${PATH}?${query}`; next !== undefined;) {
      const answer = await deployment.iam('GET', next);
      expect(answer.status).toBe(200);
      found.push(answer.body.map(({ identity }: { identity: string }) => Number(identity.slice(4))));
      // Each event that is searched is found in the index, read, and numbered.
      expect(rows).toBeLessThan(3 * MAX_AUDIT_EVENTS_SEARCHED + 50);
      next = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];
    }
    return found;
  }

  it('costs a page a bounded number of rows, though it shows nothing (contract §7)', async () => {
    const nothing = [[], [], [], [], []];
    expect(await pages(issuer('unknown'))).toEqual(nothing);
    expect(await pages(`${issuer('unknown')}&subject=s&limit=1`)).toEqual(nothing);
    expect(await pages(`${issuer('unknown')}&since=2027-01-15T08:00:00Z`)).toEqual(nothing);
    expect(await pages(`${issuer('unknown')}&until=2040-01-15T08:00:00Z`)).toEqual(nothing);
    expect(await pages('outcome=granted&serviceAccount=nobody')).toEqual([[]]);
  });

  it('costs a page no more rows the deeper it is (contract §7)', async () => {
    const deep = `cursor=${NOW + 60}.${idOf(180)}&until=2040-01-15T08:00:00Z`;
    for (const query of [deep, `subject=s&${deep}`, `${issuer('unknown')}&${deep}`]) {
      await deployment.iam('GET', `${PATH}?${query}`);
      expect(rows, query).toBeLessThan(4 * 180 + 10);
    }
  });

  it('costs a page that what is common fills no more than a few rows an event (contract §7)', async () => {
    for (const query of ['outcome=granted', 'action=token.exchange&subject=s', issuer('usual')]) {
      const { body } = await deployment.iam('GET', `${PATH}?${query}&limit=50`);
      expect(body).toHaveLength(50);
      expect(rows, query).toBeLessThan(5 * 50);
    }
  });

  it('finds every event by its links, once and in order (contract §5)', async () => {
    const newestFirst = RARE.toReversed();
    for (const query of [issuer('rare'), `${issuer('rare')}&limit=2`, `${issuer('rare')}&subject=s`]) {
      const found = await pages(query);
      expect(found.flat()).toEqual(newestFirst);
      expect(found.length).toBeGreaterThan(2);
    }
    const lines = await deployment.fetch(`${PATH}?${issuer('rare')}`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, accept: 'application/x-ndjson' },
    });
    const exported = (await lines.text()).trim().split('\n');
    expect(exported.map((line) => Number(JSON.parse(line).identity.slice(4)))).toEqual(newestFirst);
  });

  it('is searched no further for a client that has left (contract §5.7)', async () => {
    deployment.resetCounts();
    const { body } = await deployment.fetch(`${PATH}?${issuer('unknown')}`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, accept: 'application/x-ndjson' },
    });
    const reader = body?.getReader();
    expect(await reader?.read()).toMatchObject({ done: false, value: new Uint8Array() });
    await reader?.read();
    await reader?.cancel();
    expect(deployment.counts.d1Reads).toBe(2);
  });

  it('is one page where times leave fewer events than a page may search (contract §5)', async () => {
    const until = new Date((NOW + 40) * 1000).toISOString();
    for (const cursor of ['', `&cursor=${NOW + 40}.${idOf(120)}`, `&cursor=${NOW + 4_000}.${idOf(12_000)}`])
      expect(await pages(`${issuer('rare')}&until=${until}${cursor}`)).toEqual([[101, 100, 99, 2, 1]]);
  });

  it('leaves lists that an index answers as they are: full pages, and no link after the last (contract §5)', async () => {
    const found = await pages('until=2027-01-15T08:01:00Z&limit=100');
    expect(found.map(({ length }) => length)).toEqual([100, 79]);
    expect(rows).toBeLessThan(300);
  });

  it('finds the events of an identity among those of its account, and once it is deleted by time (contract §5.7)', async () => {
    const issuerOf = await createIssuer({ issuer: 'https://issuer-of-identity.example' });
    const joined = await join(deployment, issuerOf, { providerSubject: 'job:1' });
    await deployment.db
      .prepare(
        "UPDATE audit_event SET service_account_id = ?1, federated_identity_id = ?2 WHERE issuer = 'https://rare.example'",
      )
      .bind(joined.serviceAccount, joined.federatedIdentity)
      .run();
    const query = `federatedIdentity=${joined.federatedIdentity}&action=token.exchange`;
    expect(await pages(query)).toEqual([RARE.toReversed()]);
    expect(rows).toBeLessThan(10 * RARE.length);
    const { status } = await deployment.iam('DELETE', `/v1/federated-identities/${joined.federatedIdentity}`);
    expect(status).toBe(204);
    const gone = await pages(query);
    expect(gone.flat()).toEqual(RARE.toReversed());
    expect(gone.length).toBeGreaterThan(2);
    // Who names the account, too, has them at once.
    expect(await pages(`${query}&serviceAccount=${joined.serviceAccount}`)).toEqual([RARE.toReversed()]);
    expect(rows).toBeLessThan(10 * RARE.length);
  });
});

describe('the export as NDJSON', () => {
  const accept = 'application/x-ndjson, application/json;q=0.5';
  const read = async (deployment: Deployment, query = ''): Promise<{ headers: Headers; lines: string[] }> => {
    const response = await deployment.fetch(`${PATH}${query}`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, accept },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    return { headers: response.headers, lines: (await response.text()).split('\n').slice(0, -1) };
  };

  it('streams every event, one per line, beyond a page (contract §5.7)', async () => {
    const deployment = await deploy();
    const rows = Array.from({ length: 2_300 }, (_, n) => ({ n }));
    for (let at = 0; at < rows.length; at += 500) await insert(deployment.db, rows.slice(at, at + 500));
    const { lines } = await read(deployment);
    expect(lines.map((line) => JSON.parse(line).identity)).toEqual(rows.map(({ n }) => idOf(n)).reverse());
    expect(deployment.counts).toMatchObject({ d1Writes: 0, d1Reads: 3 });
  });

  it('gives one page and its link where a limit is asked for, and nothing where there is nothing (contract §5.7)', async () => {
    const deployment = await deploy();
    expect((await read(deployment)).lines).toEqual([]);
    await insert(deployment.db, [{ n: 1 }, { n: 2 }]);
    const page = await read(deployment, '?limit=1');
    expect(page.lines).toHaveLength(1);
    expect(page.headers.get('link')).toContain('rel="next"');
  });

  it('is cut off, not ended, where storage fails in the middle (contract §5.7)', async () => {
    const harness = await iamHarness();
    const store = createIamStore(harness.db);
    let pages = 0;
    const failing = await iamHarness({
      store: {
        ...store,
        audit: {
          ...store.audit,
          list: (organisation, filter) => {
            pages += 1;
            if (pages > 1) throw new StorageUnavailable('D1');
            return store.audit.list(organisation, { ...filter, limit: 1 });
          },
        },
      },
    });
    await insert(failing.db, [{ n: 1 }, { n: 2 }]);
    await expect(failing.call('GET', PATH, undefined, { accept })).rejects.toThrow('D1');
  });
});
