// What a token costs that nobody has verified yet: one claim is looked up, and no roles are read before it has matched (contract §7).

import { beforeEach, describe, expect, it } from 'vitest';

import { addIdentity, deploy, expectCreated, ISSUER_URL, join } from '../support/deployment.ts';
import type { Answer, Deployment, Joined } from '../support/deployment.ts';
import { createIssuer } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';
import { bindRole } from '../support/workload.ts';

let deployment: Deployment;
let issuer: TestIssuer;
let joined: Joined;
/** Rows that D1 read, and characters that it answered, since the last reset. */
let read: { rows: number; chars: number };

beforeEach(async () => {
  deployment = await deploy();
  issuer = await createIssuer({ issuer: 'https://access.example.com' });
  await deployment.send('/readyz');
  deployment.d1.carry = async ({ carryOut }) => {
    const results = await carryOut();
    for (const { meta, results: rows } of results) {
      read.rows += meta.rows_read;
      read.chars += JSON.stringify(rows).length;
    }
    return results;
  };
  reset();
});

function reset(): void {
  read = { rows: 0, chars: 0 };
  deployment.resetCounts();
}

async function claims(more: Record<string, unknown>): Promise<string> {
  const { now } = deployment.clock;
  return issuer.sign({
    iss: issuer.issuer,
    aud: ISSUER_URL,
    iat: now,
    exp: now + 300,
    jti: crypto.randomUUID(),
    ...more,
  });
}

/** The same token with a signature that is nobody's. */
async function forged(more: Record<string, unknown>): Promise<string> {
  const signed = await claims(more);
  return `${signed.slice(0, -8)}AAAAAAA${signed.at(-1)}`;
}

describe('of a provider that reads the subject from another claim', () => {
  const ROBOT = { sub: '', common_name: 'robot' };

  beforeEach(async () => {
    joined = await join(deployment, issuer, { providerSubject: 'robot' }, { subjectClaim: 'common_name' });
  });

  it('a forged token looks up that claim alone, whatever else it holds', async () => {
    // What an isolate learns of the provider, it learns once.
    await deployment.exchange(await forged(ROBOT));
    reset();
    expect((await deployment.exchange(await forged(ROBOT))).status).toBe(400);
    const few = read.rows;
    reset();
    const numbers = Array.from({ length: 2_000 }, (_, index) => index);
    expect((await deployment.exchange(await forged({ ...ROBOT, numbers }))).status).toBe(400);
    expect(read.rows).toBe(few);
    expect(deployment.counts.d1Trips).toBe(1);
  });

  it('a good one is granted by it, and by nothing else that it says', async () => {
    expect((await deployment.exchange(await claims(ROBOT))).status).toBe(200);
    expect((await deployment.exchange(await claims({ sub: 'robot', common_name: 'other' }))).status).toBe(400);
    expect((await deployment.exchange(await claims({ sub: '', common_name: 'other', name: 'robot' }))).status).toBe(
      400,
    );
    // Another token of the same robot is the twin, now that the isolate knows where to look.
    reset();
    expect((await deployment.exchange(await claims(ROBOT))).status).toBe(200);
    expect(deployment.counts).toMatchObject({ d1Trips: 1, d1Writes: 1 });
  });

  it('a provider that changes the claim is followed at once', async () => {
    expect((await deployment.exchange(await claims(ROBOT))).status).toBe(200);
    const path = `/v1/federated-identity-providers/${joined.provider}`;
    expect((await deployment.iam('PATCH', path, { subjectClaim: '/robot/name' })).status).toBe(200);
    expect((await deployment.exchange(await claims(ROBOT))).status).toBe(400);
    expect((await deployment.exchange(await claims({ sub: '', robot: { name: 'robot' } }))).status).toBe(200);
    expect((await deployment.iam('PATCH', path, { subjectClaim: 'sub' })).status).toBe(200);
    expect((await deployment.exchange(await claims({ sub: 'robot' }))).status).toBe(200);
  });

  it('explain finds the rule as the exchange does', async () => {
    const { body } = await deployment.iam('POST', '/v1/federated-identities/explain', {
      subjectToken: await claims(ROBOT),
    });
    expect(body).toMatchObject({ decision: 'granted' });
  });
});

describe('of a provider with rules of several accounts', () => {
  const ACCOUNTS = 12;
  const PROJECTS = Array.from({ length: 100 }, (_, index) => `${index}-`.padEnd(250, 'x'));

  beforeEach(async () => {
    joined = await join(deployment, issuer, { providerSubject: 'jobs:0:*', providerSubjectMatch: 'glob' });
    await bindRole(deployment, joined.serviceAccount, 'deployer', PROJECTS);
    for (let account = 1; account < ACCOUNTS; account += 1) {
      const serviceAccount = await expectCreated(
        deployment.iam('POST', '/v1/service-accounts', { name: `account ${account}` }),
      );
      await addIdentity(
        deployment,
        { ...joined, serviceAccount },
        { providerSubject: `jobs:${account}:*`, providerSubjectMatch: 'glob' },
      );
      await bindRole(deployment, serviceAccount, `deployer-${account}`, PROJECTS);
    }
    deployment.coldStart();
    reset();
  });

  const granted = async (sub: string, asked: Record<string, string> = {}): Promise<Answer> =>
    deployment.exchange(await claims({ sub }), asked);
  const rolesOf = ({ body }: Answer): unknown => JSON.parse(atob(String(body.access_token).split('.')[1] ?? '')).roles;

  it('a forged token reads none of their roles', async () => {
    expect((await deployment.exchange(await forged({ sub: 'jobs:1:x' }))).status).toBe(400);
    expect(deployment.counts.d1Trips).toBe(1);
    expect(read.chars).toBeLessThan(20_000);
    // The twin: a good one reads those of the account that it may act as, and of no other.
    reset();
    expect((await granted('jobs:1:x', { project_id: PROJECTS[0] ?? '' })).status).toBe(200);
    expect(read.chars).toBeGreaterThan(25_000);
    expect(read.chars).toBeLessThan(60_000);
  });

  it('a good one has the roles of its own account, and a warm one costs one write (contract §7)', async () => {
    const project = { project_id: PROJECTS[7] ?? '' };
    expect(rolesOf(await granted('jobs:3:x', project))).toEqual(['deployer-3']);
    expect(rolesOf(await granted('jobs:0:x', project))).toEqual(['deployer']);
    reset();
    expect(rolesOf(await granted('jobs:3:x', project))).toEqual(['deployer-3']);
    expect(deployment.counts).toMatchObject({ d1Trips: 1, d1Reads: 0, d1Writes: 1, kvReads: 0 });
    expect((await granted('jobs:3:x', { project_id: 'elsewhere' })).status).toBe(400);
  });

  it('a binding that is taken away counts for nothing from the next one on (contract §7)', async () => {
    const project = { project_id: PROJECTS[7] ?? '' };
    expect((await granted('jobs:3:x', project)).status).toBe(200);
    await deployment.db
      .prepare("DELETE FROM role_binding WHERE role_id = (SELECT id FROM role WHERE slug = 'deployer-3')")
      .run();
    expect((await granted('jobs:3:x', project)).status).toBe(400);
    expect((await granted('jobs:4:x', project)).status).toBe(200);
  });

  it('explain shows which of them would be granted in a project', async () => {
    const { body } = await deployment.iam('POST', '/v1/federated-identities/explain', {
      subjectToken: await claims({ sub: 'jobs:5:x' }),
      project: PROJECTS[1],
    });
    expect(body).toMatchObject({ decision: 'granted', wouldIssue: { roles: ['deployer-5'] } });
  });
});
