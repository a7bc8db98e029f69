// An organisation's reserved audiences over the API and in exchanges: contract §4.

import { beforeEach, describe, expect, it } from 'vitest';

import { ADMIN_TOKEN, deploy, expectCreated, ID_TOKEN, ISSUER_URL } from '../../support/deployment.ts';
import type { Answer, Deployment } from '../../support/deployment.ts';
import { addOtherOrganisation, addWorkload, call, OTHER_ORGANISATION_ID } from '../../support/workload.ts';
import type { Workload } from '../../support/workload.ts';

const API = 'https://api.acme.example';
const ORGANISATIONS = '/v1/organisations';
const IDENTITIES = '/v1/federated-identities';

let deployment: Deployment;
/** An account of the organisation `other`, whose rule may be issued for audiences of Acme. */
let tenant: Workload;

beforeEach(async () => {
  deployment = await deploy();
  await addOtherOrganisation(deployment);
  tenant = await addWorkload(deployment, 'tenant', ['api:read'], {
    organisation: OTHER_ORGANISATION_ID,
    tokenAudiences: [`${API}/v1`, 'https://own.example.com', ISSUER_URL],
  });
});

const reserve = (reservedAudiences: readonly string[], organisation = 'default'): Promise<Answer> =>
  deployment.iam('PATCH', `${ORGANISATIONS}/${organisation}`, { reservedAudiences });
const asOther = (method: string, path: string, body?: object): Promise<Answer> =>
  call(deployment, ADMIN_TOKEN, method, path, body, { 'x-organisation-identity': 'other' });
const audienceOf = (token: string): unknown =>
  (JSON.parse(atob(token.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? '')) as { aud: unknown }).aud;

describe('an exchange of another organisation', () => {
  it.each([[[`${API}/v1`]], [[`${API}*`]], [['https://a*', 'https://zzz.example']], [[`${API}/v1`, 'https://b*']]])(
    'gets no token for what is reserved by %j: skipped, and invalid_target when requested (contract §4)',
    async (entries) => {
      expect(audienceOf((await tenant.exchange()).body.access_token)).toBe(`${API}/v1`);
      expect((await reserve(entries)).status).toBe(200);

      expect(audienceOf((await tenant.exchange()).body.access_token)).toBe('https://own.example.com');
      expect(await tenant.exchange({ audience: `${API}/v1` })).toMatchObject({
        status: 400,
        body: { error: 'invalid_target' },
      });
      const id = await tenant.exchange({ audience: `${API}/v1`, requested_token_type: ID_TOKEN });
      expect(id).toMatchObject({ status: 400, body: { error: 'invalid_target' } });
      expect((await tenant.exchange({ resource: 'https://own.example.com' })).status).toBe(200);

      await reserve([]);
      expect((await tenant.exchange({ audience: `${API}/v1` })).status).toBe(200);
    },
  );

  it.each([[['https://api.acme.exampl']], [[`${API}/v1/`]], [[`${API}/v2*`]], [['https://zzz*']], [['A*']]])(
    'is not concerned by %j (contract §4)',
    async (entries) => {
      expect((await reserve(entries)).status).toBe(200);
      expect(audienceOf((await tenant.exchange()).body.access_token)).toBe(`${API}/v1`);
    },
  );

  it('is refused if nothing is left, and the operator is told why (contract §4)', async () => {
    await reserve([`${API}*`]);
    await asOther('PATCH', `${IDENTITIES}/${tenant.federatedIdentity}`, { tokenAudiences: [`${API}/v1`] });
    expect(await tenant.exchange()).toMatchObject({
      status: 400,
      // Neither what the rule allows nor who has reserved it is the caller's to know.
      body: {
        error: 'invalid_target',
        error_description: expect.stringMatching(/^no audience was requested, and none/),
      },
    });
    expect((await tenant.exchange({ audience: `${API}/v1` })).body.error_description).toContain(`${API}/v1`);
    const [refused] = (await deployment.events()).filter(({ outcome }) => outcome === 'refused');
    expect(String(refused?.['detail'])).toContain(`another organisation has reserved ${API}/v1`);
  });

  it('costs no further round trip (contract §7)', async () => {
    await tenant.exchange();
    deployment.resetCounts();
    await tenant.exchange();
    const before = deployment.counts.d1Trips;
    await reserve([`${API}*`]);
    // The first one finds that the rules changed.
    await tenant.exchange();
    deployment.resetCounts();
    await tenant.exchange();
    expect(deployment.counts.d1Trips).toBe(before);
  });
});

