// The pages that show and change objects (contract §11): each goes through the API, keeps what was typed, and shows what it says.

import { base64url } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';

import { startWorld } from '../faults/world.ts';
import type { World } from '../faults/world.ts';
import { ADMIN_TOKEN } from '../support/deployment.ts';
import { hiddenField, openBrowser } from './browser.ts';
import type { Browser, Shown } from './browser.ts';

let world: World;
let browser: Browser;

/** Fills in a form that is shown at `path`, with what the page itself put into its hidden fields. */
async function fillIn(path: string, fields: Readonly<Record<string, string>>): Promise<Shown> {
  const { html } = await browser.get(path);
  const version = hiddenField(html, 'version');
  return browser.submit(path, { ...(version === '' ? {} : { version }), do: 'save', ...fields });
}

function placeOf({ status, headers }: Shown): string {
  expect(status).toBe(303);
  return headers.get('location') ?? '';
}

beforeAll(async () => {
  world = await startWorld(
    { allowedScopes: ['iam:read', 'api:read'] },
    { SIGNING_KEYS: undefined, SEALING_KEY: base64url.encode(crypto.getRandomValues(new Uint8Array(32))) },
  );
  browser = openBrowser(world.deployment);
  await browser.signIn(ADMIN_TOKEN);
});

describe('every entry of the navigation', () => {
  it('is a page that says what it is', async () => {
    const { html } = await browser.get('/console');
    const entries = [...html.matchAll(/<li><a href="(\/console[^"]*)"/g)].map(([, path]) => path ?? '');
    expect(entries.length).toBeGreaterThan(6);
    for (const path of entries) {
      const page = await browser.get(path);
      expect([path, page.status]).toEqual([path, 200]);
      expect(page.html).toMatch(/<h1>[^<]+/);
    }
  });
});

describe('an object', () => {
  it('is made, shown, changed and deleted, each by a form', async () => {
    const made = placeOf(await fillIn('/console/accounts/new', { name: 'Night shift', labels: 'team=ops' }));
    const shown = await browser.get(made);
    expect(shown.html).toContain('Night shift');
    expect(shown.html).toContain('night-shift');
    expect(
      placeOf(
        await fillIn(`${made}/edit`, { name: 'Day shift', slug: 'night-shift', status: 'active', labels: 'team=ops' }),
      ),
    ).toBe(made);
    expect((await browser.get(made)).html).toContain('Day shift');
    const asked = await browser.get(`${made}/delete`);
    expect(asked.html).toContain('cannot be undone');
    expect(placeOf(await fillIn(`${made}/delete`, {}))).toBe('/console/accounts');
    expect((await browser.get(made)).status).toBe(404);
  });

  it.each([
    ['is nested deeper than any token', `{"a":${'['.repeat(9000)}${']'.repeat(9000)}}`],
    ['names a claim twice', '{"ref":"a","ref":"b"}'],
    ['holds a number that would be rounded', '{"id":12345678901234567890}'],
  ])('is not made of JSON that %s, and the field says why', async (_what, conditions) => {
    const path = `/console/trust/${world.joined.federatedIdentity}/edit`;
    const refused = await fillIn(path, { do: 'check', conditions });
    expect([refused.status, refused.html.includes('must be JSON, but ')]).toEqual([400, true]);
    expect((await fillIn(path, { do: 'check', conditions: '{"ref":"a"}' })).html).not.toContain('must be JSON, but ');
    const tried = await fillIn('/console/trust/new', { do: 'test', testClaims: conditions });
    expect(tried.html.includes('the claims are not JSON')).toBe(!conditions.includes('"id"'));
  });

  it('says which fields a link has filled in, so that nobody saves them unseen', async () => {
    const path = `/console/trust/${world.joined.federatedIdentity}/edit`;
    const filled = (await browser.get(`${path}?expression=true&allowedScopes=iam:admin`)).html;
    expect(filled).toContain('The link that led here filled in some fields');
    expect(filled).toMatch(/Allowed scopes, Expression|Expression, Allowed scopes/);
    // The group of further settings is open if one of them was filled in.
    expect(filled).toContain('<details open');
    expect((await browser.get(path)).html).not.toContain('The link that led here');
  });

  it('keeps what was typed if the API refuses it, with the fault beside its field', async () => {
    const refused = await fillIn('/console/accounts/new', {
      name: 'Kept text',
      slug: 'Not A Slug',
      labels: 'no-value',
    });
    expect(refused.status).toBe(400);
    expect(refused.html).toContain('value="Kept text"');
    expect(refused.html).toContain('key=value on each line');
    const next = await fillIn('/console/accounts/new', { name: 'Kept text', slug: 'Not A Slug' });
    expect(next.html).toMatch(/id="field-slug"[^>]*aria-invalid="true"/);
    expect(next.html).toContain('href="#field-slug"');
  });

  it('shows both versions if somebody changed it meanwhile, and saves what was typed when told again', async () => {
    const made = placeOf(await fillIn('/console/accounts/new', { name: 'Contested' }));
    const late = await fillIn(`${made}/edit`, { name: 'Mine', slug: 'contested', status: 'active', version: '1' });
    expect(placeOf(late)).toBe(made);
    const conflict = await fillIn(`${made}/edit`, { name: 'Yours', slug: 'contested', status: 'active', version: '1' });
    expect(conflict.status).toBe(412);
    expect(conflict.html).toContain('Somebody changed it meanwhile');
    expect(conflict.html).toContain('Mine');
    const version = hiddenField(conflict.html, 'version');
    expect(placeOf(await fillIn(`${made}/edit`, { name: 'Yours', slug: 'contested', status: 'active', version }))).toBe(
      made,
    );
  });

  it('names the object that has the name already', async () => {
    await fillIn('/console/roles/new', { name: 'Deployers' });
    const refused = await fillIn('/console/roles/new', { name: 'Deployers' });
    expect(refused.status).toBe(409);
    expect(refused.html).toContain('role_');
  });
});

