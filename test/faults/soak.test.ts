// That the soak can fail: its ledger, its verifiers and its judgement notice what they are there to notice.

import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { JWK } from 'jose';
import { describe, expect, it } from 'vitest';

import { createLedger, GRANTED, refusedByRule, unverifiable } from '../soak/ledger.ts';
import type { Ledger } from '../soak/ledger.ts';
import { faultsOf } from '../soak/report.ts';
import type { SoakReport } from '../soak/report.ts';
import type { AuditEvent } from '../soak/service.ts';
import { createVerifiers } from '../soak/verifiers.ts';

const granted: AuditEvent = {
  action: 'token.exchange',
  outcome: 'granted',
  reason: null,
  requestId: 'r1',
  tokenId: 't1',
  claims: { jti: 'j1' },
  count: 1,
};
const refused: AuditEvent = {
  ...granted,
  outcome: 'refused',
  reason: 'subject_mismatch',
  requestId: 'r2',
  tokenId: null,
  count: 2,
};
const logged = new Map([
  ['r2', 'subject_mismatch'],
  ['r3', 'subject_mismatch'],
  ['r4', 'token_expired'],
]);
const refusal = { error: 'invalid_request' };

/** One grant, two equal refusals of verified tokens, one of an unverifiable one; each answered as it should be. */
function booked(): Ledger {
  const ledger = createLedger();
  ledger.book('grant', { status: 200, requestId: 'r1', body: {} }, [GRANTED], 'j1', 't1');
  for (const requestId of ['r2', 'r3']) {
    ledger.book('stranger', { status: 400, requestId, body: refusal }, [refusedByRule('subject_mismatch')], 'j2', null);
  }
  ledger.book('old', { status: 400, requestId: 'r4', body: refusal }, [unverifiable('token_expired')], 'j3', null);
  return ledger;
}

