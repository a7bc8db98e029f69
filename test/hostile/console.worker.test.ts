// Attacks on the console (contract §11): forged forms, stolen and tampered sessions, other organisations, cached and framed pages, hostile text.

import { beforeEach, describe, expect, it } from 'vitest';

import { hiddenField, openBrowser } from '../console/browser.ts';
import type { Browser } from '../console/browser.ts';
import { startWorld } from '../faults/world.ts';
import type { World } from '../faults/world.ts';
import { ADMIN_TOKEN, expectCreated, ISSUER_URL } from '../support/deployment.ts';

const SIGN_IN = 'Sign in to the console';
const SIGNED_IN = 'Signed in as';
const SIGN_OUT = '/console/sign-out';

let world: World;
let browser: Browser;

beforeEach(async () => {
  world = await startWorld({ allowedScopes: ['iam:read', 'iam:write'], tokenAudiences: [ISSUER_URL] });
  browser = openBrowser(world.deployment);
  await browser.signIn(ADMIN_TOKEN);
});

/** The mark that forms of this session carry. */
async function mark(of: Browser = browser): Promise<string> {
  return hiddenField((await of.get('/console')).html, 'antiForgery');
}

async function isSignedIn(of: Browser = browser): Promise<boolean> {
  return (await of.get('/console')).html.includes(SIGNED_IN);
}

describe('a forged form', () => {
  it.each<[string, Record<string, string>, (good: string) => Record<string, string>]>([
    ['has no mark', {}, () => ({})],
    ['has an empty mark', {}, () => ({ antiForgery: '' })],
    [
      'has a mark with one character changed',
      {},
      (good) => ({ antiForgery: `${good.startsWith('A') ? 'B' : 'A'}${good.slice(1)}` }),
    ],
    ['has a cut mark', {}, (good) => ({ antiForgery: good.slice(0, -1) })],
    ['is sent by another site', { 'sec-fetch-site': 'cross-site' }, (antiForgery) => ({ antiForgery })],
    ['is sent by a sister of this site', { 'sec-fetch-site': 'same-site' }, (antiForgery) => ({ antiForgery })],
    ['is sent by no page', { 'sec-fetch-site': 'none' }, (antiForgery) => ({ antiForgery })],
  ])('changes nothing if it %s (contract §11)', async (_what, headers, fields) => {
    const refused = await browser.post(SIGN_OUT, fields(await mark()), headers);
    expect([refused.status, refused.headers.get('set-cookie')]).toEqual([403, null]);
    expect(await isSignedIn()).toBe(true);
    // Its twin: the same form as a page of the console sends it.
    expect((await browser.post(SIGN_OUT, { antiForgery: await mark() })).status).toBe(303);
    expect(await isSignedIn()).toBe(false);
  });

  it.each([
    ['https://evil.example', 403],
    ['null', 403],
    [`${ISSUER_URL}.evil.example`, 403],
    ['http://cambist.test', 403],
    [ISSUER_URL, 303],
  ])('of an older browser is judged by its origin: %s is %i (contract §11)', async (origin, status) => {
    const body = new URLSearchParams({ antiForgery: await mark() });
    const headers = { cookie: browser.cookie, origin };
    const answer = await world.deployment.fetch(SIGN_OUT, { method: 'POST', headers, body, redirect: 'manual' });
    expect(answer.status).toBe(status);
  });

  it('does not carry the mark of another session, not even of the same person (contract §11)', async () => {
    const other = openBrowser(world.deployment);
    await other.signIn(ADMIN_TOKEN);
    expect((await browser.post(SIGN_OUT, { antiForgery: await mark(other) })).status).toBe(403);
    expect(await isSignedIn()).toBe(true);
    const twice = `antiForgery=${await mark(other)}&antiForgery=${await mark()}`;
    const answer = await world.deployment.fetch(SIGN_OUT, {
      method: 'POST',
      headers: { cookie: browser.cookie, 'content-type': 'application/x-www-form-urlencoded' },
      body: twice,
    });
    expect(answer.status).toBe(403);
  });

  it('does not sign anybody in from elsewhere (login CSRF)', async () => {
    const victim = openBrowser(world.deployment);
    const refused = await victim.post('/console/sign-in', { token: ADMIN_TOKEN }, { 'sec-fetch-site': 'cross-site' });
    expect([refused.status, refused.headers.get('set-cookie')]).toEqual([403, null]);
    expect((await victim.signIn(ADMIN_TOKEN)).status).toBe(303);
  });

  it('is nothing that a GET could do, and no other method does anything (RFC 9110 §9.2.1)', async () => {
    const antiForgery = await mark();
    await browser.get(`${SIGN_OUT}?antiForgery=${antiForgery}`);
    expect(await isSignedIn()).toBe(true);
    for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const answer = await world.deployment.fetch(SIGN_OUT, { method, headers: { cookie: browser.cookie } });
      expect([method, answer.status, answer.headers.get('allow')]).toEqual([method, 405, 'GET, HEAD, POST']);
    }
    expect(await isSignedIn()).toBe(true);
  });

  it.each([
    ['application/json', '{}', 415],
    ['multipart/form-data; boundary=x', '--x--', 415],
    ['text/plain', 'antiForgery=x', 415],
    ['application/x-www-form-urlencoded', `x=${'x'.repeat(65_536)}`, 413],
  ])('as %s is not read (contract §1)', async (type, body, status) => {
    const headers = { cookie: browser.cookie, 'content-type': type };
    expect((await world.deployment.fetch(SIGN_OUT, { method: 'POST', headers, body })).status).toBe(status);
  });
});

