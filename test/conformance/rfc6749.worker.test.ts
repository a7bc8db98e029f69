// RFC 6749 (OAuth 2.0): the token endpoint's protocol, its errors, and client credentials.

import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/token/digest.ts';
import { deploy, expectCreated, ID_TOKEN, ISSUER_URL, join, TOKEN_EXCHANGE } from '../support/deployment.ts';
import type { Deployment, Joined } from '../support/deployment.ts';
import { githubActions } from '../support/claims.ts';
import { createIssuer } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';

let deployment: Deployment;
let issuer: TestIssuer;
let joined: Joined;
let form: URLSearchParams;

beforeEach(async () => {
  deployment = await deploy();
  issuer = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
  joined = await join(deployment, issuer, { providerSubject: 'repo:acme/app:ref:refs/heads/main' });
  form = new URLSearchParams({
    grant_type: TOKEN_EXCHANGE,
    subject_token: await issuer.sign(githubActions({ repository: 'acme/app', now: deployment.clock.now })),
    subject_token_type: ID_TOKEN,
  });
});

const post = (
  body: BodyInit,
  headers: Record<string, string> = {},
  path = '/oidc/token',
): ReturnType<Deployment['send']> =>
  deployment.send(path, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  });

describe('the token endpoint', () => {
  it('answers a plain form post (RFC 6749 §3.2)', async () => {
    expect((await post(form.toString())).status).toBe(200);
  });

  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])(
    'refuses %s with 405 and the method that works (RFC 6749 §3.2)',
    async (method) => {
      const answer = await deployment.send('/oidc/token', { method });
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toBe('POST');
    },
  );

  it.each(['text/plain', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded; charset=utf-16', ''])(
    'refuses the content type "%s" with 415 (contract §3)',
    async (contentType) => {
      expect((await post(form.toString(), { 'content-type': contentType })).status).toBe(415);
    },
  );

  it('refuses a body over 64 KiB with 413, declared or streamed, and takes one just below (contract §1)', async () => {
    const padded = `${form}&padding=`;
    expect((await post(padded + 'a'.repeat(65_537))).status).toBe(413);
    const stream = new ReadableStream({
      start(controller) {
        for (let chunk = 0; chunk < 70; chunk += 1) controller.enqueue(new TextEncoder().encode('a'.repeat(1024)));
        controller.close();
      },
    });
    expect((await post(stream)).status).toBe(413);
    expect((await post(padded + 'a'.repeat(65_536 - padded.length))).status).toBe(200);
  });

  it('refuses a compressed body with 415 (contract §1)', async () => {
    expect((await post(form.toString(), { 'content-encoding': 'gzip' })).status).toBe(415);
  });

  it('refuses a repeated parameter, and the same parameters once pass (RFC 6749 §3.2)', async () => {
    const answer = await post(`${form}&subject_token_type=${encodeURIComponent(ID_TOKEN)}`);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toBe('invalid_request');
    expect(answer.body.error_description).toContain('repeated');
  });

  it('ignores unknown parameters and treats empty ones as absent (RFC 6749 §3.1, §3.2)', async () => {
    expect((await post(`${form}&colour=blue&scope=&audience=&service_account_id=&actor_token=`)).status).toBe(200);
  });

  it('takes a question mark at the start of the body for a part of the first name (RFC 6749 appendix B)', async () => {
    expect((await post(form.toString())).status).toBe(200);
    const answer = await post(`?${form}`);
    expect(answer.status).toBe(400);
    expect(answer.body.error_description).toBe(`${[...form.keys()][0]} is missing`);
    expect((await post(`?colour=blue&${form}`)).status).toBe(200);
  });

  it.each(['subject_token', 'assertion', 'client_secret', 'jwt'])(
    'refuses %s in the query string (RFC 6749 §2.3.1)',
    async (name) => {
      const answer = await post(form.toString(), {}, `/oidc/token?${name}=hunter2`);
      expect(answer.status).toBe(400);
      expect(answer.body.error_description).toContain(name);
      expect(JSON.stringify(answer.body)).not.toContain('hunter2');
    },
  );

  it('refuses a foreign Authorization header on a token grant: the token is the credential (contract §3)', async () => {
    for (const authorization of ['Basic Og==', 'Bearer abc']) {
      const answer = await post(form.toString(), { authorization });
      expect(answer.status).toBe(400);
      expect(answer.body.error_description).toContain('Authorization');
    }
  });

  it('uses only the characters an error_description may have (RFC 6749 §5.2)', async () => {
    form.set(
      'subject_token',
      await issuer.sign(
        githubActions({ repository: 'acme/app', now: deployment.clock.now, ref: 'refs/heads/"\\\u0000\u001b[31mé' }),
      ),
    );
    const answer = await post(form.toString());
    expect(answer.status).toBe(400);
    expect(answer.body.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  });
});

