// Rotates the keys whose time has come, gracefully and each at most once a run (contract §0, KEY_ROTATION_DAYS); the schedule calls it.

import { carryOutRotation, rotationChanges } from './key-rotation.ts';
import type { KeyChange, SigningKeyPort } from './key-rotation.ts';
import { planRotation } from './plan-rotation.ts';
import { isSigningAlgorithm } from './signing-key.ts';
import { DEFAULT_ORGANISATION_ID } from './organisation.ts';
import type { ChangeEvent } from './storage.ts';

const SECONDS_PER_DAY = 86_400;

/** What became of one algorithm. */
export interface ScheduledRotation {
  readonly alg: string;
  /** The key that signs from now on; null if it was not rotated. */
  readonly kid: string | null;
  /** Why it was not rotated. */
  readonly detail: string | null;
}

/** Rotates every key that has signed for `days` at `now` (epoch seconds); none if `days` is 0. Throws StorageUnavailable. */
export async function rotateDueKeys(
  keys: SigningKeyPort,
  days: number,
  now: number,
  newIds: () => Pick<ChangeEvent, 'id' | 'requestId'>,
): Promise<readonly ScheduledRotation[]> {
  const { states } = await keys.read(now);
  const due = states.filter(
    ({ status, alg, activatedAt }) =>
      days > 0 &&
      status === 'active' &&
      isSigningAlgorithm(alg) &&
      (activatedAt ?? now) + days * SECONDS_PER_DAY <= now,
  );
  const rotations: ScheduledRotation[] = [];
  for (const { alg } of due) {
    const current = await keys.read(now);
    const asked = { mode: 'graceful', alg, kid: null, source: null } as const;
    const plan = planRotation(current, keys, asked, now);
    if (current.unopened.length > 0 || !plan.ok) {
      const detail = plan.ok ? 'SEALING_KEY does not open the sealed keys; see /readyz' : plan.error;
      rotations.push({ alg, kid: null, detail });
      continue;
    }
    const eventOf = (change: KeyChange): ChangeEvent => scheduledEvent(change, now, newIds());
    const rotated = await carryOutRotation(plan.value, keys, eventOf, now);
    const detail = rotated === null ? 'another rotation came first' : null;
    rotations.push({ alg, kid: rotated?.changes[0]?.next?.kid ?? null, detail });
  }
  return rotations;
}

function scheduledEvent(change: KeyChange, now: number, ids: Pick<ChangeEvent, 'id' | 'requestId'>): ChangeEvent {
  return {
    ...ids,
    organisationId: DEFAULT_ORGANISATION_ID,
    time: now,
    actor: 'schedule',
    action: 'signing_key.rotate',
    serviceAccountId: null,
    federatedIdentityId: null,
    issuer: null,
    ip: null,
    changes: rotationChanges('graceful', change),
    isJudgement: false,
  };
}