describe('a session', () => {
  it('is refused once its owner has signed out, whoever kept the cookie (contract §11)', async () => {
    const stolen = openBrowser(world.deployment);
    stolen.cookie = browser.cookie;
    expect(await isSignedIn(stolen)).toBe(true);
    const kept = stolen.cookie;
    await browser.submit(SIGN_OUT, {}, '/console');
    expect(await isSignedIn(stolen)).toBe(false);
    stolen.cookie = kept;
    world.deployment.coldStart();
    expect(await isSignedIn(stolen)).toBe(false);
  });

  it('is a new one each time somebody signs in, so that none can be laid under a victim (session fixation)', async () => {
    const planted = browser.cookie;
    await browser.signIn(ADMIN_TOKEN);
    expect(browser.cookie).not.toBe(planted);
    const [mine, theirs] = [
      await mark(),
      await mark(Object.assign(openBrowser(world.deployment), { cookie: planted })),
    ];
    expect(mine).not.toBe(theirs);
  });

  it('is none if it comes twice, as a cookie of another path would be added', async () => {
    const headers = { cookie: `${browser.cookie}; ${browser.cookie}` };
    expect(await (await world.deployment.fetch('/console', { headers })).text()).toContain(SIGN_IN);
  });

  it('does not open if any character of it was changed, or if it is cut, or sealed by somebody else', async () => {
    const { cookie } = browser;
    const start = cookie.indexOf('=') + 1;
    const value = cookie.slice(start);
    const changed = (at: number): string =>
      `${value.slice(0, at)}${value[at] === 'A' ? 'B' : 'A'}${value.slice(at + 1)}`;
    const places = Array.from({ length: 40 }, (_, index) => Math.floor((index * (value.length - 2)) / 40));
    const [nonce = '', cipher = ''] = value.split('.');
    const attempts = [
      ...places.filter((at) => value[at] !== '.').map(changed),
      value.slice(0, -4),
      `${value}.x`,
      nonce,
      `.${cipher}`,
      `${nonce}.`,
      `${cipher}.${nonce}`,
      btoa(JSON.stringify({ id: 'x', expiresAt: 9e9, organisation: 'default', restsOn: { kind: 'root', mark: 'x' } })),
      '%00',
      'null',
    ];
    for (const attempt of attempts) {
      const headers = { cookie: `${cookie.slice(0, start)}${attempt}` };
      const answer = await world.deployment.fetch('/console', { headers });
      const page = await answer.text();
      expect([answer.status, page.includes(SIGN_IN), page.includes(SIGNED_IN)], attempt).toEqual([200, true, false]);
    }
    expect(await isSignedIn()).toBe(true);
  });

  it('costs storage nothing if it does not open, and neither does a token that is none', async () => {
    const { deployment } = world;
    deployment.resetCounts();
    await deployment.fetch('/console', { headers: { cookie: '__Host-cambist-console=x.y' } });
    await openBrowser(deployment).signIn('not-the-token');
    expect(deployment.counts.d1Trips).toBe(0);
  });
});

