// Every statement of the store reads by an index: none scans a table that grows (contract §7).

import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';

import { AUDIT_OUTCOMES } from '../../src/objects/audit-log.ts';
import type { AuditFilter } from '../../src/objects/audit-log.ts';
import { auditListStatement, auditReadStatement } from '../../src/store/audit-events.ts';
import { runArchive } from '../../src/store/archive-run.ts';
import { sweep } from '../../src/store/sweep.ts';
import { bucket, DAY } from '../support/archive.ts';
import { openBrowser } from '../console/browser.ts';
import { addIdentity, ADMIN_TOKEN, deploy, join } from '../support/deployment.ts';
import type { Deployment } from '../support/deployment.ts';
import { createIssuer } from '../support/issuer.ts';

declare global {
  interface ImportMeta {
    /** Vite's: the files of a pattern, read when the tests are built, so that workerd has them too. */
    glob(
      pattern: string,
      options: { readonly eager: true; readonly query?: string; readonly import?: string },
    ): Record<string, unknown>;
  }
}

/** All of src/store, so that a file that is added is tested too. */
const modules = import.meta.glob('../../src/store/*.ts', { eager: true }) as Record<string, Record<string, unknown>>;
const sources = import.meta.glob('../../src/store/*.ts', { eager: true, query: '?raw' }) as Record<
  string,
  { readonly default: string }
>;
const fileOf = (path: string): string => path.slice('../../src/store/'.length);

/** The few keys of the deployment itself, its migrations, and what it has counted by reason are read whole. */
const SMALL_TABLES = ['signing_key', 'd1_migrations', 'decision_total', 'decision_watermark', 'restore_point'];

let deployment: Deployment;
/** Every statement that was prepared, by its text. */
const prepared = new Set<string>();

