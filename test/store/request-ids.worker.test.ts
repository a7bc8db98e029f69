// A grant's audit event is found by the id of its request, which no index keeps for grants.

import { fromString, toUUID } from 'typeid-js';
import { expect, it } from 'vitest';

import { grantEventId } from '../../src/store/request-ids.ts';
import { deploy, join } from '../support/deployment.ts';
import { createIssuer } from '../support/issuer.ts';

it('is the request’s id in the spelling of our identifiers', () => {
  const requestId = '018f3c5e-7a10-7bbb-8123-456789abcdef';
  expect(toUUID(fromString(grantEventId(requestId) ?? '', 'evt'))).toBe(requestId);
  for (const other of ['', 'req-1', requestId.toUpperCase(), ` ${requestId}`, `${requestId}0`])
    expect(grantEventId(other)).toBeNull();
});

it('finds the grant of a request, an exchange’s as a credential’s, and no other event', async () => {
  const deployment = await deploy();
  const issuer = await createIssuer();
  const joined = await join(deployment, issuer, { providerSubject: 'job:good' });
  const { now } = deployment.clock;
  const token = (sub: string): Promise<string> =>
    issuer.sign({ iss: issuer.issuer, sub, aud: 'https://cambist.test', iat: now, exp: now + 300 });
  const account = `/v1/service-accounts/${joined.serviceAccount}`;
  const expiresAt = new Date((now + 86_400) * 1000).toISOString();
  const { body } = await deployment.iam('POST', `${account}/access-credentials`, {
    name: 'credential',
    scopes: ['api:read'],
    expiresAt,
  });
  const answers = [
    await deployment.exchange(await token('job:good')),
    await deployment.token({
      grant_type: 'client_credentials',
      client_id: body.accessKey,
      client_secret: body.accessSecret,
    }),
    await deployment.exchange(await token('job:bad')),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 400]);
  const found = [];
  for (const { headers } of answers) {
    const requestId = headers.get('x-request-id') ?? '';
    expect(requestId).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-/);
    const events = await deployment.iam('GET', `/v1/audit-events?requestId=${requestId}`);
    expect(events.body).toHaveLength(1);
    expect(events.body[0].requestId).toBe(requestId);
    found.push([events.body[0].outcome, events.body[0].identity === grantEventId(requestId)]);
  }
  expect(found).toEqual([
    ['granted', true],
    ['granted', true],
    ['refused', false],
  ]);
});
