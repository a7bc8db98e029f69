// The part of the composition root that manages our own keys, for the IAM API and for the schedule; loaded with them.

import type { Config } from './config.ts';
import { newId, newUuid } from './new-id.ts';
import type { SigningKeyPort } from './objects/key-rotation.ts';
import { rotateDueKeys } from './objects/scheduled-rotation.ts';
import type { KeysInUse } from './signing/keys-in-use.ts';
import { keysAtHand } from './signing/own-keys.ts';
import { rotateSigningKeys } from './store/rotate-signing-keys.ts';
import { eraseExpiredKeys } from './store/signing-keys.ts';
import type { Outside } from './wiring.ts';

/** Our own keys as the API manages them; null if a setting that they need is missing or at fault. */
export function composeSigningKeys({ db, signingKeys }: Config, keysInUse: () => KeysInUse): SigningKeyPort | null {
  if (db === null || signingKeys === null) return null;
  const keys = keysInUse();
  return {
    ...keysAtHand(signingKeys),
    read: keys.now,
    make: keys.make,
    rotate: async (rotation, events, now) => {
      const outcome = await rotateSigningKeys(db, rotation, events, now);
      keys.forget();
      return outcome;
    },
  };
}

/** What the schedule does for our own keys: makes what is lacking, forgets what is over, rotates what is due; its line for the log. Throws StorageUnavailable. */
export async function tendKeys(config: Config, keysInUse: () => KeysInUse, { now }: Outside): Promise<object> {
  const { db, keyRotationDays } = config;
  const keys = composeSigningKeys(config, keysInUse);
  if (db === null || keys === null || !keys.seals) return { rotations: [] };
  const at = Math.floor(now());
  await eraseExpiredKeys(db, at);
  const newIds = (): { id: string; requestId: string } => ({ id: newId('evt'), requestId: newUuid() });
  const rotations = await rotateDueKeys(keys, keyRotationDays ?? 0, at, newIds);
  return { ...(rotations.some(({ detail }) => detail !== null) ? { level: 'error' } : {}), rotations };
}