describe('a rule', () => {
  const rule = {
    name: 'prefixes of acme',
    providerSubject: 'repo:acme/app:ref:refs/heads/main*',
    providerSubjectMatch: 'glob',
    audienceMatchMode: 'any',
    mode: 'enforce',
    status: 'active',
    replayProtection: 'off',
  };

  it('is saved with warnings only when it is told twice, and tried before it is saved', async () => {
    const { html } = await browser.get('/console/trust/new');
    const account = /value="(sa_[a-z0-9]+)"/.exec(html)?.[1] ?? '';
    const provider = /value="(idp_[a-z0-9]+)"/.exec(html)?.[1] ?? '';
    const typed = { ...rule, serviceAccountIdentity: account, providerIdentity: provider };
    const warned = await fillIn('/console/trust/new', typed);
    expect(warned.status).toBe(200);
    expect(warned.html).toContain('and warns');
    const claims = {
      iss: world.issuer.issuer,
      sub: 'repo:acme/app:ref:refs/heads/main-evil',
      aud: 'https://cambist.test',
    };
    const tried = await fillIn('/console/trust/new', { ...typed, do: 'test', testClaims: JSON.stringify(claims) });
    expect(tried.html).toContain('The rule accepts them');
    const twin = { ...claims, sub: 'repo:acme/app:ref:refs/tags/v1' };
    const kept = await fillIn('/console/trust/new', { ...typed, do: 'test', testClaims: JSON.stringify(twin) });
    expect(kept.html).toContain('The rule refuses them');
    const warnedOf = hiddenField(warned.html, 'warned');
    expect(placeOf(await fillIn('/console/trust/new', { ...typed, warned: warnedOf }))).toMatch(
      /^\/console\/trust\/fid_/,
    );
  });
});

