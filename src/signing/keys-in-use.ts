// Our keys as they may be used now: the bundle of the secret joined with the life that storage records of each key.

import type { JWK } from 'jose';
import { denial } from '../exchange/denial.ts';
import type { StatedDenial } from '../exchange/denial.ts';
import { StorageUnavailable } from '../exchange/ports.ts';
import type { SignerFor, SigningKeyState } from '../exchange/ports.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';
import type { JsonObject } from '../token/json.ts';
import type { SigningBundle } from './bundle.ts';
import { keyFaults, loadSigners, publishedKeys, signingKeyFor, unregisteredKeys } from './own-keys.ts';
import type { Signers } from './own-keys.ts';
import { rememberBriefly } from './recent-states.ts';
import { signToken } from './sign.ts';

/** The states of keys in storage. Both throw StorageUnavailable. */
export interface KeyStates {
  readonly read: () => Promise<readonly SigningKeyState[]>;
  /** Records keys that storage does not know, and reads all states. */
  readonly register: (
    keys: readonly { readonly kid: string; readonly alg: string }[],
    now: number,
  ) => Promise<readonly SigningKeyState[]>;
}

export interface KeysInUse {
  /** Signs with the key that storage says is active, and with no other: if the bundle lacks it, nothing is signed. */
  readonly signerFor: SignerFor;
  /** The public keys to publish at `now`; none of a bundle that cannot sign. Throws StorageUnavailable. */
  readonly published: (now: number) => Promise<Result<readonly JWK[], StatedDenial>>;
  /** The states of all keys. Throws StorageUnavailable. */
  readonly states: (now: number) => Promise<readonly SigningKeyState[]>;
  /** The states have just changed: what is published must follow at once here, and within seconds in other isolates. */
  readonly forget: () => void;
  /** What an operator must mend before anything is signed. */
  readonly faults: (now: number) => Promise<readonly string[]>;
}

/** Joins a bundle with the states of its keys. */
export function createKeysInUse(bundle: SigningBundle, storage: KeyStates): KeysInUse {
  let loaded: Result<Signers, string[]> | null = null;
  /** Imports the bundle once. The result is kept and not the promise, which another request must not await. */
  const load = async (): Promise<Result<Signers, string[]>> => {
    if (loaded !== null) return loaded;
    const fresh = await loadSigners(bundle);
    loaded = fresh;
    return fresh;
  };
  /** Registers keys that are new in the secret. Skipped if the bundle fails to load: a broken key could become active. */
  const register = async (states: readonly SigningKeyState[], now: number): Promise<readonly SigningKeyState[]> => {
    const missing = unregisteredKeys(bundle, states);
    return missing.length === 0 || !(await load()).ok ? states : storage.register(missing, now);
  };
  const states = async (now: number): Promise<readonly SigningKeyState[]> => register(await storage.read(), now);
  const recent = rememberBriefly(states);
  return {
    states,
    forget: recent.forget,
    signerFor: async (purpose, known, now) => {
      const signers = await load();
      if (!signers.ok) return refuse(cannotSign(signers.error.join('; ')));
      const signer = signingKeyFor(signers.value, await register(known, now), purpose);
      if (!signer.ok) return refuse(cannotSign(signer.error));
      return ok((claims: JsonObject) => signToken(claims, purpose, signer.value));
    },
    published: async (now) => {
      const signers = await load();
      return signers.ok
        ? ok(publishedKeys(bundle, await recent.at(now), now))
        : refuse(cannotSign(signers.error.join('; ')));
    },
    faults: async (now) => {
      const signers = await load();
      if (!signers.ok) return signers.error;
      try {
        return keyFaults(signers.value, await states(now));
      } catch (error) {
        // Storage that does not answer is named by its own check.
        if (error instanceof StorageUnavailable) return [];
        throw error;
      }
    },
  };
}

function cannotSign(detail: string): StatedDenial {
  return denial(
    'configuration_invalid',
    'this deployment cannot sign tokens at the moment; its operator finds why at /readyz',
    detail,
  );
}
