// `cambist audit` says of a change which object it was and which of its members changed.

import { expect, it } from 'vitest';

import { cambist } from './support/cli.ts';
import { FAKE_ENV } from './support/fake-api.ts';

const EVENT = {
  identity: 'evt_01h45ytscbebyvny4gc8cr8ma2',
  time: '2026-11-01T00:00:00Z',
  outcome: 'success',
  actor: 'root',
  subject: null,
  reason: null,
  detail: null,
  count: 1,
  requestId: '00000000-0000-4000-8000-000000000000',
  federatedIdentity: null,
};
const version = (number: number): object => ({ objectVersion: number, updatedAt: `2026-11-0${number}T00:00:00Z` });

it.each<readonly [string, string, object, string]>([
  [
    'the name of what was updated, and its changed members',
    'role.update',
    { before: { slug: 'a', ...version(1) }, after: { slug: 'b', ...version(2) }, identity: 'role_1', name: 'Deployer' },
    'root  Deployer\n                      slug\n',
  ],
  [
    'the new name where that changed',
    'role.update',
    { before: { name: 'Deployer' }, after: { name: 'Releaser' }, identity: 'role_1' },
    'root  Releaser\n                      name\n',
  ],
  [
    'members that did not fit, too',
    'role.update',
    { before: version(1), after: version(2), identity: 'role_1', name: 'Deployer', omitted: ['annotations'] },
    'root  Deployer\n                      annotations\n',
  ],
  [
    'of what has no name its id',
    'role_rule.update',
    { before: { note: '' }, after: { note: 'x' }, identity: 'rule_1' },
    'root  rule_1\n                      note\n',
  ],
  [
    'of a creation the name alone',
    'role.create',
    { before: null, after: { name: 'Deployer', slug: 'a' } },
    'root  Deployer\n',
  ],
  [
    'of a deletion the name alone',
    'role.delete',
    { before: { name: 'Deployer', slug: 'a' }, after: null },
    'root  Deployer\n',
  ],
  [
    'of a rotation the key alone',
    'signing_key.rotate',
    { before: { alg: 'ES256', active: 'old' }, after: { alg: 'ES256', active: 'new', mode: 'graceful' } },
    'root  new\n',
  ],
])('shows %s', async (_, action, changes, shown) => {
  const elsewhere = (): Response => Response.json([{ ...EVENT, action, changes }]);
  const { code, stdout } = await cambist(['audit'], { env: FAKE_ENV, elsewhere });
  expect([code, stdout]).toEqual([0, `2026-11-01T00:00:00Z  success  ${action}  ${shown}`]);
});