describe('the ledger of the soak', () => {
  it('finds nothing where answers, audit log and decision log agree', () => {
    const ledger = booked();
    expect(ledger.reconcile([granted, refused], logged)).toEqual({
      grantedEvents: 1,
      refusalRows: 1,
      refusalsCounted: 2,
    });
    expect(ledger.faults).toEqual([]);
  });

  it.each<readonly [string, readonly AuditEvent[], ReadonlyMap<string, string>, RegExp]>([
    ['a grant without its event', [refused], logged, /granted but not audited: t1/],
    ['an event that nobody got a token for', [granted, { ...granted, tokenId: 't9' }, refused], logged, /t9/],
    ['a grant that is audited twice', [granted, granted, refused], logged, /audited twice: t1/],
    ['the event of another request', [{ ...granted, requestId: 'r9' }, refused], logged, /another's: t1/],
    ['the event of another token', [{ ...granted, claims: { jti: 'j9' } }, refused], logged, /another's: t1/],
    ['refusals that were not counted', [granted, { ...refused, count: 1 }], logged, /counts 1, answered were 2/],
    [
      'an unverifiable token that was stored',
      [granted, refused, { ...refused, reason: 'token_expired' }],
      logged,
      /token_expired: the audit log counts 2, answered were 0/,
    ],
    ['another reason in the log', [granted, refused], new Map([...logged, ['r4', 'x']]), /r4: the log says x/],
    ['a decision that was not logged', [granted, refused], new Map(), /r2: the log says nothing/],
  ])('finds %s', (_, events, reasons, fault) => {
    const ledger = booked();
    ledger.reconcile(events, reasons);
    expect(ledger.faults.join('\n')).toMatch(fault);
  });

  it('finds a server error, a grant and a refusal that were not to be', () => {
    const ledger = createLedger();
    const failed = { status: 500, requestId: 'r5', body: { error: 'server_error' } };
    expect(ledger.book('grant', failed, [GRANTED], 'j', null)).toBeNull();
    const given = { status: 200, requestId: 'r6', body: {} };
    expect(ledger.book('stranger', given, [refusedByRule('subject_mismatch')], 'j', 't')).toBeNull();
    expect(ledger.faults).toHaveLength(2);
    expect(ledger.faults[0]).toContain('expected a grant, got 500');
  });
});

describe('the verifiers of the soak', () => {
  it('keep a set for exactly 300 s and know no other key meanwhile (contract §2)', async () => {
    const [first, second] = [await newKey('first'), await newKey('second')];
    let published = [first];
    const verifiers = createVerifiers('https://a.example', 3, async () => ({ keys: published.map(({ jwk }) => jwk) }));
    const token = await second.sign(1_000);
    await verifiers.pass(1_000);
    published = [second];

    expect(await verifiers.verify(token, 'api', 1_000)).toContain('unknown key second');
    await verifiers.pass(1_099);
    expect([verifiers.knowing('first'), verifiers.knowing('second')]).toEqual([3, 0]);
    await verifiers.pass(1_100);
    expect([verifiers.knowing('first'), verifiers.knowing('second')]).toEqual([2, 1]);
    await verifiers.pass(1_300);
    expect([verifiers.knowing('first'), verifiers.knowing('second')]).toEqual([0, 3]);
    expect(await verifiers.verify(token, 'api', 1_300)).toBeNull();
    expect(await verifiers.verify(token, 'another', 1_300)).toContain('aud');
  });
});

describe('the judgement of the soak', () => {
  const good: SoakReport = {
    exchanges: 100_000,
    seconds: 400,
    simulatedSeconds: 100_000,
    grants: 100_000,
    refusals: 30_000,
    byReason: new Map(),
    provoked: 5,
    reconciled: { grantedEvents: 100_000, refusalRows: 10, refusalsCounted: 20 },
    changes: 10,
    rotations: { graceful: 2, emergency: 1 },
    rotationEvents: 3,
    deployments: 4,
    verifiers: 10,
    jwksFetches: 100,
    tokensReviewed: 100,
    revokedKnownSeconds: 270,
    issuerFetches: 10,
    mayFetch: 20,
    memory: { keptMiB: [8, 9, 10, 10, 10, 10], warmMiB: 500, endMiB: 510 },
    faults: [],
  };

  it('passes what is right', () => {
    expect(faultsOf(good)).toEqual([]);
  });

  it.each<readonly [string, Partial<SoakReport>]>([
    ['something was found on the way', { faults: ['x'] }],
    ['too few were granted', { grants: 99_999, reconciled: { ...good.reconciled, grantedEvents: 99_999 } }],
    ['events and grants differ', { reconciled: { ...good.reconciled, grantedEvents: 99_999 } }],
    ['nothing was collapsed', { reconciled: { ...good.reconciled, refusalRows: 20 } }],
    ['there was no emergency', { rotations: { graceful: 3, emergency: 0 } }],
    ['a rotation was not audited', { rotationEvents: 2 }],
    ['no old token was looked at', { tokensReviewed: 0 }],
    ['no issuer was down', { provoked: 0 }],
    ['a revoked key was known for too long', { revokedKnownSeconds: 300 }],
    ['an issuer was asked too often', { issuerFetches: 21 }],
    ['the Worker keeps more and more', { memory: { ...good.memory, keptMiB: [8, 9, 10, 12, 14, 16] } }],
    ['workerd grows', { memory: { ...good.memory, endMiB: 640 } }],
  ])('fails where %s', (_, wrong) => {
    expect(faultsOf({ ...good, ...wrong })).toHaveLength(1);
  });
});

async function newKey(kid: string): Promise<{
  readonly jwk: JWK & { readonly kid: string };
  readonly sign: (now: number) => Promise<string>;
}> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' },
    sign: (now) =>
      new SignJWT({})
        .setProtectedHeader({ alg: 'ES256', kid })
        .setIssuer('https://a.example')
        .setAudience('api')
        .setExpirationTime(now + 3_600)
        .sign(privateKey),
  };
}