beforeAll(async () => {
  const recording = new Proxy(env.DB, {
    get(target, name) {
      if (name === 'prepare') {
        return (sql: string) => {
          prepared.add(sql);
          return target.prepare(sql);
        };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  deployment = await deploy({ DB: recording, ARCHIVE: bucket });
  await useEverything(deployment, recording);
});

/** Calls whatever prepares a statement; the answers are other tests' business. */
async function useEverything({ iam, send, token, exchange, clock }: Deployment, db: D1Database): Promise<void> {
  const issuer = await createIssuer();
  const joined = await join(deployment, issuer, { providerSubject: 'job:1', labels: { team: 'a' } });
  await addIdentity(deployment, joined, { providerSubject: 'job:2', replayProtection: 'singleUse' });
  await addIdentity(deployment, joined, { providerSubject: 'job:1', mode: 'shadow' });
  const { body: role } = await iam('POST', '/v1/iam/roles', { name: 'role' });
  const rolePath = `/v1/iam/roles/${role.identity}`;
  const { body: rule } = await iam('POST', `${rolePath}/rules`, { resources: ['*'], permissions: ['*'] });
  const { body: binding } = await iam('POST', `${rolePath}/bindings`, {
    name: 'binding',
    serviceAccountIdentity: joined.serviceAccount,
  });
  const accountPath = `/v1/service-accounts/${joined.serviceAccount}`;
  const { body: credential } = await iam('POST', `${accountPath}/access-credentials`, {
    name: 'credential',
    scopes: [],
    expiresAt: new Date((clock.now + 86_400) * 1000).toISOString(),
  });
  const { body: organisation } = await iam('POST', '/v1/organisations', { name: 'Other', slug: 'other' });

  const jwt = async (sub: string): Promise<string> =>
    issuer.sign({
      iss: issuer.issuer,
      sub,
      aud: 'https://cambist.test',
      jti: sub,
      iat: clock.now,
      exp: clock.now + 60,
    });
  const { body: granted } = await exchange(await jwt('job:1'), { service_account_id: joined.serviceAccount });
  await exchange(await jwt('job:1'));
  await exchange(await jwt('job:1'), { service_account_id: 'deployer', organisation_id: 'default' });
  await exchange(await jwt('job:2'));
  await exchange(await jwt('job:2'));
  await exchange(await jwt('job:3'));
  await token({
    grant_type: 'client_credentials',
    client_id: String(credential.accessKey),
    client_secret: String(credential.accessSecret),
  });
  const asItself = { authorization: `Bearer ${granted.access_token}` };
  const form = { method: 'POST', headers: asItself, body: new URLSearchParams({ token: granted.access_token }) };
  await send('/v1/me/permissions', { headers: asItself });
  await send('/oidc/introspect', form);
  await send('/oidc/revoke', form);

  const explained = { subjectToken: await jwt('job:2') };
  await iam('POST', '/v1/federated-identities/explain', explained);
  await iam('POST', '/v1/federated-identities/explain', {
    ...explained,
    serviceAccountIdentity: joined.serviceAccount,
  });
  const lists = [
    '/v1/federated-identity-providers',
    '/v1/service-accounts',
    '/v1/federated-identities',
    '/v1/organisations',
  ];
  for (const path of [
    ...lists,
    '/v1/iam/roles',
    `${rolePath}/rules`,
    `${rolePath}/bindings`,
    `${accountPath}/access-credentials`,
  ]) {
    for (const query of [
      '',
      '?name=x',
      '?status=active',
      '?slug=x',
      '?matchLabels[team]=a',
      '?provider=x&serviceAccount=y',
    ]) {
      await iam('GET', `${path}${query}`);
    }
  }
  await iam('GET', '/v1/signing-keys');
  await iam('POST', '/v1/signing-keys/rotate', { alg: 'ES256', mode: 'emergency' });
  await iam('GET', '/metrics');
  const browser = openBrowser(deployment);
  await browser.signIn(ADMIN_TOKEN);
  await browser.submit('/console/sign-out', {}, '/console');
  const providerPath = `/v1/federated-identity-providers/${joined.provider}`;
  await iam('POST', `${providerPath}/refresh`);
  await iam('POST', `${providerPath}/check`);
  issuer.goDown();
  await iam('POST', `${providerPath}/refresh`);
  const objects = [
    `/v1/federated-identities/${joined.federatedIdentity}`,
    `${rolePath}/rules/${rule.identity}`,
    `${rolePath}/bindings/${binding.identity}`,
    `${accountPath}/access-credentials/${credential.identity}`,
    rolePath,
    accountPath,
    providerPath,
    `/v1/organisations/${organisation.identity}`,
  ];
  for (const path of objects) {
    await iam('GET', path);
    await iam('PATCH', path, path.includes('/rules/') ? { note: 'x' } : { description: 'changed' });
    await iam('DELETE', path);
  }
  // A day later all of it is archived, and the year after that it is deleted.
  await runArchive(db, bucket, clock.now + 2 * DAY, { retentionDays: 400, hotDays: 1 });
  await iam('GET', '/v1/audit-archive');
  await iam('GET', '/v1/audit-events?serviceAccount=deployer');
  await iam('GET', `/v1/audit-events?requestId=${crypto.randomUUID()}`);
  await iam('GET', '/v1/audit-events/evt_01h455vb4pex5vsknk084sn02q');
  await runArchive(db, bucket, clock.now + 500 * DAY, { retentionDays: 400, hotDays: 1 });
  await sweep(db, clock.now, 400);
}

/** Steps that walk through a whole table or index of a table that grows. */
async function scansOf(sql: string, values: readonly unknown[]): Promise<string[]> {
  const { results: schema } = await deployment.db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all<{ name: string }>();
  const growing = schema.map(({ name }) => name).filter((name) => !SMALL_TABLES.includes(name));
  const { results } = await deployment.db
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...values)
    .all<{ detail: string }>();
  const aliases = [...sql.matchAll(/\b(?:FROM|JOIN|UPDATE|INTO)\s+(\w+)(?:\s+(?:AS\s+)?(\w+))?/gi)]
    .filter(([, table = '']) => growing.includes(table))
    .flatMap(([, table = '', alias = table]) => [table, alias]);
  return results
    .map(({ detail }) => detail)
    .filter((detail) => aliases.includes(/^SCAN (\w+)/.exec(detail)?.[1] ?? '') || detail.includes('AUTOMATIC'));
}

/** As many nulls as a statement takes values: their number is what D1 insists on, and no plan depends on them. */
function nullsFor(sql: string): null[] {
  const numbered = [...sql.matchAll(/\?(\d+)/g)].map(([, n]) => Number(n));
  const anonymous = [...sql.matchAll(/\?(?!\d)/g)].length;
  return Array.from({ length: Math.max(0, ...numbered) + anonymous }, () => null);
}

describe('the exported statements', () => {
  const exported = Object.entries(modules).flatMap(([path, module]) =>
    Object.entries(module)
      .filter(([name]) => name.endsWith('_STATEMENTS'))
      .flatMap(([name, statements]) =>
        (statements as readonly string[]).map((sql, at) => [`${fileOf(path)} ${name}[${at}]`, sql] as const),
      ),
  );

  it.each(exported)('%s scans no table that grows (contract §7)', async (_name, sql) => {
    expect(await scansOf(sql, nullsFor(sql))).toEqual([]);
  });

  it('finds a scan where there is one', async () => {
    expect(await scansOf('SELECT * FROM audit_event e WHERE e.reason = ?', ['x'])).toHaveLength(1);
    expect(await scansOf('DELETE FROM service_account WHERE description = ?', ['x'])).toHaveLength(1);
  });
});

describe('the statements that a deployment prepares', () => {
  it('scan no table that grows, whatever is called (contract §7)', async () => {
    const wrong: string[] = [];
    for (const sql of prepared) {
      const scans = await scansOf(sql, nullsFor(sql));
      if (scans.length > 0) wrong.push(`${scans.join(' | ')}\n${sql}`);
    }
    expect(wrong).toEqual([]);
    expect(prepared.size).toBeGreaterThan(100);
  });

  it('are those of every file, so that no new file is forgotten (contract §7)', () => {
    const tables = (sql: string): string[] => sql.match(/\b(?:FROM|UPDATE|INTO|JOIN) (?:[a-z]+_)?[a-z]+\b/g) ?? [];
    const seen = new Set([...prepared].flatMap(tables));
    const missing = Object.entries(sources).flatMap(([path, { default: text }]) => {
      const code = text.replace(/^\s*(?:\/\/|\/?\*).*$/gm, '');
      return [...new Set(tables(code))]
        .filter((table) => !seen.has(table) && !SMALL_TABLES.some((small) => table.endsWith(` ${small}`)))
        .map((table) => `${fileOf(path)}: ${table}`);
    });
    expect(missing).toEqual([]);
  });
});

describe('the audit events', () => {
  const none: AuditFilter = {
    since: null,
    until: null,
    action: null,
    outcome: null,
    serviceAccount: null,
    federatedIdentity: null,
    issuer: null,
    subject: null,
    requestId: null,
    before: null,
    limit: 1_000,
  };
  const choices: readonly (readonly Partial<AuditFilter>[])[] = [
    [{}, { since: 1 }, { until: 2 }, { since: 1, until: 2 }],
    [{}, { action: 'token.exchange' }, { action: 'role.create' }],
    [{}, ...AUDIT_OUTCOMES.map((outcome) => ({ outcome }))],
    [{}, { serviceAccount: 'sa_1' }, { serviceAccount: 'slug' }],
    [{}, { federatedIdentity: 'fid_1' }],
    [{}, { issuer: 'https://issuer.example' }],
    [{}, { subject: 'job:1' }],
    [{}, { requestId: 'req-1' }],
    [{}, { before: { time: 1, id: 'evt_1' } }],
  ];
  const combinations = choices.reduce<Partial<AuditFilter>[]>(
    (all, options) => all.flatMap((filter) => options.map((option) => ({ ...filter, ...option }))),
    [{}],
  );

  it('are found by an index, in order, with every combination of filters (contract §5.7)', async () => {
    const wrong: string[] = [];
    for (let at = 0; at < combinations.length; at += 100) {
      const batch = combinations.slice(at, at + 100);
      const plans = await deployment.db.batch<{ detail: string }>(
        batch.map((filter) => {
          const { sql, values } = auditListStatement('default', { ...none, ...filter });
          return deployment.db.prepare(`EXPLAIN QUERY PLAN ${sql}`).bind(...values);
        }),
      );
      plans.forEach(({ results }, index) => {
        const plan = results.map(({ detail }) => detail);
        const isSearch = plan.some((step) => /^SEARCH e USING (?:COVERING )?(?:INDEX|PRIMARY KEY)/.test(step));
        // A subquery is scanned where what is in it was searched for.
        const scans = plan.filter((step) => /^SCAN (?!request\b|newest$|\(subquery-\d+\)$)/.test(step));
        // The few events of one request may be sorted; a page of any other list is read in order.
        const sorts = plan.filter((step) => step.includes('TEMP B-TREE') && batch[index]?.requestId === undefined);
        // A page begins at its cursor, or else at until: what is above is not read again.
        const { before, until, requestId } = batch[index] ?? {};
        const upper = before !== undefined ? '(time,id)<(?,?)' : until !== undefined ? 'time<?' : '';
        const isWithin = requestId !== undefined || plan.some((step) => step.endsWith(`${upper})`));
        if (!isSearch || !isWithin || scans.length > 0 || sorts.length > 0)
          wrong.push(`${JSON.stringify(batch[index])}: ${plan.join(' | ')}`);
      });
    }
    expect(combinations).toHaveLength(5_760);
    expect(wrong).toEqual([]);
  });

  it('are read one by one by their primary key (contract §7)', async () => {
    const { sql, values } = auditReadStatement('default', 'evt_1');
    expect(await scansOf(sql, values)).toEqual([]);
  });
});