describe('the default audience', () => {
  const DEFAULT = 'https://default.example.com';

  beforeEach(() => {
    deployment.coldStart({ DEFAULT_AUDIENCE: DEFAULT });
  });

  it('can be reserved: rules without audiences then have none (contract §4)', async () => {
    await asOther('PATCH', `${IDENTITIES}/${tenant.federatedIdentity}`, { tokenAudiences: [] });
    expect(audienceOf((await tenant.exchange()).body.access_token)).toBe(DEFAULT);
    await reserve([DEFAULT]);
    expect(await tenant.exchange()).toMatchObject({ status: 400, body: { error: 'invalid_target' } });

    const own = await addWorkload(deployment, 'own', ['api:read']);
    expect(audienceOf((await own.exchange()).body.access_token)).toBe(DEFAULT);
  });

  it('of a credential gives way to this service (contract §4)', async () => {
    const { body } = await asOther('POST', `/v1/service-accounts/${tenant.serviceAccount}/access-credentials`, {
      name: 'c',
      scopes: ['api:read'],
      expiresAt: '2026-12-01T00:00:00Z',
    });
    const grant = (more: Record<string, string> = {}): Promise<Answer> =>
      deployment.token({
        grant_type: 'client_credentials',
        client_id: body.accessKey,
        client_secret: body.accessSecret,
        ...more,
      });
    expect(audienceOf((await grant()).body.access_token)).toBe(DEFAULT);
    await reserve(['https://default*']);
    expect(audienceOf((await grant()).body.access_token)).toBe(ISSUER_URL);
    expect(await grant({ audience: DEFAULT })).toMatchObject({ status: 400, body: { error: 'invalid_target' } });
  });
});

describe('writing a rule', () => {
  const change = (tokenAudiences: readonly string[]): Promise<Answer> =>
    asOther('PATCH', `${IDENTITIES}/${tenant.federatedIdentity}`, { tokenAudiences });

  it('of another organisation with a reserved audience is refused at its place, to root too (contract §4)', async () => {
    await reserve([`${API}*`, 'sts.amazonaws.com']);
    expect(await change(['https://own.example.com', `${API}/v2`, 'sts.amazonaws.com'])).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/tokenAudiences/1' }, { pointer: '/tokenAudiences/2' }] },
    });
    // What was there before may stay there: exchanges skip it.
    expect((await change([`${API}/v1`, 'https://own.example.com'])).status).toBe(200);
    expect((await change(['https://own.example.com'])).status).toBe(200);
    expect((await change([`${API}/v1`])).status).toBe(400);
    const { body: rule } = await asOther('GET', `${IDENTITIES}/${tenant.federatedIdentity}`);
    const copy = {
      name: 'copy',
      serviceAccountIdentity: rule.serviceAccountIdentity,
      providerIdentity: rule.providerIdentity,
      providerSubject: 'x:y',
    };
    expect(await asOther('POST', IDENTITIES, { ...copy, tokenAudiences: [API] })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/tokenAudiences/0', detail: 'is reserved by another organisation' }] },
    });
    expect((await asOther('POST', IDENTITIES, { ...copy, tokenAudiences: ['https://api.acme.exampl'] })).status).toBe(
      201,
    );
  });

  it('without an audience is refused if the default one is reserved (contract §4)', async () => {
    deployment.coldStart({ DEFAULT_AUDIENCE: 'https://default.example.com' });
    await reserve(['https://default.example.com']);
    expect(await change([])).toMatchObject({ status: 400, body: { errors: [{ pointer: '/tokenAudiences' }] } });
  });

  it('of the organisation itself may use them (contract §4)', async () => {
    await reserve([`${API}*`]);
    const own = await addWorkload(deployment, 'own', ['api:read'], { tokenAudiences: [`${API}/v9`] });
    expect(audienceOf((await own.exchange()).body.access_token)).toBe(`${API}/v9`);
  });
});

