// GET /metrics: who may read it, what it counts, and that a counter neither falls nor counts twice (contract §8).

import { beforeEach, describe, expect, it } from 'vitest';

import { ADMIN_TOKEN, deploy, ISSUER_URL, join } from '../support/deployment.ts';
import type { Answer, Deployment } from '../support/deployment.ts';
import { createIssuer } from '../support/issuer.ts';
import { addOtherOrganisation, addWorkload } from '../support/workload.ts';

let deployment: Deployment;
beforeEach(async () => {
  deployment = await deploy();
});

const scrape = (credential?: string): Promise<Answer> =>
  deployment.send('/metrics', credential === undefined ? {} : { headers: { authorization: `Bearer ${credential}` } });

/** Every sample by its name and labels. */
async function samples(): Promise<Readonly<Record<string, number>>> {
  const { status, body } = await scrape(ADMIN_TOKEN);
  expect(status).toBe(200);
  const lines = (body as string).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  );
}

describe('who may read the numbers', () => {
  it('is the root token, which gets the OpenMetrics form (contract §8)', async () => {
    const { status, headers, body } = await scrape(ADMIN_TOKEN);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toMatch(/^# TYPE cambist info\n/);
    expect(body).toMatch(/\n# EOF\n$/);
  });

  it('is a token of the organisation default with metrics:read (contract §8)', async () => {
    const monitor = await addWorkload(deployment, 'monitor', ['metrics:read']);
    expect((await scrape(await monitor.token())).status).toBe(200);
  });

  it.each([
    [401, 'nobody', async () => undefined],
    [401, 'a wrong credential', async () => 'not-the-root-token-of-this-deployment'],
    [403, 'a token without metrics:read', async () => (await addWorkload(deployment, 'app', ['iam:admin'])).token()],
    [
      403,
      'a token of another organisation',
      async () => {
        const organisation = await addOtherOrganisation(deployment);
        return (await addWorkload(deployment, 'app', ['metrics:read'], { organisation })).token();
      },
    ],
    [
      401,
      'a token that was revoked',
      async () => {
        const token = await (await addWorkload(deployment, 'app', ['metrics:read'])).token();
        await deployment.send('/oidc/revoke', { method: 'POST', body: new URLSearchParams({ token }) });
        return token;
      },
    ],
  ])('is answered %i: %s (contract §8)', async (expected, _, credential) => {
    const { status, headers, body } = await scrape(await credential());
    expect(status).toBe(expected);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(body.detail).not.toContain('cambist_');
    if (expected === 401) expect(headers.get('www-authenticate')).toMatch(/^Bearer realm="cambist"/);
  });

  it('is told 503 while storage does not answer or a setting is missing', async () => {
    deployment.d1.carry = async () => {
      throw new Error('D1 is away');
    };
    expect((await scrape(ADMIN_TOKEN)).status).toBe(503);
    deployment.coldStart({ DB: undefined as never });
    expect((await scrape(ADMIN_TOKEN)).status).toBe(503);
  });
});

describe('the counters', () => {
  it('count grants, and refusals by reason, at once (contract §8)', async () => {
    const app = await addWorkload(deployment, 'app', ['api:read']);
    for (let index = 0; index < 3; index += 1) expect((await app.exchange()).status).toBe(200);
    expect((await app.exchange({ scope: 'api:write' })).status).toBe(400);
    for (let index = 0; index < 2; index += 1)
      expect((await app.exchange({ audience: 'https://other' })).status).toBe(400);
    expect(await samples()).toMatchObject({
      cambist_grants_total: 3,
      'cambist_refusals_total{reason="scope_not_allowed"}': 1,
      'cambist_refusals_total{reason="audience_not_allowed"}': 2,
      cambist_shadow_decisions_total: 0,
    });
  });

  it('go on over every boundary of settled and recent events, count each once, and never fall (contract §8)', async () => {
    const app = await addWorkload(deployment, 'app', ['api:read']);
    let granted = 0;
    let refused = 0;
    for (const wait of [0, 1, 59, 60, 119, 1, 600, 30, 120, 121, 599, 2, 1_300, 10]) {
      deployment.clock.now += wait;
      expect((await app.exchange()).status).toBe(200);
      expect((await app.exchange({ scope: 'api:write' })).status).toBe(400);
      granted += 1;
      refused += 1;
      // A pause longer than a slice is caught up with by the scrapes that follow, each a slice.
      for (let scrapes = 0; scrapes < Math.floor(wait / 600) + 1; scrapes += 1) await samples();
      expect(await samples()).toMatchObject({
        cambist_grants_total: granted,
        'cambist_refusals_total{reason="scope_not_allowed"}': refused,
      });
    }
  });

  it('count each event once however many scrape at the same moment', async () => {
    const app = await addWorkload(deployment, 'app', ['api:read']);
    await samples();
    for (let index = 0; index < 5; index += 1) await app.exchange();
    deployment.clock.now += 300;
    await Promise.all(Array.from({ length: 8 }, samples));
    expect((await samples())['cambist_grants_total']).toBe(5);
  });

  it('look back a day at most when nobody has scraped for longer', async () => {
    const app = await addWorkload(deployment, 'app', ['api:read']);
    await app.exchange();
    await samples();
    deployment.clock.now += 3 * 86_400;
    await app.exchange();
    await samples();
    const { results } = await deployment.db.prepare('SELECT counted_until FROM decision_watermark').all();
    expect(deployment.clock.now - Number(results[0]?.['counted_until'])).toBeLessThanOrEqual(86_400);
  });

  it('name no organisation, account, issuer, subject or audience, whatever tenants call them (contract §8)', async () => {
    const organisation = await addOtherOrganisation(deployment);
    const app = await addWorkload(deployment, 'tenant-chosen', ['tenant:scope'], { organisation });
    await app.exchange();
    await app.exchange({ audience: 'https://tenant-chosen.example' });
    const { body } = await scrape(ADMIN_TOKEN);
    expect(body).not.toMatch(/tenant|other|issuer\.example|sa_|fid_|idp_|org_/);
  });
});

describe('the state of the deployment', () => {
  it('is the size of D1, the keys with their age, failing issuers and readiness (contract §8)', async () => {
    const app = await addWorkload(deployment, 'app', ['api:read']);
    await app.exchange();
    deployment.clock.now += 86_400;
    const before = await samples();
    expect(before).toMatchObject({
      'cambist_info{version="0.1.0"}': 1,
      'cambist_signing_keys{alg="ES256",status="active"}': 1,
      'cambist_signing_keys{alg="ES256",status="retiring"}': 0,
      'cambist_signing_key_age_seconds{alg="ES256"}': 86_400,
      cambist_issuers_failing: 0,
      cambist_readiness_faults: 0,
      cambist_readiness_warnings: 0,
      cambist_database_limit_bytes: 10_000_000_000,
    });
    expect(before['cambist_database_size_bytes']).toBeGreaterThan(100_000);
    await deployment.db.batch([
      deployment.db.prepare("UPDATE identity_provider SET last_fetch_error = 'it hangs'"),
      deployment.db.prepare("INSERT INTO d1_migrations (name) VALUES ('0009_of_tomorrow.sql')"),
    ]);
    expect(await samples()).toMatchObject({ cambist_issuers_failing: 1, cambist_readiness_warnings: 1 });
  });

  it('costs three round trips to D1 at most, however much there is', async () => {
    const app = await addWorkload(deployment, 'app', ['api:read']);
    for (let index = 0; index < 5; index += 1) await app.exchange();
    await samples();
    deployment.resetCounts();
    await samples();
    expect(deployment.counts.d1Trips).toBeLessThanOrEqual(3);
  });
});

describe('an issuer that fails', () => {
  it('is counted from the first exchange that cannot get its keys, which writes nothing, until its keys are there again (contract §8)', async () => {
    const issuer = await createIssuer({ issuer: 'https://failing.example.com' });
    await join(deployment, issuer, { providerSubject: 'job' });
    const exchange = async (): Promise<number> => {
      const { now } = deployment.clock;
      const claims = { iss: issuer.issuer, sub: 'job', aud: ISSUER_URL, iat: now, exp: now + 300 };
      return (await deployment.exchange(await issuer.sign(claims))).status;
    };
    const failing = async (): Promise<number | undefined> => (await samples())['cambist_issuers_failing'];
    issuer.goDown();
    expect(await exchange()).toBe(503);
    expect(await failing()).toBe(1);
    // Noted by a refresh as well, it is one and the same.
    await deployment.db.prepare("UPDATE identity_provider SET last_fetch_error = 'it hangs'").run();
    expect(await failing()).toBe(1);
    await deployment.db.prepare('UPDATE identity_provider SET last_fetch_error = NULL').run();
    deployment.clock.now += 3_601;
    expect(await failing()).toBe(0);
    expect(await exchange()).toBe(503);
    expect(await failing()).toBe(1);
    issuer.comeBack();
    deployment.clock.now += 11;
    expect(await exchange()).toBe(200);
    expect(await failing()).toBe(0);
  });
});
