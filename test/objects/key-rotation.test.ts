// Which key takes over in a rotation (contract §5.8), without storage.

import { describe, expect, it } from 'vitest';
import { planRotation as plan } from '../../src/objects/plan-rotation.ts';
import type { BundledKey, RotationRequest } from '../../src/objects/key-rotation.ts';
import type { SigningKeyState } from '../../src/exchange/ports.ts';

const NOW = 1_789_000_000;

function key(kid: string, status: SigningKeyState['status'], changes: Partial<SigningKeyState> = {}): SigningKeyState {
  return {
    kid,
    alg: 'ES256',
    status,
    source: 'bundle',
    publishedAt: NOW - 1000,
    activatedAt: null,
    retiringAt: null,
    expiresAt: null,
    revokedAt: null,
    ...changes,
  };
}

const graceful = { mode: 'graceful', alg: null, kid: null, source: null } as const;
const emergency = { mode: 'emergency', alg: null, kid: null, source: null } as const;

/** Plans with keys of a secret alone. */
function planRotation(
  states: readonly SigningKeyState[],
  bundle: readonly { readonly kid: string; readonly alg: string }[],
  request: RotationRequest,
  now: number,
): ReturnType<typeof plan> {
  const inSecret = bundle.map(({ kid, alg }) => ({ kid, alg, secret: 'SIGNING_KEYS' }) as BundledKey);
  return plan({ states, unopened: [] }, { bundle: inSecret, seals: false }, request, now);
}

/** A plan of one change. */
const planned = (change: object): object => ({ ok: true, value: { changes: [change] } });

describe('planRotation', () => {
  it('lets the standby key follow the active one (contract §5.8)', () => {
    const states = [key('old', 'retiring'), key('now', 'active'), key('next', 'standby')];
    const plan = planRotation(states, states, graceful, NOW);
    expect(plan).toMatchObject(planned({ alg: 'ES256', next: { kid: 'next' }, previous: { kid: 'now' } }));
  });

  it('needs no active key (contract §5.8)', () => {
    const states = [key('gone', 'revoked'), key('next', 'standby')];
    expect(planRotation(states, states, graceful, NOW)).toMatchObject(planned({ previous: null }));
  });

  it('never takes a retiring or revoked key (contract §5.8)', () => {
    const states = [key('now', 'active'), key('old', 'retiring'), key('gone', 'revoked')];
    expect(planRotation(states, states, emergency, NOW)).toMatchObject({ ok: false });
  });

  it('passes over a standby key that left the secret or changed its alg there (contract §5.8)', () => {
    const states = [key('now', 'active'), key('left', 'standby', { publishedAt: 0 }), key('next', 'standby')];
    const bundle = [
      { kid: 'now', alg: 'ES256' },
      { kid: 'left', alg: 'RS256' },
      { kid: 'next', alg: 'ES256' },
    ];
    expect(planRotation(states, bundle, graceful, NOW)).toMatchObject(planned({ next: { kid: 'next' } }));
    expect(planRotation(states.slice(0, 2), bundle, graceful, NOW)).toMatchObject({ ok: false });
  });

  it('rotates every algorithm that can be, in one plan, and names those that cannot (contract §5.8)', () => {
    const rsa = { alg: 'RS256' };
    const states = [
      key('now', 'active'),
      key('next', 'standby'),
      key('rsa-now', 'active', rsa),
      key('rsa-next', 'standby', rsa),
      key('ed-now', 'active', { alg: 'EdDSA' }),
      key('gone', 'revoked', { alg: 'ES384' }),
    ];
    for (const request of [graceful, emergency]) {
      expect(planRotation(states, states, request, NOW)).toMatchObject({
        ok: true,
        value: {
          changes: [
            { alg: 'ES256', next: { kid: 'next' }, previous: { kid: 'now' } },
            { alg: 'RS256', next: { kid: 'rsa-next' }, previous: { kid: 'rsa-now' } },
          ],
          skipped: [{ alg: 'EdDSA', detail: expect.stringContaining('no standby key for EdDSA') }],
        },
      });
    }
    expect(planRotation(states, states, { ...emergency, alg: 'RS256' }, NOW)).toMatchObject({
      ok: true,
      value: { changes: [{ next: { kid: 'rsa-next' } }], skipped: [] },
    });
  });

  it('takes the key published longest gracefully, and in an emergency the newest (contract §5.8)', () => {
    const states = [
      key('now', 'active'),
      key('older', 'standby', { publishedAt: NOW - 2000 }),
      key('newer', 'standby', { publishedAt: NOW - 10 }),
    ];
    expect(planRotation(states, states, graceful, NOW)).toMatchObject(planned({ next: { kid: 'older' } }));
    expect(planRotation(states, states, emergency, NOW)).toMatchObject(planned({ next: { kid: 'newer' } }));
  });

  it('replaces the key that is named, or takes it out if it does not sign (contract §5.8)', () => {
    const states = [
      key('now', 'active'),
      key('next', 'standby'),
      key('old', 'retiring'),
      key('gone', 'revoked'),
      key('rsa-now', 'active', { alg: 'RS256' }),
    ];
    const named = (kid: string, alg: string | null = null): ReturnType<typeof planRotation> =>
      planRotation(states, states, { mode: 'emergency', alg, kid, source: null }, NOW);
    expect(named('now')).toMatchObject(planned({ next: { kid: 'next' }, previous: { kid: 'now' } }));
    expect(named('next')).toMatchObject(planned({ next: null, previous: { kid: 'next' } }));
    expect(named('old')).toMatchObject(planned({ next: null, previous: { kid: 'old' } }));
    expect(named('old', 'ES256')).toMatchObject({ ok: true });
    expect(named('gone')).toMatchObject({ ok: false, error: expect.stringContaining('revoked already') });
    expect(named('nobody')).toMatchObject({ ok: false });
    expect(named('now', 'RS256')).toMatchObject({ ok: false, error: expect.stringContaining('is for ES256') });
    expect(named('rsa-now')).toMatchObject({ ok: false, error: expect.stringContaining('no standby key for RS256') });
  });

  it('says what to do in this mode: nobody waits in an emergency (contract §5.8)', () => {
    const states = [key('now', 'active')];
    expect(planRotation(states, states, graceful, NOW)).toMatchObject({ error: expect.stringContaining('wait 300') });
    const told = planRotation(states, states, emergency, NOW);
    expect(told).toMatchObject({ ok: false, error: expect.not.stringContaining('wait') });
  });

  it('waits for the publication in graceful mode only (contract §5.8)', () => {
    const states = [key('now', 'active'), key('next', 'standby', { publishedAt: NOW - 299 })];
    expect(planRotation(states, states, graceful, NOW)).toMatchObject({ ok: false });
    expect(planRotation(states, states, graceful, NOW + 1)).toMatchObject({ ok: true });
    expect(planRotation(states, states, emergency, NOW)).toMatchObject({ ok: true });
  });
});
