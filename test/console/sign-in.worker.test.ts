// Signing in to the console (contract §11): by a token or through Cloudflare Access; what a session rests on, and how it ends.

import { beforeEach, describe, expect, it } from 'vitest';

import { startWorld } from '../faults/world.ts';
import type { World } from '../faults/world.ts';
import { addIdentity, ADMIN_TOKEN, expectCreated, ISSUER_URL } from '../support/deployment.ts';
import { createIssuer } from '../support/issuer.ts';
import { hiddenField, openBrowser } from './browser.ts';
import type { Browser } from './browser.ts';

const SIGN_IN = 'Sign in to the console';
/** What somebody sees who is signed in. */
const SIGNED_IN = 'Signed in as';

let world: World;
let browser: Browser;

beforeEach(async () => {
  world = await startWorld({ allowedScopes: ['iam:read', 'api:read'], tokenAudiences: [ISSUER_URL, 'https://other'] });
  browser = openBrowser(world.deployment);
});

async function accessToken(more: Record<string, string> = {}): Promise<string> {
  const { body } = await world.deployment.exchange(await world.token(), { audience: ISSUER_URL, ...more });
  return String(body.access_token);
}

describe('a session', () => {
  it('begins with the root token, in a cookie that only this origin reads and that holds no token (contract §11)', async () => {
    const first = await browser.get('/console');
    expect([first.status, first.html.includes(SIGN_IN)]).toEqual([200, true]);
    const signed = await browser.signIn(ADMIN_TOKEN);
    expect([signed.status, signed.headers.get('location')]).toEqual([303, '/console']);
    expect(signed.headers.get('set-cookie')).toMatch(
      /^__Host-cambist-console=[\w-]+\.[\w-]+; Path=\/; Max-Age=3600; Secure; HttpOnly; SameSite=Strict$/,
    );
    const page = await browser.get('/console');
    expect([page.status, page.html.includes(SIGNED_IN)]).toEqual([200, true]);
    expect(page.html).not.toContain(ADMIN_TOKEN);
  });

  it('begins with an access token, shows whose it is, and lasts no longer than it (contract §11)', async () => {
    const signed = await browser.signIn(await accessToken({ access_token_lifetime: '600' }));
    expect(signed.headers.get('set-cookie')).toContain('; Max-Age=600;');
    expect((await browser.get('/console')).html).toContain('deployer');
    world.deployment.clock.now += 601;
    expect((await browser.get('/console')).html).toContain(SIGN_IN);
  });

  it.each([
    ['a word', async () => 'password'],
    ['nothing', async () => ''],
    ['another root token', async () => `${ADMIN_TOKEN}x`],
    ['a token for another audience (RFC 8725 §3.9)', () => accessToken({ audience: 'https://other' })],
    ['a token without a scope of the API', () => accessToken({ scope: 'api:read' })],
    ["the workload's own token", () => world.token()],
  ])('does not begin with %s (contract §4)', async (_what, token) => {
    const refused = await browser.signIn(await token());
    expect([refused.status, refused.headers.get('set-cookie')]).toEqual([400, null]);
    expect(refused.html).toContain('You are not signed in');
    expect((await browser.get('/console')).html).toContain(SIGN_IN);
  });

  it.each([
    ['its hour is over', () => void (world.deployment.clock.now += 3_600)],
    ['the root token is another one', () => world.deployment.coldStart({ ADMIN_TOKEN: `${ADMIN_TOKEN}-of-today` })],
    ['there is no root token', () => world.deployment.coldStart({ ADMIN_TOKEN: '' })],
    ['the sealing key is another one', () => world.deployment.coldStart({ SEALING_KEY: `${'A'.repeat(42)}E` })],
    ['the deployment has another address', () => world.deployment.coldStart({ ISSUER_URL: 'https://other.test' })],
  ])('ends when %s (contract §11)', async (_what, happens) => {
    await browser.signIn(ADMIN_TOKEN);
    expect((await browser.get('/console')).html).toContain(SIGNED_IN);
    happens();
    const ended = await browser.get('/console');
    expect(ended.html).toContain(SIGN_IN);
    expect(ended.html).not.toContain(SIGNED_IN);
    expect(ended.headers.get('set-cookie')).toContain('Max-Age=0');
  });

  it.each([
    ['revoked', async (token: string) => world.deployment.send('/oidc/revoke', form({ token }))],
    ['of an account that is disabled', () => patch(`/v1/service-accounts/${world.joined.serviceAccount}`)],
    ['of a rule that is disabled', () => patch(`/v1/federated-identities/${world.joined.federatedIdentity}`)],
    ['of a provider that is disabled', () => patch(`/v1/federated-identity-providers/${world.joined.provider}`)],
  ])('ends when its token is %s (contract §11)', async (_what, happens) => {
    const token = await accessToken();
    await browser.signIn(token);
    expect((await browser.get('/console')).html).toContain(SIGNED_IN);
    await happens(token);
    expect((await browser.get('/console')).html).toContain(SIGN_IN);
  });

  it('leads back to the page that was wanted, and to none elsewhere', async () => {
    const { html } = await browser.get('/console/activity?outcome=refused');
    expect(hiddenField(html, 'next')).toBe('/console/activity?outcome=refused');
    const go = async (next: string): Promise<string | null> =>
      (await browser.post('/console/sign-in', { token: ADMIN_TOKEN, next })).headers.get('location');
    expect(await go('/console/activity?outcome=refused')).toBe('/console/activity?outcome=refused');
    for (const next of [
      'https://evil.example/console',
      '//evil.example/console',
      '/\\evil.example',
      '/v1/me',
      'javascript:1',
      '/consolex',
    ])
      expect(await go(next), next).toBe('/console');
  });
});

