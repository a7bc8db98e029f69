// Who the credential is and what it may do: contract §5.4 and §5.9.

import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { ADMIN_TOKEN, deploy, ISSUER_URL } from '../../support/deployment.ts';
import type { Deployment } from '../../support/deployment.ts';
import { addOtherOrganisation, addWorkload, bindRole, call, DEFAULT_ORGANISATION_ID } from '../../support/workload.ts';
import type { Workload } from '../../support/workload.ts';

let deployment: Deployment;
let pipeline: Workload;

beforeEach(async () => {
  deployment = await deploy();
  pipeline = await addWorkload(deployment, 'pipeline', ['iam:write', 'api:read']);
});

describe('GET /v1/me', () => {
  it('says which account a token acts for, with what (contract §5.9)', async () => {
    const token = await pipeline.token();
    const answer = await call(deployment, token, 'GET', '/v1/me');
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      kind: 'serviceAccount',
      actor: pipeline.serviceAccount,
      organisation: { identity: DEFAULT_ORGANISATION_ID, slug: 'default' },
      serviceAccount: { identity: pipeline.serviceAccount, slug: 'pipeline', name: 'pipeline' },
      scopes: ['iam:write', 'api:read'],
      isAdministrator: false,
      mayManageDeployment: false,
      roles: [],
      token: {
        tokenId: decodeJwt(token).jti,
        audiences: [ISSUER_URL],
        expiresAt: new Date((deployment.clock.now + 3600) * 1000).toISOString().replace('.000', ''),
        project: null,
        federatedIdentity: pipeline.federatedIdentity,
        act: { iss: 'https://pipeline.issuer.example.com', sub: 'pipeline' },
      },
    });
  });

  it('says that root is root, in the organisation that it names (contract §5.9)', async () => {
    const organisation = await addOtherOrganisation(deployment);
    const answer = await call(deployment, ADMIN_TOKEN, 'GET', '/v1/me', undefined, {
      'x-organisation-identity': 'other',
    });
    expect(answer.body).toMatchObject({
      kind: 'root',
      actor: 'root',
      organisation: { identity: organisation, slug: 'other' },
      serviceAccount: null,
      mayManageDeployment: true,
      token: null,
    });
    const missing = await call(deployment, ADMIN_TOKEN, 'GET', '/v1/me', undefined, {
      'x-organisation-identity': 'no',
    });
    expect(missing.status).toBe(404);
  });

  it('says who may manage the deployment: an administrator of default, of no other organisation (contract §4)', async () => {
    const organisation = await addOtherOrganisation(deployment);
    const admin = await addWorkload(deployment, 'admin', ['iam:admin']);
    const stranger = await addWorkload(deployment, 'stranger', ['iam:admin'], { organisation });
    const me = async (workload: Workload): Promise<unknown> =>
      (await call(deployment, await workload.token(), 'GET', '/v1/me')).body;
    expect(await me(admin)).toMatchObject({ isAdministrator: true, mayManageDeployment: true });
    expect(await me(stranger)).toMatchObject({ isAdministrator: true, mayManageDeployment: false });
  });

  it('answers any token that is meant for this API about itself, and reads nothing else to it (contract §4, §5.9)', async () => {
    const token = await pipeline.token({ scope: 'api:read' });
    expect((await call(deployment, token, 'GET', '/v1/me')).status).toBe(200);
    expect((await call(deployment, token, 'GET', '/v1/me/permissions')).status).toBe(200);
    expect((await call(deployment, token, 'GET', '/v1/service-accounts')).status).toBe(403);
  });
});

describe('GET /v1/me/permissions', () => {
  const notes = async (token: string, query = ''): Promise<string[]> => {
    const answer = await call(deployment, token, 'GET', `/v1/me/permissions${query}`);
    expect(answer.status).toBe(200);
    return (answer.body as { note: string }[]).map(({ note }) => note);
  };

  beforeEach(async () => {
    await bindRole(deployment, pipeline.serviceAccount, 'everywhere');
    await bindRole(deployment, pipeline.serviceAccount, 'shop', ['shop']);
    const other = await addWorkload(deployment, 'other', []);
    await bindRole(deployment, other.serviceAccount, 'others');
  });

  it('lists the rules held everywhere, and those of a project where one is named (contract §5.4)', async () => {
    const token = await pipeline.token();
    expect(await notes(token)).toEqual(['may read everywhere']);
    expect(await notes(token, '?project=shop')).toEqual(['may read everywhere', 'may read shop']);
    expect(await notes(token, '?project=elsewhere')).toEqual(['may read everywhere']);
    expect((await call(deployment, token, 'GET', '/v1/me/permissions')).body).toEqual([
      {
        identity: 'rule_everywhere',
        role: { identity: 'role_everywhere', slug: 'everywhere' },
        resources: ['everywhere-things'],
        resourceIdentities: [],
        permissions: ['read'],
        note: 'may read everywhere',
      },
    ]);
  });

  it('of a token for a project are those of that project, and none in another (contract §5.4)', async () => {
    const token = await pipeline.token({ project_id: 'shop' });
    expect(await notes(token)).toEqual(['may read everywhere', 'may read shop']);
    expect(await notes(token, '?project=shop')).toEqual(['may read everywhere', 'may read shop']);
    expect(await notes(token, '?project=elsewhere')).toEqual([]);
  });

  it('follow the bindings at once (contract §5.4)', async () => {
    const token = await pipeline.token();
    await deployment.db.prepare("DELETE FROM role_binding WHERE id = 'bind_everywhere'").run();
    expect(await notes(token)).toEqual([]);
  });

  it('of root are everything (contract §5.9)', async () => {
    const answer = await call(deployment, ADMIN_TOKEN, 'GET', '/v1/me/permissions');
    expect(answer.body).toMatchObject([{ resources: ['*'], permissions: ['*'] }]);
  });
});