describe('what was typed when a session had ended', () => {
  const typed = {
    name: 'acme/shop "><script>alert(1)</script>',
    note: 'two\nlines',
    subjectToken: 'a-secret',
    tokenAudiences: 'https://kept.example',
    antiForgery: 'old',
  };

  it('is kept but for secrets, shown, and sent by the person alone (contract §11)', async () => {
    world.deployment.clock.now += 3_601;
    const asked = await browser.post('/console/activity', typed);
    expect([asked.status, asked.html.includes('What you typed is kept')]).toEqual([401, true]);
    expect(asked.html).not.toContain('a-secret');
    expect(asked.html).not.toContain('<script');
    const fields = { keptPath: hiddenField(asked.html, 'keptPath'), keptFields: hiddenField(asked.html, 'keptFields') };
    const shown = await browser.post('/console/sign-in', { token: ADMIN_TOKEN, ...fields });
    expect(shown.status).toBe(200);
    expect(shown.html).toContain('This was not sent yet');
    expect(hiddenField(shown.html, 'note')).toBe('two\nlines');
    expect(hiddenField(shown.html, 'tokenAudiences')).toBe('https://kept.example');
    expect(shown.html).not.toContain('<script');
    expect(shown.html).toContain('action="/console/activity"');
    expect(shown.html).toContain('sent to the organisation <b><bdi>default</bdi></b>');
    expect(hiddenField(shown.html, 'antiForgery')).toBe(await mark());
  });

  it('is kept for a client that does not say where a form comes from, as no browser does', async () => {
    const asked = await world.deployment.fetch('/console/activity', {
      method: 'POST',
      body: new URLSearchParams({ name: 'x' }),
    });
    expect(asked.status).toBe(401);
    expect(hiddenField(await asked.text(), 'keptFields')).toBe('name=x');
  });

  it('is not kept if another site sent it, and goes nowhere but to the console', async () => {
    const stranger = openBrowser(world.deployment);
    const asked = await stranger.post('/console/activity', typed, { 'sec-fetch-site': 'cross-site' });
    expect([asked.status, asked.html.includes('alert(1)')]).toEqual([403, false]);
    for (const keptPath of ['https://evil.example/', '//evil.example', '/v1/me', 'javascript:alert(1)']) {
      const signed = await stranger.post('/console/sign-in', { token: ADMIN_TOKEN, keptPath, keptFields: 'name=x' });
      expect([signed.status, signed.headers.get('location')], keptPath).toEqual([303, '/console']);
    }
  });
});

