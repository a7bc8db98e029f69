// The overview and the activity of the console (contract §11): what they count and list, an event whole, and from a refusal to a rule.

import { beforeEach, describe, expect, it } from 'vitest';

import { startWorld } from '../faults/world.ts';
import type { World } from '../faults/world.ts';
import { ADMIN_TOKEN, ISSUER_URL } from '../support/deployment.ts';
import { hiddenField, openBrowser } from './browser.ts';
import type { Browser } from './browser.ts';

let world: World;
let browser: Browser;

beforeEach(async () => {
  world = await startWorld({ allowedScopes: ['iam:read', 'api:read'], tokenAudiences: [ISSUER_URL] });
  browser = openBrowser(world.deployment);
  await browser.signIn(ADMIN_TOKEN);
});

/** What a person reads of a page. */
function textIn(html: string): string {
  return html
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('&quot;', '"');
}

async function refusedEvent(): Promise<string> {
  const event = (await world.deployment.events()).findLast(({ outcome }) => outcome === 'refused');
  return `/console/activity/${String(event?.['id'])}`;
}

describe('the overview', () => {
  it('counts grants, refusals and changes of the span that is asked for (contract §11)', async () => {
    const { deployment } = world;
    for (let at = 0; at < 3; at += 1) await world.works();
    await deployment.exchange(await world.token({ sub: 'job:other' }));
    await deployment.exchange(await world.token({ sub: 'job:other' }));
    const now = textIn((await browser.get('/console')).html);
    expect(now).toContain('Tokens granted 3');
    expect(now).toContain('no_federated_identity 2');
    expect(now).toMatch(/Changes 3/);
    deployment.clock.now += 2 * 86_400;
    await browser.signIn(ADMIN_TOKEN);
    expect(textIn((await browser.get('/console')).html)).toContain('Tokens granted 0');
    expect(textIn((await browser.get('/console?span=7d')).html)).toContain('Tokens granted 3');
  });

  it('names what needs attention: settings, issuers that fail, keys that are old (contract §11)', async () => {
    const { deployment, joined, issuer } = world;
    await world.works();
    expect((await browser.get('/console')).html).toContain('Nothing needs your attention.');
    issuer.goDown();
    await deployment.iam('POST', `/v1/federated-identity-providers/${joined.provider}/refresh`);
    expect(textIn((await browser.get('/console')).html)).toMatch(
      /The keys of the identity provider issuer could not be fetched/,
    );
    deployment.clock.now += 181 * 86_400;
    await browser.signIn(ADMIN_TOKEN);
    expect(textIn((await browser.get('/console')).html)).toContain('for more than 180 days: rotate it.');
  });

  it('shows the numbers of its chart as a table, too, for whoever cannot see it', async () => {
    await world.works();
    const { html } = await browser.get('/console');
    const [, chart = ''] = /<figure[^>]*>([^]*?)<\/figure>/.exec(html) ?? [];
    expect(chart).toContain('role="img" aria-label="Grants and refusals in the last 24 hours"');
    expect(chart.match(/<rect class="grant"/g)).toHaveLength(24);
    expect(chart.match(/<th scope="row">/g)).toHaveLength(24);
  });

  it('makes as many round trips whatever there is, and writes nothing', async () => {
    const { deployment } = world;
    const cost = async (): Promise<[number, number]> => {
      deployment.resetCounts();
      await browser.get('/console');
      return [deployment.counts.d1Trips, deployment.counts.d1Writes];
    };
    const before = await cost();
    for (let at = 0; at < 20; at += 1) await world.works();
    expect(await cost()).toEqual(before);
    expect(before[1]).toBe(0);
  });

  it.each([
    ['DB', 'fails', 503],
    ['DB', 'works', 200],
  ])('says what is wrong where %s %s (contract §11)', async (_setting, how, status) => {
    const { always, healthy } = await import('../faults/faulty-bindings.ts');
    world.d1.fault = how === 'fails' ? always('fail') : healthy;
    const { status: answered, html } = await browser.get('/console');
    expect(answered).toBe(status);
    expect(html.includes('This deployment is not ready')).toBe(how === 'fails');
    world.d1.fault = healthy;
  });

  it('names every setting that is missing before anybody signs in (contract §11)', async () => {
    world.deployment.coldStart({ ISSUER_URL: '', SIGNING_KEYS: '' });
    const { status, html } = await browser.get('/console');
    expect([status, html.includes('ISSUER_URL is not set'), html.includes('SIGNING_KEYS is not set')]).toEqual([
      503,
      true,
      true,
    ]);
  });
});

