// Who audit events name if a person acts through the console (contract §11), and that no client can say so itself.

import { describe, expect, it } from 'vitest';

import { iamHarness } from './iam-harness.ts';

describe('a change by a person', () => {
  it('names the person with the account that the person acts as (contract §11)', async () => {
    const harness = await iamHarness({ person: 'anna@acme.example' });
    const created = await harness.call('POST', '/v1/service-accounts', { name: 'deployer' });
    expect(created.status).toBe(201);
    // Who created an account is what lets an account decide about it, so that is never a person's name (contract §4).
    expect(created.body.createdBy).toBe('root');
    expect((await harness.events()).map(({ actor }) => actor)).toEqual(['anna@acme.example (root)']);
  });

  it('cannot be mistaken for root, whatever an issuer says that somebody is called', async () => {
    const harness = await iamHarness({ person: 'root' });
    await harness.call('POST', '/v1/service-accounts', { name: 'deployer' });
    expect((await harness.events()).map(({ actor }) => actor)).toEqual(['root (root)']);
  });

  it('is named by no header, and not without a person (contract §5.7)', async () => {
    const harness = await iamHarness();
    const headers = {
      person: 'eve',
      'x-person': 'eve',
      from: 'eve@acme.example',
      'cf-access-authenticated-user-email': 'eve',
    };
    await harness.call('POST', '/v1/service-accounts', { name: 'deployer' }, headers);
    expect((await harness.events()).map(({ actor }) => actor)).toEqual(['root']);
  });
});
