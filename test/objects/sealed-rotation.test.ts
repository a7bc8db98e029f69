// Which key takes over in a rotation where the service makes its own keys (contract §5.8), without storage.

import { describe, expect, it } from 'vitest';
import type { SigningKeyState } from '../../src/exchange/ports.ts';
import type { KeyMeans, RotationRequest } from '../../src/objects/key-rotation.ts';
import { planRotation } from '../../src/objects/plan-rotation.ts';

const NOW = 1_789_000_000;

function key(kid: string, status: SigningKeyState['status'], changes: Partial<SigningKeyState> = {}): SigningKeyState {
  const times = { activatedAt: null, retiringAt: null, expiresAt: null, revokedAt: null };
  return { kid, alg: 'ES256', status, source: 'sealed', publishedAt: NOW - 1000, ...times, ...changes };
}

const BUNDLE = { source: 'bundle' } as const;
const RSA = { alg: 'RS256' } as const;
const asked = (changes: Partial<RotationRequest>): RotationRequest => ({
  mode: 'graceful',
  alg: null,
  kid: null,
  source: null,
  ...changes,
});
const SEALS: KeyMeans = { bundle: [], seals: true };
const secret = (
  kid: string,
  name: 'SIGNING_KEYS' | 'SIGNING_KEYS_NEXT' = 'SIGNING_KEYS',
): KeyMeans['bundle'][number] => ({
  kid,
  alg: 'ES256',
  secret: name,
});

/** What becomes of each key, in words: `old→next`, `×taken-out`, and the standby keys to be made. */
function told(
  states: readonly SigningKeyState[],
  request: Partial<RotationRequest>,
  means: KeyMeans = SEALS,
  unopened: readonly string[] = [],
): string[] | string {
  const plan = planRotation({ states, unopened }, means, asked(request), NOW);
  if (!plan.ok) return plan.error;
  const changes = plan.value.changes.map(({ next, previous }) =>
    next === null ? `×${previous?.kid}` : `${previous?.kid ?? ''}→${next === 'made' ? 'made' : next.kid}`,
  );
  return [...changes, ...plan.value.standbys.map((alg) => `+${alg}`)];
}

const FULL = [key('a', 'active'), key('b', 'standby'), key('ra', 'active', RSA), key('rb', 'standby', RSA)];

describe('planRotation with sealed keys', () => {
  it('gracefully makes the next standby key of each algorithm (contract §5.8)', () => {
    expect(told(FULL, {})).toEqual(['a→b', 'ra→rb', '+ES256', '+RS256']);
    expect(told(FULL, { alg: 'RS256' })).toEqual(['ra→rb', '+RS256']);
    expect(told(FULL, { kid: 'a' })).toEqual(['a→b', '+ES256']);
  });

  it('in an emergency makes the key that signs, and leaves the standby key alone (contract §5.8)', () => {
    expect(told(FULL, { mode: 'emergency' })).toEqual(['a→made', 'ra→made']);
    expect(told(FULL.slice(0, 1), { mode: 'emergency' })).toEqual(['a→made', '+ES256']);
  });

  it('makes anew a standby key that is taken out, and none for a retiring one (contract §5.8)', () => {
    expect(told(FULL, { kid: 'b' })).toEqual(['×b', '+ES256']);
    expect(told([...FULL, key('old', 'retiring')], { kid: 'old' })).toEqual(['×old']);
  });

  it('waits for 300 s gracefully, and says for how long (contract §5.8)', () => {
    const fresh = [key('a', 'active'), key('b', 'standby', { publishedAt: NOW - 100 })];
    expect(told(fresh, {})).toContain('try again in 200 seconds');
    expect(told(fresh, { mode: 'emergency' })).toEqual(['a→made']);
  });

  it('makes no key of an algorithm that is not in use (contract §5.8)', () => {
    expect(told(FULL, { mode: 'emergency', alg: 'EdDSA' })).toContain('no standby key for EdDSA');
    const gone = [...FULL, key('e', 'revoked', { alg: 'EdDSA' })];
    expect(told(gone, { mode: 'emergency' })).toEqual(['a→made', 'ra→made']);
  });

  it('takes a standby key of the secret first, else a sealed one that verifiers know (contract §5.8)', () => {
    const states = [key('x', 'active', BUNDLE), key('b', 'standby', { publishedAt: 0 }), key('y', 'standby', BUNDLE)];
    const means = { bundle: [secret('x'), secret('y')], seals: true };
    expect(told(states, {}, means)).toEqual(['x→y']);
    const young = states.map((state) => (state.kid === 'y' ? { ...state, publishedAt: NOW } : state));
    expect(told(young, {}, means)).toEqual(['x→b', '+ES256']);
  });

  it('never takes a sealed key that does not open, and an emergency takes all of those out (contract §5.8)', () => {
    const states = [key('a', 'active'), key('b', 'standby'), key('old', 'retiring'), key('rb', 'standby', RSA)];
    const lost = ['a', 'b', 'old', 'rb'];
    expect(told(states, {}, SEALS, lost)).toContain('SEALING_KEY');
    expect(told(states, { mode: 'emergency', alg: 'ES256' }, SEALS, lost)).toEqual(['a→made', '×b', '×old', '+ES256']);
  });

  it('without the sealing key a sealed standby key is none (contract §5.8)', () => {
    const states = [key('x', 'active', BUNDLE), key('b', 'standby')];
    expect(told(states, { mode: 'emergency' }, { bundle: [secret('x')], seals: false })).toContain(
      'SEALING_KEY is not set',
    );
  });
});