describe('an access credential', () => {
  it('shows its secret in the answer that makes it, and on no page after', async () => {
    const account = placeOf(await fillIn('/console/accounts/new', { name: 'Legacy' }));
    const made = await fillIn(`${account}/credentials/new`, { name: 'batch' });
    expect(made.status).toBe(200);
    expect(made.headers.get('cache-control')).toBe('no-store');
    const secret = /cbs_[\w-]+/.exec(made.html)?.[0] ?? '';
    expect(secret).not.toBe('');
    expect((await browser.get(account)).html).not.toContain(secret);
    expect((await browser.get(account)).html).toContain('batch');
  });
});

describe('signing keys', () => {
  it('are rotated only when the word is typed', async () => {
    const refused = await fillIn('/console/keys/rotate', { mode: 'emergency', confirmation: 'yes' });
    expect(refused.status).toBe(400);
    expect(refused.html).toContain('must be the word emergency');
    expect(placeOf(await fillIn('/console/keys/rotate', { mode: 'emergency', confirmation: 'emergency' }))).toBe(
      '/console/keys',
    );
  });
});

describe('a pipeline', () => {
  const path = '/console/pipelines/new/github';
  const wanted = {
    repository: 'acme/shop',
    branch: 'main',
    'repository-id': '42',
    'owner-id': '7',
    scopes: 'api:read',
    mode: 'enforce',
  };

  it('is planned, shown with the neighbours that stay out, made, and waited for (contract §11)', async () => {
    expect((await browser.get('/console/pipelines')).html).toContain('/console/pipelines/new/kubernetes');
    const preview = await fillIn(path, { ...wanted, do: 'preview' });
    expect(preview.html).toContain('repo:acme@7/shop@42:ref:refs/heads/main');
    expect(preview.html).toContain('pull_request_target');
    expect(preview.html).not.toContain('lets in</span>');
    const place = placeOf(await fillIn(path, { ...wanted, do: 'create' }));
    const waiting = await browser.get(place);
    expect(waiting.headers.get('refresh')).toBe('5');
    expect(waiting.html).toContain('Waiting for the first exchange');
    expect(waiting.html).toContain('id-token: write');
    expect((await browser.get(`${place}&look=once`)).headers.get('refresh')).toBeNull();
    // Anybody can write an address: one that describes another workload shows nothing to paste, and a template is named.
    const other = await browser.get(place.replace('acme%2Fshop', 'evil%2Fshop'));
    expect([other.html.includes('Waiting for'), other.html.includes('id-token: write')]).toEqual([true, false]);
    expect(waiting.html).not.toContain('Paste it only if you chose that');
    const template = `${place}&uses=${encodeURIComponent(`evil/action@${'a'.repeat(40)}`)}`;
    expect((await browser.get(template)).html).toContain('Paste it only if you chose that');
    const again = await fillIn(path, { ...wanted, do: 'create' });
    expect([again.status, again.html.includes('lets this subject act as the account already')]).toEqual([409, true]);
  });

  it('names the field that is wrong, and asks which workloads may get in', async () => {
    const refused = await fillIn(path, { ...wanted, repository: 'no slash', do: 'preview' });
    expect(refused.status).toBe(400);
    expect(refused.html).toMatch(/id="field-repository"[^>]*aria-invalid="true"/);
    const open = await fillIn(path, { ...wanted, branch: '', do: 'preview' });
    expect(open.html).toContain('which ones may get in?');
    const clash = await fillIn(path, { ...wanted, tag: 'v1', do: 'preview' });
    expect(clash.html).toContain('does not go together with');
    const unpinned = await fillIn(path, { ...wanted, 'repository-id': '', do: 'preview' });
    expect(unpinned.html).toContain('Only names are pinned');
  });

  it('has a form for every platform', async () => {
    const { html } = await browser.get('/console/pipelines');
    const forms = [...html.matchAll(/href="(\/console\/pipelines\/new\/[^"]+)"/g)].map(([, one]) => one ?? '');
    expect(forms.length).toBeGreaterThan(20);
    for (const one of forms) {
      expect([one, (await browser.get(one)).status]).toEqual([one, 200]);
      // Nothing was said: a sentence, and never a fault of the service.
      expect([one, (await fillIn(one, { do: 'preview' })).status < 500]).toEqual([one, true]);
    }
  });
});
