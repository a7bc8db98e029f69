// RFC 7009 (token revocation), as contract §3 narrows it: possession is enough, the answer tells nothing, the effect is at once.

import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { SWEEP_GRACE_SECONDS } from '../../src/store/limits.ts';
import { deploy, ID_TOKEN, ISSUER_URL } from '../support/deployment.ts';
import type { Deployment } from '../support/deployment.ts';
import {
  addWorkload,
  call,
  DEFAULT_ORGANISATION_ID,
  forge,
  introspect,
  newSigningKey,
  revoke,
} from '../support/workload.ts';
import type { Workload } from '../support/workload.ts';

let deployment: Deployment;
let app: Workload;
let token: string;

beforeEach(async () => {
  deployment = await deploy();
  app = await addWorkload(deployment, 'app', ['iam:read']);
  token = await app.token();
});

const stored = async (): Promise<unknown[]> =>
  (await deployment.db.prepare('SELECT * FROM revoked_token').all()).results;
const revocations = async (): Promise<Record<string, unknown>[]> =>
  (await deployment.events()).filter(({ action }) => action === 'token.revoke');

describe('revocation', () => {
  it('stops a token at once, at introspection and in the IAM API (RFC 7009 §2)', async () => {
    const other = await app.token();
    expect((await call(deployment, token, 'GET', '/v1/me')).status).toBe(200);
    const answer = await revoke(deployment, token);
    expect(answer.status).toBe(200);
    expect(answer.body).toBe('');
    expect((await introspect(deployment, token)).body).toEqual({ active: false });
    expect((await call(deployment, token, 'GET', '/v1/me')).status).toBe(401);
    expect((await introspect(deployment, other)).body.active).toBe(true);
    deployment.coldStart();
    expect((await introspect(deployment, token)).body).toEqual({ active: false });
  });

  it('is audited once, without the token (contract §5.7)', async () => {
    const first = await revoke(deployment, token);
    await revoke(deployment, token);
    const { now } = deployment.clock;
    expect(await revocations()).toEqual([
      expect.objectContaining({
        organisation_id: DEFAULT_ORGANISATION_ID,
        time: now,
        request_id: first.headers.get('x-request-id'),
        actor: app.serviceAccount,
        outcome: 'success',
        service_account_id: app.serviceAccount,
        token_id: decodeJwt(token).jti,
      }),
    ]);
    expect(await stored()).toEqual([{ token_id: decodeJwt(token).jti, revoked_at: now, expires_at: now + 3660 }]);
    const everything = JSON.stringify([await deployment.events(), await stored(), deployment.logs]);
    expect(everything).not.toContain(token);
    expect(everything).not.toContain(token.split('.')[2]);
  });

  it('of one token by twenty requests at once is one event (contract §5.7)', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => revoke(deployment, token)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(await revocations()).toHaveLength(1);
    expect(await stored()).toHaveLength(1);
  });

  it('holds for a disabled account, which may become active again (contract §3)', async () => {
    const path = `/v1/service-accounts/${app.serviceAccount}`;
    await deployment.iam('PATCH', path, { status: 'inactive' });
    await revoke(deployment, token);
    await deployment.iam('PATCH', path, { status: 'active' });
    expect((await introspect(deployment, token)).body).toEqual({ active: false });
  });

  it('ignores a type that it does not support (RFC 7009 §2.1)', async () => {
    const body = new URLSearchParams({ token, token_type_hint: 'refresh_token' });
    expect((await deployment.send('/oidc/revoke', { method: 'POST', body })).status).toBe(200);
    expect((await introspect(deployment, token)).body).toEqual({ active: false });
  });

  it.each<[string, () => Promise<string>]>([
    ['text', async () => 'nothing'],
    ['20 KiB', async () => 'a'.repeat(20_000)],
    ['a token of another key', async () => forge(decodeJwt(token), {}, await newSigningKey('ES256', 'test-es256'))],
    ['a token of another issuer', async () => forge({ ...decodeJwt(token), iss: 'https://elsewhere.example' })],
    [
      'an expired token',
      async () => {
        deployment.clock.now += 3600;
        return token;
      },
    ],
    [
      'an ID token of ours',
      async () => {
        const audience = { audience: ISSUER_URL };
        return app.token({ requested_token_type: ID_TOKEN, ...audience });
      },
    ],
    [
      'a token of a deleted account',
      async () => {
        await deployment.iam('DELETE', `/v1/service-accounts/${app.serviceAccount}`);
        return token;
      },
    ],
  ])('answers 200 to %s, and stores nothing (RFC 7009 §2.2)', async (_what, make) => {
    const answer = await revoke(deployment, await make());
    expect(answer.status).toBe(200);
    expect(await stored()).toEqual([]);
    expect(await revocations()).toEqual([]);
  });
});

describe('the request', () => {
  it('needs the parameter token, and no credential (RFC 7009 §2.1)', async () => {
    const missing = await deployment.send('/oidc/revoke', { method: 'POST', body: new URLSearchParams({}) });
    expect(missing.status).toBe(400);
    expect(missing.body.error).toBe('invalid_request');
    expect((await revoke(deployment, token)).status).toBe(200);
  });

  it('refuses the token in the query string, and revokes nothing (RFC 6749 §2.3.1)', async () => {
    const answer = await deployment.send(`/oidc/revoke?token=${token}`, {
      method: 'POST',
      body: new URLSearchParams(),
    });
    expect(answer.status).toBe(400);
    expect((await introspect(deployment, token)).body.active).toBe(true);
  });

  it('refuses GET with 405, so that no link revokes (RFC 7009 §2.1)', async () => {
    const answer = await deployment.send('/oidc/revoke');
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
  });

  it('is answered with 503 where storage fails, so that the client knows that the token still counts (RFC 7009 §2.2.1)', async () => {
    deployment.d1.carry = async () => Promise.reject(new Error('no storage'));
    const answer = await revoke(deployment, token);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).not.toBeNull();
  });
});

it('keeps a revocation until no check could take the token for an active one (contract §3)', async () => {
  const { sweep } = await import('../../src/store/sweep.ts');
  await revoke(deployment, token);
  const { exp } = decodeJwt(token) as { exp: number };
  await sweep(deployment.db, exp, 400);
  expect(await stored()).toHaveLength(1);
  await sweep(deployment.db, exp + 61 + SWEEP_GRACE_SECONDS, 400);
  expect(await stored()).toHaveLength(0);
});
