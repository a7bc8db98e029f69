// Rows whose version does not tell that they changed, as after a restore of D1 or a change by hand: every isolate decides by what they say now.

import { beforeEach, describe, expect, it } from 'vitest';

import { deploy, ISSUER_URL, join } from '../support/deployment.ts';
import type { Deployment, Joined } from '../support/deployment.ts';
import { createIssuer } from '../support/issuer.ts';

let deployment: Deployment;
let joined: Joined;
let exchange: () => Promise<number>;

beforeEach(async () => {
  deployment = await deploy();
  const issuer = await createIssuer({ issuer: 'https://issuer.example.com' });
  joined = await join(deployment, issuer, { providerSubject: 'workload' });
  exchange = async () => {
    const { now } = deployment.clock;
    const claims = { iss: issuer.issuer, sub: 'workload', aud: ISSUER_URL, iat: now, exp: now + 300 };
    const answer = await deployment.exchange(await issuer.sign(claims), { service_account_id: joined.serviceAccount });
    return answer.status;
  };
});

async function change(set: string, ...values: unknown[]): Promise<void> {
  const statement = deployment.db.prepare(`UPDATE federated_identity SET ${set} WHERE id = ?`);
  await statement.bind(...values, joined.federatedIdentity).run();
}

async function lastReason(): Promise<unknown> {
  const events = await deployment.events();
  return events.filter(({ outcome }) => outcome === 'refused').at(-1)?.['reason'] ?? null;
}

describe('an identity that an isolate has used', () => {
  it.each([
    ['revoked', 'identity_revoked', 'status = ?', ['revoked'], ['active']],
    ['switched off', 'identity_inactive', 'status = ?', ['inactive'], ['active']],
    ['ended', 'identity_expired', 'expires_at = ?', [1], [null]],
    ['given another subject', 'subject_mismatch', 'provider_subject = ?', ['other'], ['workload']],
  ])('and is %s in D1 by hand is refused at once, and granted again after', async (_, reason, set, to, back) => {
    expect(await exchange()).toBe(200);
    await change(set, ...to);
    expect(await exchange()).toBe(400);
    expect(await lastReason()).toBe(reason);
    await change(set, ...back);
    expect(await exchange()).toBe(200);
  });

  it('and that a restored backup brings back as it was, with the policy_version of then, is decided by the backup (contract §7)', async () => {
    const backup = await deployment.db
      .prepare('SELECT scope, version FROM policy_version')
      .all<Record<string, string>>();
    expect(await exchange()).toBe(200);
    await change('status = ?', 'inactive');
    expect(await exchange()).toBe(400);
    // Whole again, as a restore of D1 leaves it: rows and versions of one moment.
    await change('status = ?', 'active');
    const restore = backup.results.map(({ scope, version }) =>
      deployment.db.prepare('UPDATE policy_version SET version = ? WHERE scope = ?').bind(version, scope),
    );
    await deployment.db.batch(restore);
    expect(await exchange()).toBe(200);
    // What happens after it has versions that were never there.
    await change('status = ?', 'inactive');
    expect(await exchange()).toBe(400);
  });

  it('and reaches the same version again with another content, after a restore of D1, is refused at once', async () => {
    const path = `/v1/federated-identities/${joined.federatedIdentity}`;
    expect((await deployment.iam('PATCH', path, { description: 'used at version 2' })).body.objectVersion).toBe(2);
    expect(await exchange()).toBe(200);
    await change("description = '', object_version = 1");
    expect((await deployment.iam('PATCH', path, { status: 'inactive' })).body.objectVersion).toBe(2);
    expect(await exchange()).toBe(400);
    expect(await lastReason()).toBe('identity_inactive');
  });
});

describe('a token of an identity that accepts each once', () => {
  const rows = async (): Promise<number> =>
    (await deployment.events()).filter(({ outcome }) => outcome === 'granted').length;

  it('is refused as used if it was issued before the database was restored, since its use may be forgotten (contract §8)', async () => {
    await change("replay_protection = 'singleUse'");
    expect(await exchange()).toBe(200);
    // As `cambist restore` writes it; the token that comes next was issued at the same moment.
    const restoredAt = deployment.clock.now;
    await deployment.db.prepare('INSERT INTO restore_point (one, restored_at) VALUES (1, ?)').bind(restoredAt).run();
    await deployment.db.prepare('DELETE FROM used_token').run();
    for (const seconds of [0, 60]) {
      deployment.clock.now = restoredAt + seconds;
      expect(await exchange(), `${seconds} s after`).toBe(400);
      expect(await lastReason()).toBe('token_already_used');
    }
    expect(await rows()).toBe(1);
    deployment.clock.now = restoredAt + 61;
    expect(await exchange()).toBe(200);
    await change("replay_protection = 'off'");
    deployment.clock.now = restoredAt;
    expect(await exchange()).toBe(200);
  });
});