describe('reserving', () => {
  it.each([
    [['https://*.acme.example'], '/reservedAudiences/0'],
    [['https://ok.example', ISSUER_URL], '/reservedAudiences/1'],
    [['*'], '/reservedAudiences/0'],
    [['https://*'], '/reservedAudiences/0'],
    [[''], '/reservedAudiences/0'],
    [Array.from({ length: 51 }, (_, index) => `https://a${index}.example`), '/reservedAudiences'],
    ['https://a.example', '/reservedAudiences'],
  ])('refuses %j (contract §4)', async (reservedAudiences, pointer) => {
    for (const answer of [
      await deployment.iam('PATCH', `${ORGANISATIONS}/default`, { reservedAudiences }),
      await deployment.iam('POST', ORGANISATIONS, { name: 'New', reservedAudiences }),
    ]) {
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
    }
  });

  it.each([
    ['https://api.acme.example', 'https://api.acme.example'],
    ['https://api.acme.example*', 'https://api.acme.example/v1'],
    ['https://api.acme.example*', 'https://api.acme.example/v1*'],
    ['https://api.acme.example/v1', 'https://api.acme.example*'],
    ['https://api.acme.example/v1*', 'https://api*'],
    ['https://m*', 'https://m'],
    ['https://m', 'https://m*'],
  ])(
    'is one organisation’s alone: of %s and %s the second is 409 and says whose the first is (contract §4)',
    async (first, second) => {
      expect((await reserve(['https://aaa.example', first, 'https://zzz.example'])).status).toBe(200);
      const refused = {
        status: 409,
        body: {
          type: 'urn:cambist:problem:duplicate',
          errors: [{ pointer: '/reservedAudiences' }],
          conflictsWith: { identity: 'org_00000000000000000000000000' },
        },
      };
      expect(await reserve(['https://bbb.example', second], 'other')).toMatchObject(refused);
      expect(await deployment.iam('POST', ORGANISATIONS, { name: 'New', reservedAudiences: [second] })).toMatchObject(
        refused,
      );
      await reserve([]);
      expect((await reserve(['https://bbb.example', second], 'other')).status).toBe(200);
    },
  );

  it('may overlap within one organisation, and is given back with it (contract §4)', async () => {
    const made = await expectCreated(
      deployment.iam('POST', ORGANISATIONS, { name: 'New', reservedAudiences: [`${API}/a`, `${API}*`, `${API}/b*`] }),
    );
    expect((await deployment.iam('GET', `${ORGANISATIONS}/${made}`)).body.reservedAudiences).toHaveLength(3);
    expect((await tenant.exchange({ audience: `${API}/v1` })).status).toBe(400);
    expect((await deployment.iam('DELETE', `${ORGANISATIONS}/${made}`)).status).toBe(204);
    expect((await tenant.exchange({ audience: `${API}/v1` })).status).toBe(200);
  });

  it('has one winner when two do it at once (contract §4)', async () => {
    const answers = await Promise.all([reserve([`${API}*`]), reserve([`${API}/v1`], 'other')]);
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([200, 409]);
  });

  it('is for whoever manages the deployment (contract §4)', async () => {
    const boss = await addWorkload(deployment, 'boss', ['iam:admin'], {
      organisation: OTHER_ORGANISATION_ID,
      tokenAudiences: [ISSUER_URL],
    });
    const body = { reservedAudiences: [API] };
    const path = `${ORGANISATIONS}/${OTHER_ORGANISATION_ID}`;
    expect((await call(deployment, await boss.token(), 'PATCH', path, body)).status).toBe(403);
    expect((await call(deployment, await boss.token(), 'GET', path)).body.reservedAudiences).toEqual([]);
    expect((await call(deployment, ADMIN_TOKEN, 'PATCH', path, body)).status).toBe(200);
  });
});