describe('another organisation', () => {
  it('is not to be seen by a token, whatever it asks for (contract §4)', async () => {
    const { deployment } = world;
    await expectCreated(deployment.iam('POST', '/v1/organisations', { name: 'Other', slug: 'other' }));
    const created = await deployment.send('/v1/service-accounts', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${ADMIN_TOKEN}`,
        'x-organisation-identity': 'other',
        'content-type': 'application/json',
      },
      body: JSON.stringify({ name: 'theirs' }),
    });
    expect(created.status).toBe(201);
    const theirs = (await deployment.events()).find(({ changes }) => String(changes).includes('theirs'));
    const root = browser;
    const own = openBrowser(deployment);
    const { body } = await deployment.exchange(await world.token(), { audience: ISSUER_URL });
    await own.signIn(String(body.access_token));
    const event = `/console/activity/${String(theirs?.['id'])}`;
    expect((await own.get(event)).status).toBe(404);
    const refused = await own.submit('/console/organisation', { organisation: 'other' }, '/console');
    expect([refused.status, refused.headers.get('set-cookie')]).toEqual([404, null]);
    // Its twin: root may look at each of them.
    const before = await mark(root);
    expect((await root.get(event)).status).toBe(404);
    expect((await root.submit('/console/organisation', { organisation: 'other' }, '/console')).status).toBe(303);
    expect((await root.get(event)).status).toBe(200);
    // A form of a tab that still shows the first organisation does not reach the second one.
    expect((await root.post(SIGN_OUT, { antiForgery: before })).status).toBe(403);
    const unknown = await root.submit('/console/organisation', { organisation: 'nobody' }, '/console');
    expect([unknown.status, unknown.headers.get('set-cookie')]).toEqual([404, null]);
  });
});

describe('a reader', () => {
  it('changes nothing by a form that no page shows to a reader, and hears 403 (contract §4)', async () => {
    const { deployment, joined } = world;
    const reader = openBrowser(deployment);
    const { body } = await deployment.exchange(await world.token(), { audience: ISSUER_URL, scope: 'iam:read' });
    await reader.signIn(String(body.access_token));
    const account = `/console/accounts/${joined.serviceAccount}`;
    const rule = `/console/trust/${joined.federatedIdentity}`;
    const forms: readonly (readonly [string, Record<string, string>])[] = [
      ['/console/accounts/new', { name: 'mine' }],
      [`${account}/edit`, { name: 'mine', version: '1' }],
      [`${account}/delete`, { version: '1' }],
      [`${account}/revoke-tokens`, {}],
      [`${account}/credentials/new`, { name: 'mine' }],
      ['/console/trust/new', { name: 'mine', do: 'test' }],
      [`${rule}/edit`, { name: 'mine', version: '1' }],
      [`${rule}/delete`, { version: '1' }],
      [`/console/providers/${joined.provider}/doctor`, { do: 'refresh' }],
      ['/console/roles/new', { name: 'mine' }],
      ['/console/organisations/new', { name: 'mine', slug: 'mine' }],
      ['/console/keys/rotate', { mode: 'emergency', confirmation: 'emergency' }],
    ];
    const before = (await deployment.events()).length;
    for (const [path, fields] of forms) {
      const refused = await reader.submit(path, { do: 'save', ...fields }, '/console');
      expect([path, refused.status]).toEqual([path, 403]);
    }
    expect((await deployment.events()).length).toBe(before);
    // Its twin: who may write sends the same form.
    expect((await browser.submit('/console/accounts/new', { do: 'save', name: 'mine' }, '/console')).status).toBe(303);
  });
});

describe('every answer', () => {
  it('may not be stored, framed, sniffed or given anything from elsewhere (contract §11)', async () => {
    const paths = [
      '/console',
      '/console/activity',
      '/console/activity/evt_x',
      '/console/nothing',
      '/console/sign-in',
      '/console/',
    ];
    const answers = [
      ...(await Promise.all(paths.map((path) => browser.get(path)))),
      await openBrowser(world.deployment).get('/console'),
      await browser.post(SIGN_OUT, {}),
      await browser.post(SIGN_OUT, {}, { 'sec-fetch-site': 'cross-site' }),
    ];
    for (const { headers } of answers) {
      const policy = headers.get('content-security-policy') ?? '';
      for (const directive of ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"])
        expect(policy).toContain(directive);
      expect(policy).not.toMatch(/unsafe|\*|https?:/);
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    }
  });

  it('names nothing but this origin, and the style sheet alone is kept, which says nothing of anybody', async () => {
    const { html } = await browser.get('/console');
    expect([...html.matchAll(/(?:src|href|action)="([^"]*)"/g)].map(([, to = '']) => to)).toSatisfy((all: string[]) =>
      all.every((to) => /^(?:\/console|#|data:image\/svg)/.test(to)),
    );
    expect(html).not.toMatch(/<script|<iframe|<object| on\w+=| style=/);
    const [, sheet = ''] = /<link rel="stylesheet" href="([^"]+)"/.exec(html) ?? [];
    const style = await world.deployment.fetch(sheet);
    expect([style.status, style.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
    const stale = await world.deployment.fetch(sheet.replace(/-.*\.css/, '-000000000000.css'));
    expect(await stale.text()).not.toContain(':root');
  });

  it('weighs less than 30 KiB with its style, before it is compressed', async () => {
    const { html } = await openBrowser(world.deployment).get('/console');
    const sheet = /<link rel="stylesheet" href="([^"]+)"/.exec(html)?.[1] ?? '';
    const style = await (await world.deployment.fetch(sheet)).text();
    expect(new TextEncoder().encode(html + style).length).toBeLessThan(30 * 1024);
  });
});

describe('hostile text', () => {
  const hostile =
    '"><script>alert(1)</script><img src=x onerror=alert(1)>\u202etxt.exe\u0000\u200b javascript:alert(1)';

  it('is inert wherever a page shows it (contract §1)', async () => {
    const { deployment } = world;
    await deployment.exchange(
      await world.token({
        sub: `job:${hostile.replace('\u0000', '')}`,
        evil: hostile,
        nested: { [hostile]: [hostile] },
      }),
    );
    const events = await deployment.events();
    expect(events.some(({ outcome }) => outcome === 'refused')).toBe(true);
    for (const path of [
      '/console',
      '/console/activity',
      `/console/activity?subject=${encodeURIComponent(hostile)}&issuer=${encodeURIComponent(hostile)}&since=${encodeURIComponent(hostile)}`,
      `/console/activity/${encodeURIComponent(hostile)}`,
      `/console?span=${encodeURIComponent(hostile)}`,
      ...events.map(({ id }) => `/console/activity/${String(id)}`),
    ]) {
      const { html } = await browser.get(path);
      expect(html, path).not.toMatch(/<script|<img|href="javascript/i);
      // What would reorder the line is written out; in the value of a field it is what was typed, and stays there.
      expect(html.replaceAll(/ value="[^"]*"/g, ''), path).not.toMatch(/[\u200b\u202e]|(?!\n)\p{Cc}/u);
    }
  });

  it('is inert on every page that a link of the console leads to, whichever object it names (contract §1)', async () => {
    const { deployment, joined } = world;
    // The API refuses what cannot be seen in a member; the mark-up it takes.
    const name = '"><script>alert(1)</script><img src=x>';
    const description = `${name}javascript:alert(1)`;
    const changed = [
      [`/v1/federated-identities/${joined.federatedIdentity}`, { name, description }],
      [`/v1/service-accounts/${joined.serviceAccount}`, { name, description }],
      [`/v1/federated-identity-providers/${joined.provider}`, { name }],
    ] as const;
    for (const [path, body] of changed)
      expect((await deployment.iam('PATCH', path, body)).body, path).toMatchObject({ name });
    const role = await expectCreated(deployment.iam('POST', '/v1/iam/roles', { name, slug: 'hostile' }));
    const bindings = `/v1/iam/roles/${role}/bindings`;
    await expectCreated(deployment.iam('POST', bindings, { serviceAccountIdentity: joined.serviceAccount }));
    const credentials = `/v1/service-accounts/${joined.serviceAccount}/access-credentials`;
    await expectCreated(deployment.iam('POST', credentials, { name }));
    await expectCreated(deployment.iam('POST', '/v1/organisations', { name, slug: 'hostile' }));
    const seen = new Set(['/console']);
    for (const path of seen) {
      const { html, status } = await browser.get(path);
      expect([path, status]).toEqual([path, 200]);
      expect(html, path).not.toMatch(/<script|<img|href="javascript/i);
      const shown = html.replaceAll(/ value="[^"]*"|<textarea[^]*?<\/textarea>/g, '');
      expect(shown, path).not.toMatch(/[\u200b\u202e]|(?!\n)\p{Cc}/u);
      for (const [, to = ''] of html.matchAll(/href="(\/console[^"?#]*)"/g))
        if (!to.endsWith('.css') && (!to.startsWith('/console/activity/') || seen.size < 40)) seen.add(to);
    }
    expect(
      [...seen].filter((path) => /^\/console\/(?:trust|accounts|providers|roles|organisations)\//.test(path)),
    ).not.toHaveLength(0);
  });

  it('of a stranger is inert on the page to sign in', async () => {
    const stranger = openBrowser(world.deployment);
    const { html } = await stranger.post('/console/sign-in', { token: hostile, next: `/console/${hostile}` });
    expect(html).not.toMatch(/<script|<img/);
    const refreshed = await stranger.get(`/console/x?${hostile}`, { 'sec-fetch-site': 'cross-site' });
    expect(refreshed.html).toContain('http-equiv="refresh"');
    expect(refreshed.html).not.toMatch(/<script|<img/);
  });
});