describe('"source": "bundle"', () => {
  const states = [
    key('x', 'active', BUNDLE),
    key('y', 'standby', BUNDLE),
    key('z', 'retiring', BUNDLE),
    key('over', 'retiring', { ...BUNDLE, expiresAt: NOW }),
    key('gone', 'revoked', BUNDLE),
    key('b', 'standby'),
  ];
  const means = { bundle: [secret('x'), secret('y')], seals: true };

  it('takes out every key of the secret, whatever its life, and no other (contract §5.8)', () => {
    expect(told(states, { source: 'bundle', mode: 'emergency' }, means)).toEqual(['x→made', '×y', '×z']);
    expect(told(states, { source: 'bundle' }, means)).toEqual(['x→b', '×y', '+ES256']);
  });

  it('takes out keys of the secret that have left it already (contract §5.8)', () => {
    expect(told(states, { source: 'bundle', mode: 'emergency' }, SEALS)).toEqual(['x→made', '×y', '×z']);
  });

  it('leaves the keys of SIGNING_KEYS_NEXT, which sign without a sealing key (contract §5.8)', () => {
    const next = { bundle: [secret('x'), secret('y', 'SIGNING_KEYS_NEXT')], seals: false };
    expect(told(states, { source: 'bundle', mode: 'emergency' }, next)).toEqual(['x→y', '×z']);
    expect(told(states, { source: 'bundle' }, next)).toEqual(['x→y']);
  });

  it('does all or nothing: what to set where an algorithm would be left without a key (contract §5.8)', () => {
    const alone = { bundle: [secret('x'), secret('y')], seals: false };
    const both = { source: 'bundle', mode: 'emergency' } as const;
    expect(told(states.slice(0, 5), both, alone)).toContain('no ES256 key outside SIGNING_KEYS');
    expect(told(states, both, alone)).toContain('SEALING_KEY is not set: put it back');
    const young = [key('x', 'active', BUNDLE), key('b', 'standby', { publishedAt: NOW - 1 })];
    expect(told(young, { source: 'bundle' }, means)).toContain('try again in 299 seconds');
  });

  it('says if nothing of it is left (contract §5.8)', () => {
    expect(told(FULL, { source: 'bundle', mode: 'emergency' })).toBe('no key of SIGNING_KEYS is in use any more');
  });
});
