// Signing in to the console (contract §11): by a token or through Cloudflare Access; what a session rests on, and how it ends.

import { beforeAll, describe, expect, it } from 'vitest';

import { startWorld } from '../faults/world.ts';
import type { World } from '../faults/world.ts';
import { ADMIN_TOKEN, ISSUER_URL } from '../support/deployment.ts';
import { openBrowser } from './browser.ts';
import type { Browser } from './browser.ts';

let world: World;
let browser: Browser;

beforeAll(async () => {
  world = await startWorld({ allowedScopes: ['iam:read', 'api:read'] });
});

describe('a session', () => {
  it('begins with the root token, in a cookie that only this origin reads and that holds no token (contract §11)', async () => {
    browser = openBrowser(world.deployment);
    const first = await browser.get('/console');
    expect(first.status).toBe(200);
    expect(first.html).toContain('Sign in to the console');
    const signed = await browser.signIn(ADMIN_TOKEN);
    expect([signed.status, signed.headers.get('location')]).toEqual([303, '/console']);
    const cookie = signed.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(
      /^__Host-cambist-console=[\w-]+\.[\w-]+; Path=\/; Max-Age=3600; Secure; HttpOnly; SameSite=Strict$/,
    );
    const page = await browser.get('/console');
    expect(page.status).toBe(200);
    expect(page.html).toContain('Signed in as');
    expect(page.html).not.toContain(ADMIN_TOKEN);
  });
});