describe('a person behind Cloudflare Access', () => {
  const team = 'https://acme.cloudflareaccess.com';
  const application = 'a'.repeat(64);
  let assertion: (claims?: Record<string, unknown>) => Promise<string>;

  beforeEach(async () => {
    const { deployment, joined } = world;
    const access = await createIssuer({ issuer: team });
    deployment.connect(access);
    const provider = await expectCreated(
      deployment.iam('POST', '/v1/federated-identity-providers', {
        name: 'Access',
        providerIssuer: team,
        providerJwksUri: access.jwksUri,
        subjectClaim: 'email',
      }),
    );
    await addIdentity(
      deployment,
      { ...joined, provider },
      {
        providerSubject: 'anna@acme.example',
        trustedAudiences: [application],
        tokenAudiences: [ISSUER_URL],
        allowedScopes: ['iam:read'],
      },
    );
    assertion = (claims = {}) => {
      const { now } = deployment.clock;
      const usual = { iss: team, aud: [application], type: 'app', email: 'anna@acme.example', sub: 'a-uuid' };
      return access.sign({ ...usual, iat: now, exp: now + 3_600, ...claims });
    };
  });

  async function signIn(claims: Record<string, unknown> = {}): Promise<Awaited<ReturnType<Browser['post']>>> {
    const headers = { 'cf-access-jwt-assertion': await assertion(claims) };
    expect((await browser.get('/console', headers)).html).toContain('With Cloudflare Access');
    return browser.post('/console/sign-in', { way: 'access', next: '/console' }, headers);
  }

  it('is asked for a token only, if Access sent nothing', async () => {
    expect((await browser.get('/console')).html).not.toContain('With Cloudflare Access');
    const refused = await browser.post('/console/sign-in', { way: 'access' });
    expect([refused.status, refused.headers.get('set-cookie')]).toEqual([400, null]);
  });

  it('is exchanged like any workload, and named by the address that Access vouches for (contract §11)', async () => {
    expect((await signIn()).status).toBe(303);
    expect((await browser.get('/console')).html).toContain('anna@acme.example');
    const [granted] = await world.granted();
    expect(granted).toMatchObject({ subject: 'anna@acme.example', issuer: team });
  });

  it('is refused as any caller is, with the request id and no word of the rules (contract §3)', async () => {
    const refused = await signIn({ email: 'eve@acme.example' });
    expect([refused.status, refused.headers.get('set-cookie')]).toEqual([400, null]);
    expect(refused.html).toContain('no federated identity accepts this token');
    expect(refused.html).not.toContain('anna@acme.example');
    const event = (await world.deployment.events()).find(({ outcome }) => outcome === 'refused');
    expect(refused.html).toContain(String(event?.['request_id']));
  });

  it('is the actor of what is changed, with the account that the person acts as (contract §11)', async () => {
    const { deployment, joined } = world;
    const rules = (await deployment.iam('GET', '/v1/federated-identities?provider=Access')).body;
    const path = `/v1/federated-identities/${String(rules[0].identity)}`;
    await deployment.iam('PATCH', path, { allowedScopes: ['iam:write'] });
    await signIn();
    const made = await browser.submit('/console/accounts/new', { name: 'made by Anna' });
    expect(made.status).toBe(303);
    const event = (await deployment.events()).findLast(({ action }) => action === 'service_account.create');
    expect(event).toMatchObject({ actor: `anna@acme.example (${joined.serviceAccount})` });
    const { body } = await deployment.iam('GET', '/v1/service-accounts?name=made%20by%20Anna');
    expect(body[0].createdBy).toBe(joined.serviceAccount);
  });

  it('ends when Access says that somebody else sits there now, and goes on with a newer assertion of the same person (contract §11)', async () => {
    await signIn();
    const asked = async (claims: Record<string, unknown>): Promise<string> =>
      (await browser.get('/console', { 'cf-access-jwt-assertion': await assertion(claims) })).html;
    expect(await asked({ jti: 'newer' })).toContain(SIGNED_IN);
    expect(await asked({ sub: 'b-uuid', email: 'bob@acme.example' })).toContain(SIGN_IN);
    expect(await asked({})).toContain(SIGN_IN);
  });

  it('ends if what Access sent cannot be read', async () => {
    await signIn();
    expect((await browser.get('/console', { 'cf-access-jwt-assertion': 'x' })).html).toContain(SIGN_IN);
  });

  it('leaves no token behind on signing out: what was issued is revoked (contract §11)', async () => {
    await signIn();
    await browser.submit('/console/sign-out', {}, '/console');
    const events = await world.deployment.events();
    const granted = events.find(({ outcome }) => outcome === 'granted');
    expect(events.find(({ action }) => action === 'token.revoke')).toMatchObject({ token_id: granted?.['token_id'] });
  });
});

function form(fields: Record<string, string>): RequestInit {
  return { method: 'POST', body: new URLSearchParams(fields) };
}

function patch(path: string): Promise<unknown> {
  return world.deployment.iam('PATCH', path, { status: 'inactive' });
}
