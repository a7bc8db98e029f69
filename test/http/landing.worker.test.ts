// GET / (contract §1): a person with only the address learns what this is, a program the same; nothing is taken from the request.

import { beforeAll, describe, expect, it } from 'vitest';

import { always, healthy } from '../faults/faulty-bindings.ts';
import { startWorld } from '../faults/world.ts';
import type { World } from '../faults/world.ts';
import { ISSUER_URL } from '../support/deployment.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});

describe('the root of a deployment', () => {
  it('says to a program what it is, where to read on, and that it is ready (contract §1)', async () => {
    const { deployment } = world;
    const { status, body } = await deployment.send('/');
    expect(status).toBe(200);
    expect(body).toMatchObject({ name: 'Cambist', issuer: ISSUER_URL, ready: true });
    expect(body).not.toHaveProperty('faults');
    for (const link of Object.values<string>(body.links)) {
      expect(link.startsWith(`${ISSUER_URL}/`)).toBe(true);
      expect((await deployment.send(link.slice(ISSUER_URL.length))).status, link).toBe(200);
    }
  });

  it.each([
    ['a browser', BROWSER, 'text/html'],
    ['curl', '*/*', 'application/json'],
    ['nobody in particular', '', 'application/json'],
    ['a program', 'application/json', 'application/json'],
    ['a program that takes HTML at need', 'application/json, text/html;q=0.5', 'application/json'],
    ['somebody who refuses HTML', 'text/html;q=0, application/json', 'application/json'],
  ])('answers %s in its language (contract §1)', async (_who, accept, type) => {
    const { deployment } = world;
    const { headers } = await deployment.send('/', { headers: { accept } });
    expect(headers.get('content-type')).toContain(type);
    expect(headers.get('vary')?.toLowerCase()).toContain('accept');
  });

  it('is a page without scripts or anything from elsewhere, under a policy that allows its style alone (contract §1)', async () => {
    const { deployment } = world;
    const response = await deployment.fetch('/', { headers: { accept: BROWSER } });
    const page = await response.text();
    expect(page).toContain('It is ready.');
    expect(page).toContain(`curl --silent --show-error --fail-with-body ${ISSUER_URL}/oidc/token \\\n`);
    expect(page).not.toMatch(/<script|<link|<img|javascript:| on\w+=|src=/);
    const [, style = ''] = /<style>([^]*?)<\/style>/.exec(page) ?? [];
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style));
    const named = btoa(String.fromCharCode(...new Uint8Array(digest)));
    expect(response.headers.get('content-security-policy')).toBe(
      `default-src 'none'; style-src 'sha256-${named}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
  });

  it('answers HEAD with the same headers and no body (contract §1)', async () => {
    const { deployment } = world;
    const response = await deployment.fetch('/', { method: 'HEAD', headers: { accept: BROWSER } });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await response.text()).toBe('');
  });
});

describe('the root of a deployment that is not ready', () => {
  it('says which value to set where, and takes no issuer from the request (contract §8)', async () => {
    const { deployment } = world;
    deployment.coldStart({ ISSUER_URL: '' });
    const { status, body } = await deployment.send('/');
    expect(status).toBe(200);
    expect(body).toMatchObject({ ready: false, links: { api: '/openapi.json' } });
    expect(body).not.toHaveProperty('issuer');
    expect(body.faults).toContainEqual({
      setting: 'ISSUER_URL',
      detail: expect.stringContaining('ISSUER_URL is not set'),
    });
    const page = await (await deployment.fetch('/', { headers: { accept: BROWSER } })).text();
    for (const part of [
      'One setting is missing: ISSUER_URL',
      'npm run deploy -- --url https://',
      'Variables and Secrets',
      'It is not ready.',
    ])
      expect(page).toContain(part);
    expect(page).not.toContain('curl');
  });

  it('names what storage lacks, without a way into the page (contract §1)', async () => {
    const { deployment, d1 } = world;
    deployment.coldStart({ ISSUER_URL });
    d1.fault = always('fail');
    const { body } = await deployment.send('/');
    expect(body.ready).toBe(false);
    expect(body.faults).toContainEqual({ setting: 'DB', detail: expect.stringMatching(/./) });
    const page = await (await deployment.fetch('/', { headers: { accept: BROWSER } })).text();
    expect(page).toContain('It is not ready.');
    d1.fault = healthy;
    deployment.coldStart({ DEFAULT_AUDIENCE: '<script>alert(1)</script> x' });
    const wrong = await (await deployment.fetch('/', { headers: { accept: BROWSER } })).text();
    expect(wrong).not.toContain('<script');
    deployment.coldStart({ DEFAULT_AUDIENCE: '' });
  });
});

describe('the API description', () => {
  it('has an etag of its own content, and is not sent to who has it (contract §5.9)', async () => {
    const { deployment } = world;
    const first = await deployment.fetch('/openapi.json');
    const etag = first.headers.get('etag') ?? '';
    const text = await first.text();
    const again = await deployment.fetch('/openapi.json', { headers: { 'if-none-match': `W/${etag}, "other"` } });
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
    const other = await deployment.fetch('/openapi.json', { headers: { 'if-none-match': '"other"' } });
    expect([other.status, await other.text()]).toEqual([200, text]);
  });
});