describe('client credentials with an access credential', () => {
  const SECRET = 'a-secret-with-256-bits-of-entropy-in-it';
  const KEY = 'cak_example';

  beforeEach(async () => {
    await deployment.db
      .prepare(
        `INSERT INTO access_credential (id, organisation_id, service_account_id, name, access_key, secret_sha256, scopes, expires_at, created_at, updated_at)
         VALUES ('cred_1', 'org_00000000000000000000000000', ?1, 'legacy', ?2, ?3, '["api:read"]', ?4, 0, 0)`,
      )
      .bind(joined.serviceAccount, KEY, await sha256(SECRET), deployment.clock.now + 86_400)
      .run();
  });

  const grant = (
    parameters: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): ReturnType<Deployment['send']> =>
    post(new URLSearchParams({ grant_type: 'client_credentials', ...parameters }).toString(), headers);
  const inBody = { client_id: KEY, client_secret: SECRET };

  it('grants an access token by HTTP Basic and by form, without act and federated_identity (RFC 6749 §4.4)', async () => {
    const basic = await grant({}, { authorization: `Basic ${btoa(`${KEY}:${SECRET}`)}` });
    expect(basic.status).toBe(200);
    expect(basic.body).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'api:read' });
    const claims = decodeJwt(basic.body.access_token);
    expect(claims).toMatchObject({ sub: joined.serviceAccount, aud: ISSUER_URL });
    expect(claims).not.toHaveProperty('roles');
    expect(claims).not.toHaveProperty('act');
    expect(claims).not.toHaveProperty('federated_identity');
    expect((await grant(inBody)).status).toBe(200);
  });

  it('records the grant before the token is released (contract §3)', async () => {
    await grant(inBody);
    const events = await deployment.events();
    expect(events.at(-1)).toMatchObject({
      action: 'token.exchange',
      outcome: 'granted',
      actor: 'cred_1',
      service_account_id: joined.serviceAccount,
    });
  });

  it('caps the lifetime at an hour and at the life of the credential (contract §3, §5.5)', async () => {
    expect((await grant({ ...inBody, access_token_lifetime: '86400' })).body.expires_in).toBe(3600);
    deployment.clock.now += 86_400 - 600;
    expect((await grant(inBody)).body.expires_in).toBe(600);
  });

  it.each([
    ['a wrong secret', { client_id: KEY, client_secret: 'wrong' }],
    ['an unknown key', { client_id: 'cak_unknown', client_secret: SECRET }],
    ['no secret', { client_id: KEY }],
  ])('refuses %s with 401, invalid_client and a challenge (RFC 6749 §5.2)', async (_name, parameters) => {
    const answer = await grant(parameters);
    expect(answer.status).toBe(401);
    expect(answer.body.error).toBe('invalid_client');
    expect(answer.headers.get('www-authenticate')).toContain('Basic');
  });

  it('refuses an expired credential and one of a disabled account like a wrong one (contract §5.5)', async () => {
    const wrong = await grant({ client_id: KEY, client_secret: 'wrong' });
    await deployment.iam('PATCH', `/v1/service-accounts/${joined.serviceAccount}`, { status: 'inactive' });
    const disabled = await grant(inBody);
    await deployment.iam('PATCH', `/v1/service-accounts/${joined.serviceAccount}`, { status: 'active' });
    expect((await grant(inBody)).status).toBe(200);
    deployment.clock.now += 86_400;
    const expired = await grant(inBody);
    for (const answer of [disabled, expired]) {
      expect(answer.status).toBe(401);
      expect(answer.body.error_description).toBe(wrong.body.error_description);
    }
  });

  it('refuses more scope than the credential has, other audiences, and ID tokens (contract §5.5)', async () => {
    expect((await grant({ ...inBody, scope: 'api:write' })).body.error).toBe('invalid_scope');
    expect((await grant({ ...inBody, audience: 'https://api.example.com' })).body.error).toBe('invalid_target');
    expect((await grant({ ...inBody, requested_token_type: ID_TOKEN, audience: ISSUER_URL })).body.error).toBe(
      'invalid_request',
    );
    expect((await grant({ ...inBody, audience: ISSUER_URL })).status).toBe(200);
  });

  it('grants to its own account only, whichever is named (contract §3)', async () => {
    const other = await expectCreated(deployment.iam('POST', '/v1/service-accounts', { name: 'other' }));
    for (const foreign of [
      { service_account_id: other },
      { service_account_id: 'sa_unknown' },
      { service_account_id: 'deployer' },
      { organisation_id: 'unknown' },
      { organisation_id: 'default', service_account_id: 'other' },
    ]) {
      const answer = await grant({ ...inBody, ...foreign });
      expect(answer.status).toBe(400);
      expect(answer.body.error).toBe('invalid_request');
    }
    for (const own of [
      { service_account_id: joined.serviceAccount },
      { organisation_id: 'default' },
      { organisation_id: 'org_00000000000000000000000000', service_account_id: joined.serviceAccount },
      { organisation_id: 'default', service_account_id: 'deployer' },
    ]) {
      expect((await grant({ ...inBody, ...own })).status).toBe(200);
    }
  });

  it('never logs a secret that was sent as the key (contract §1)', async () => {
    await grant({ client_id: SECRET, client_secret: KEY });
    expect(deployment.logs.at(-1)).toMatchObject({ reason: 'credential_invalid' });
    expect(JSON.stringify(deployment.logs)).not.toContain(SECRET);
    const unknown = 'cbk_AAAAAAAAAAAAAAAAAAAAAA';
    await grant({ client_id: unknown, client_secret: SECRET });
    expect(JSON.stringify(deployment.logs)).toContain(unknown);
  });

  it.each([['iam:read'], ['iam:write'], ['iam:admin'], ['api:read', 'iam:read']])(
    'is for this service’s own API by default when it has %s, though DEFAULT_AUDIENCE is another (contract §3)',
    async (...scopes) => {
      deployment.coldStart({ DEFAULT_AUDIENCE: 'https://api.example.com' });
      await deployment.db.prepare('UPDATE access_credential SET scopes = ?').bind(JSON.stringify(scopes)).run();
      const { body } = await grant(inBody);
      expect(decodeJwt(body.access_token).aud).toBe(ISSUER_URL);
      const headers = { authorization: `Bearer ${body.access_token}` };
      expect((await deployment.send('/v1/service-accounts', { headers })).status).toBe(200);
      const elsewhere = await grant({ ...inBody, audience: 'https://api.example.com' });
      expect(decodeJwt(elsewhere.body.access_token).aud).toBe('https://api.example.com');
      const refused = await deployment.send('/v1/service-accounts', {
        headers: { authorization: `Bearer ${elsewhere.body.access_token}` },
      });
      expect(refused.status).toBe(401);
      expect(refused.body.detail).toContain(`audience=${ISSUER_URL}`);
    },
  );

  it('is for DEFAULT_AUDIENCE by default when it has none of them (contract §3)', async () => {
    deployment.coldStart({ DEFAULT_AUDIENCE: 'https://api.example.com' });
    expect(decodeJwt((await grant(inBody)).body.access_token).aud).toBe('https://api.example.com');
  });

  describe('by HTTP Basic beside a subject token (contract §3)', () => {
    const basic = (user: string, password: string): { authorization: string } => ({
      authorization: `Basic ${btoa(`${encodeURIComponent(user)}:${encodeURIComponent(password)}`)}`,
    });
    const exchange = (
      headers: Record<string, string>,
      more: Record<string, string> = {},
    ): ReturnType<Deployment['send']> =>
      post(new URLSearchParams([...form, ...Object.entries(more)]).toString(), headers);

    it('takes a user with an empty password for the client_id', async () => {
      expect((await exchange(basic(joined.serviceAccount, ''))).status).toBe(200);
      const other = await exchange(basic('sa_unknown', ''));
      expect(other.status).toBe(400);
      expect(other.body.error).toBe('invalid_request');
    });

    it.each([{ client_id: 'sa_another' }, { service_account_id: 'sa_another' }])(
      'refuses a user that %j contradicts, and takes it when both say the same',
      async (named) => {
        const answer = await exchange(basic(joined.serviceAccount, ''), named);
        expect(answer.status).toBe(400);
        expect(answer.body.error_description).toContain('different');
        const [name = ''] = Object.keys(named);
        expect((await exchange(basic(joined.serviceAccount, ''), { [name]: joined.serviceAccount })).status).toBe(200);
      },
    );

    it('takes an access credential of the account, whether the request names the account or not', async () => {
      for (const more of [
        {},
        { service_account_id: joined.serviceAccount },
        { client_id: KEY },
        { client_id: joined.serviceAccount },
        { organisation_id: 'default', service_account_id: 'deployer' },
      ]) {
        const answer = await exchange(basic(KEY, SECRET), more);
        expect(answer.status).toBe(200);
        const claims = decodeJwt(answer.body.access_token);
        expect(claims).toMatchObject({ sub: joined.serviceAccount, federated_identity: joined.federatedIdentity });
      }
    });

    it.each([
      ['a wrong secret', KEY, 'wrong', {}],
      ['an unknown key', 'cbk_unknown', SECRET, {}],
      ['no key', '', SECRET, {}],
      ['a credential of another account than the one named', KEY, SECRET, { service_account_id: 'sa_another' }],
      ['a credential of another organisation than the one named', KEY, SECRET, { organisation_id: 'elsewhere' }],
    ])('refuses %s with 401 invalid_client', async (_name, user, password, more) => {
      const answer = await exchange(basic(user, password), more);
      expect(answer.status).toBe(401);
      expect(answer.body.error).toBe('invalid_client');
      expect(answer.headers.get('www-authenticate')).toContain('Basic');
      expect(JSON.stringify(deployment.logs)).not.toContain(SECRET);
    });

    it('refuses an expired credential, and one of a disabled account', async () => {
      deployment.clock.now += 86_400;
      form.set(
        'subject_token',
        await issuer.sign(githubActions({ repository: 'acme/app', now: deployment.clock.now })),
      );
      expect((await exchange(basic(KEY, SECRET))).status).toBe(401);
      expect((await exchange({})).status).toBe(200);
    });

    it('gives a good credential nothing that the token does not give', async () => {
      form.set(
        'subject_token',
        await issuer.sign(githubActions({ repository: 'acme/other', now: deployment.clock.now })),
      );
      expect((await exchange(basic(KEY, SECRET))).status).toBe(400);
    });

    it('refuses a damaged header with 401, and one beside a client assertion with 400 (RFC 6749 §2.3)', async () => {
      expect((await exchange({ authorization: 'Basic !!!' })).status).toBe(401);
      const assertion = new URLSearchParams({
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: form.get('subject_token') ?? '',
      });
      expect((await post(assertion.toString(), basic(KEY, SECRET))).status).toBe(400);
      expect((await post(assertion.toString())).status).toBe(200);
    });
  });

  it('refuses credentials given twice (RFC 6749 §2.3)', async () => {
    const answer = await grant(inBody, { authorization: `Basic ${btoa(`${KEY}:${SECRET}`)}` });
    expect(answer.status).toBe(400);
    expect(answer.body.error).toBe('invalid_request');
  });
});