describe('the activity', () => {
  it('lists events newest first, narrowed by the filters of the API, page by page (contract §5.7)', async () => {
    const { deployment } = world;
    for (let at = 0; at < 60; at += 1) await world.works();
    await deployment.exchange(await world.token({ sub: 'job:other' }));
    const rows = (html: string): number => html.match(/<th scope="row">/g)?.length ?? 0;
    const all = await browser.get('/console/activity');
    expect(rows(all.html)).toBe(50);
    const [, older = ''] = /<a class="button" href="(\/console\/activity\?cursor=[^"]+)"/.exec(all.html) ?? [];
    expect(rows((await browser.get(older.replaceAll('&amp;', '&'))).html)).toBeGreaterThan(10);
    expect(rows((await browser.get('/console/activity?outcome=refused')).html)).toBe(1);
    expect(rows((await browser.get('/console/activity?subject=job:other&outcome=&action=')).html)).toBe(1);
    expect(textIn((await browser.get('/console/activity?subject=job:none')).html)).toContain(
      'Nothing passes these filters.',
    );
  });

  it('says which filter is wrong beside its field, and keeps what was typed', async () => {
    const { status, html } = await browser.get('/console/activity?since=yesterday&subject=job:x');
    expect(status).toBe(400);
    expect(html).toContain('aria-invalid="true"');
    expect(html).toContain('must be a time as in RFC 3339');
    expect(html).toContain('value="job:x"');
  });

  it('shows an event whole, with what today’s rules say to it check by check (contract §5.6)', async () => {
    await world.deployment.exchange(await world.token({ sub: 'job:other', team: 'blue' }));
    const { status, html } = await browser.get(await refusedEvent());
    expect(status).toBe(200);
    const text = textIn(html);
    for (const part of [
      'A token was not granted',
      'no_federated_identity',
      '"team": "blue"',
      'It would be refused',
      'job:good',
      'fails',
    ])
      expect(text).toContain(part);
  });

  it('leads from a refusal to a rule that accepts it, which is made after it was looked at (contract §11)', async () => {
    const { deployment, joined } = world;
    const refused = await deployment.exchange(await world.token({ sub: 'job:other' }), {
      service_account_id: joined.serviceAccount,
    });
    expect(refused.status).toBe(400);
    const { html } = await browser.get(await refusedEvent());
    const [, link = ''] = /<a class="button first" href="([^"]+)"/.exec(html) ?? [];
    const address = link.replaceAll('&amp;', '&');
    const query = new URL(address, ISSUER_URL).searchParams;
    expect(Object.fromEntries(query)).toMatchObject({
      providerIdentity: joined.provider,
      serviceAccountIdentity: joined.serviceAccount,
      providerSubject: 'job:other',
    });
    const form = await browser.get(address);
    expect(form.status).toBe(200);
    expect((await deployment.iam('GET', '/v1/federated-identities')).body).toHaveLength(1);
    const { testClaims: _, ...members } = Object.fromEntries(query);
    const sent = { ...members, antiForgery: hiddenField(form.html, 'antiForgery') };
    const saved = await browser.post('/console/trust/new', sent);
    const made =
      saved.status === 303
        ? saved
        : await browser.post('/console/trust/new', { ...sent, warned: hiddenField(saved.html, 'warned') });
    expect(made.status).toBe(303);
    const accepted = await deployment.exchange(await world.token({ sub: 'job:other' }), {
      service_account_id: joined.serviceAccount,
    });
    expect(accepted.status).toBe(200);
  });

  it('offers that to nobody who could not make a rule (contract §11)', async () => {
    const { deployment } = world;
    await deployment.exchange(await world.token({ sub: 'job:other' }));
    const { body } = await deployment.exchange(await world.token(), { audience: ISSUER_URL });
    const reader = openBrowser(deployment);
    await reader.signIn(String(body.access_token));
    const page = await reader.get(await refusedEvent());
    expect([page.status, page.html.includes('Make a rule')]).toEqual([200, false]);
    expect((await browser.get(await refusedEvent())).html).toContain('Make a rule');
  });
});

describe('the trust report', () => {
  it('shows what nobody needed, and opens a proposal in the form of its rule (contract §11)', async () => {
    const { joined } = world;
    for (let at = 0; at < 4; at += 1)
      await world.deployment.exchange(await world.token(), { scope: 'api:read', audience: ISSUER_URL });
    const { status, html } = await browser.get('/console/trust/report');
    expect([status, textIn(html).includes('excess scope')]).toEqual([200, true]);
    expect(html.match(/aria-current="page"/g)).toHaveLength(1);
    const [, link = ''] = new RegExp(`href="(/console/trust/${joined.federatedIdentity}/edit[^"]*)"`).exec(html) ?? [];
    const form = await browser.get(link.replaceAll('&amp;', '&'));
    expect(form.status).toBe(200);
    expect(/<textarea[^>]*name="allowedScopes"[^>]*>([^<]*)</.exec(form.html)?.[1]).toBe('api:read');
  });

  it('offers a proposal as a shadow rule and as configuration, and says so if there is none (contract §11)', async () => {
    const { joined } = world;
    const path = `/console/trust/${joined.federatedIdentity}/proposal`;
    expect(textIn((await browser.get(path)).html)).toContain('Nothing is proposed for this rule');
    for (let at = 0; at < 4; at += 1)
      await world.deployment.exchange(await world.token(), { scope: 'api:read', audience: ISSUER_URL });
    const { status, html } = await browser.get(path);
    expect(status).toBe(200);
    expect(textIn(html)).toContain('allowed_scopes');
    expect(textIn(html)).toContain('allowedScopes: ["api:read"]');
    const [, link = ''] = /href="(\/console\/trust\/new[^"]*)"/.exec(html) ?? [];
    const form = await browser.get(link.replaceAll('&amp;', '&'));
    expect(/<textarea[^>]*name="allowedScopes"[^>]*>([^<]*)</.exec(form.html)?.[1]).toBe('api:read');
    expect(form.html).toMatch(/<option[^>]*value="shadow"[^>]*selected|<option[^>]*selected[^>]*value="shadow"/);
    expect((await browser.get('/console/trust/fid_00000000000000000000000000/proposal')).status).toBe(404);
  });
});
