// Lists of which there is never anything, for clients of other services that read them (contract §10).

import { beforeEach, describe, expect, it } from 'vitest';
import { deploy } from '../../support/deployment.ts';
import type { Deployment } from '../../support/deployment.ts';
import { addWorkload, call } from '../../support/workload.ts';

let deployment: Deployment;
beforeEach(async () => {
  deployment = await deploy();
});

describe.each(['teams', 'memberships', 'invites'])('GET /v1/%s', (kind) => {
  it('is an empty list for whoever reads (contract §10)', async () => {
    const answer = await deployment.iam('GET', `/v1/${kind}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual([]);
    const reader = await (await addWorkload(deployment, 'reader', ['iam:read'])).token();
    expect((await call(deployment, reader, 'GET', `/v1/${kind}`)).body).toEqual([]);
  });

  it('is nothing for others, and takes nothing (contract §4)', async () => {
    expect((await deployment.send(`/v1/${kind}`)).status).toBe(401);
    const other = await (await addWorkload(deployment, 'other', ['api:read'])).token();
    expect((await call(deployment, other, 'GET', `/v1/${kind}`)).status).toBe(403);
    expect((await deployment.iam('POST', `/v1/${kind}`, { name: 'a' })).status).toBe(405);
  });
});
