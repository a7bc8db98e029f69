// Hostile class 9, end to end: the protocol around the token; the table is in protocol.cases.ts.

import { describe, expect, it } from 'vitest';

import { kit, runHostileClass } from './battery.ts';
import { usual } from './case.ts';
import { protocol } from './protocol.cases.ts';

runHostileClass(protocol);

describe('what a caller may learn', () => {
  it('is the same of an unknown account, an account without rules and one whose rule does not match (contract §3)', async () => {
    const { deployment, joined, token } = await usual(kit);
    const bare = await kit.expectCreated(deployment.iam('POST', '/v1/service-accounts', { name: 'bare' }));
    const evil = await token({ sub: 'project:evil:x' });
    const accounts = ['nobody', 'sa_00000000000000000000000000', bare, joined.serviceAccount];
    const answers = await Promise.all(
      accounts.map((account) => deployment.exchange(evil, { service_account_id: account })),
    );
    const seen = answers.map(({ status, headers, body }) => {
      const same = Object.fromEntries([...headers].filter(([name]) => name !== 'x-request-id'));
      return { status, headers: same, body: { ...body, request_id: '' } };
    });
    expect(new Set(seen.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(seen[0]?.status).toBe(400);
  });
});

describe('a lifetime above the cap', () => {
  it.each(['1000000000', '24h', '999999h', '9'.repeat(60)])(
    'of %s is lowered, and expires_in tells the truth (contract §3)',
    async (lifetime) => {
      const { deployment, token } = await usual(kit);
      const { status, body } = await deployment.exchange(await token(), { access_token_lifetime: lifetime });
      expect([status, body.expires_in]).toEqual([200, 3_600]);
    },
  );
});
