// A person who may only read (contract §11): no page shows a button that would be refused, and none that is sent all the same works.

import { beforeAll, describe, expect, it } from 'vitest';

import { consolePages } from '../../src/console/pages/index.ts';
import { startWorld } from '../faults/world.ts';
import type { World } from '../faults/world.ts';
import { ADMIN_TOKEN, ISSUER_URL } from '../support/deployment.ts';
import { hiddenField, openBrowser } from './browser.ts';
import type { Browser } from './browser.ts';

let world: World;
let reader: Browser;
let root: Browser;
/** Identifiers for the parameters of a path. */
let identifiers: Readonly<Record<string, string>>;

beforeAll(async () => {
  world = await startWorld({ allowedScopes: ['iam:read'], tokenAudiences: [ISSUER_URL] });
  const { deployment, joined } = world;
  const { body: role } = await deployment.iam('POST', '/v1/iam/roles', { name: 'role' });
  const { body } = await deployment.exchange(await world.token());
  reader = openBrowser(deployment);
  await reader.signIn(String(body.access_token));
  root = openBrowser(deployment);
  await root.signIn(ADMIN_TOKEN);
  const [event] = await world.granted();
  identifiers = {
    activity: String(event?.['id']),
    trust: joined.federatedIdentity,
    providers: joined.provider,
    accounts: joined.serviceAccount,
    roles: String(role.identity),
  };
});

/** The path of a page with identifiers in it; null for what belongs to an object that this world lacks. */
function pathOf(pattern: string): string | null {
  const [, room = ''] = pattern.split('/');
  const path = pattern.replace(':id', identifiers[room] ?? ':id');
  return path.includes(':') ? null : `/console${path}`;
}

/** The pages that forms of a page are sent to. */
function formsIn(html: string): string[] {
  return [...html.matchAll(/<form method="post" action="([^"]*)"/g)].map(([, action = '']) => action);
}

/** The doctor of a provider changes nothing, and the API lets a reader ask it (contract §5.1). */
const MAY_ALWAYS = /^\/console\/sign-out$|\/doctor$/;

describe.each(consolePages.map((page) => [page.path === '' ? '/' : page.path, page] as const))(
  'the page %s',
  (_path, page) => {
    it('shows a reader nothing to change (contract §11)', async () => {
      const path = pathOf(page.path);
      if (path === null) return;
      const { status, html } = await reader.get(path);
      expect(status).toBeLessThan(500);
      expect(formsIn(html).filter((action) => !MAY_ALWAYS.test(action))).toEqual([]);
      for (const [, href = ''] of html.matchAll(/<a [^>]*href="\/console([^"?#]*)/g)) {
        const target = consolePages.find((other) => pathOf(other.path) === `/console${href}`);
        expect([target?.needs ?? 'iam:read', href]).toEqual(['iam:read', href]);
      }
    });

    it('takes no form of a reader that the API would refuse (contract §4)', async () => {
      const path = pathOf(page.path);
      if (path === null || page.submit === undefined) return;
      const before = (await world.deployment.events()).length;
      const antiForgery = hiddenField((await reader.get('/console')).html, 'antiForgery');
      const { status } = await reader.post(path, { antiForgery, name: 'x', version: '1', do: 'save' });
      expect(status).not.toBe(303);
      expect(await world.deployment.events()).toHaveLength(before);
    });

    it('is there for root', async () => {
      const path = pathOf(page.path);
      if (path === null) return;
      const { status, html } = await root.get(path);
      expect([status, html.includes('You may not see this')]).toEqual([200, false]);
    });
  },
);
