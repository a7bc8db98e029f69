// Which key takes over in a rotation (contract §5.8), without storage.

import { describe, expect, it } from 'vitest';
import { planRotation } from '../../src/objects/key-rotation.ts';
import type { SigningKeyState } from '../../src/exchange/ports.ts';

const NOW = 1_789_000_000;

function key(kid: string, status: SigningKeyState['status'], changes: Partial<SigningKeyState> = {}): SigningKeyState {
  return {
    kid,
    alg: 'ES256',
    status,
    publishedAt: NOW - 1000,
    activatedAt: null,
    retiringAt: null,
    expiresAt: null,
    revokedAt: null,
    ...changes,
  };
}

const graceful = { mode: 'graceful', alg: null } as const;
const emergency = { mode: 'emergency', alg: null } as const;

describe('planRotation', () => {
  it('lets the standby key follow the active one (contract §5.8)', () => {
    const states = [key('old', 'retiring'), key('now', 'active'), key('next', 'standby')];
    const plan = planRotation(states, states, graceful, NOW);
    expect(plan).toMatchObject({ ok: true, value: { alg: 'ES256', next: { kid: 'next' }, previous: { kid: 'now' } } });
  });

  it('needs no active key (contract §5.8)', () => {
    const states = [key('gone', 'revoked'), key('next', 'standby')];
    expect(planRotation(states, states, graceful, NOW)).toMatchObject({ ok: true, value: { previous: null } });
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
    expect(planRotation(states, bundle, graceful, NOW)).toMatchObject({ ok: true, value: { next: { kid: 'next' } } });
    expect(planRotation(states.slice(0, 2), bundle, graceful, NOW)).toMatchObject({ ok: false });
  });

  it('waits for the publication in graceful mode only (contract §5.8)', () => {
    const states = [key('now', 'active'), key('next', 'standby', { publishedAt: NOW - 299 })];
    expect(planRotation(states, states, graceful, NOW)).toMatchObject({ ok: false });
    expect(planRotation(states, states, graceful, NOW + 1)).toMatchObject({ ok: true });
    expect(planRotation(states, states, emergency, NOW)).toMatchObject({ ok: true });
  });
});
