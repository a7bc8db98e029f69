// Our keys as they may be used now: those of the secrets and the sealed ones, joined with the life that storage records of each.

import type { JWK } from 'jose';
import { denial } from '../exchange/denial.ts';
import type { StatedDenial } from '../exchange/denial.ts';
import { StorageUnavailable } from '../exchange/ports.ts';
import type { SignerFor, SigningKeyState } from '../exchange/ports.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';
import type { KeysNow, MadeKey } from '../objects/key-rotation.ts';
import type { JsonObject } from '../token/json.ts';
import { MAKE_KEYS_EVERY_SECONDS } from './limits.ts';
import { algorithmFor, keysAtHand, loadSigners, signingKeyFor, unregisteredKeys } from './own-keys.ts';
import type { KeySources, Signers } from './own-keys.ts';
import type { KeyFindings } from './published-keys.ts';
import { rememberBriefly } from './recent-states.ts';
import type { Opened, SealedKeys, SealedStorage } from './sealed-keys.ts';
import { signToken } from './sign.ts';

/** The states of keys in storage. All throw StorageUnavailable. */
export interface KeyStates extends SealedStorage {
  readonly read: () => Promise<readonly SigningKeyState[]>;
  /** Records keys that storage does not know, and reads all states. */
  readonly register: (
    keys: readonly { readonly kid: string; readonly alg: string }[],
    now: number,
  ) => Promise<readonly SigningKeyState[]>;
}

export interface KeysInUse {
  /** Signs with the key that storage says is active, and with no other: if it is not at hand, nothing is signed. */
  readonly signerFor: SignerFor;
  /** The public keys to publish at `now`; none of a bundle that cannot sign. Throws StorageUnavailable. */
  readonly published: (now: number) => Promise<Result<readonly JWK[], StatedDenial>>;
  /** The states of all keys, those that are lacking made first unless `makes` is false. Throws StorageUnavailable. */
  readonly now: (now: number, makes?: boolean) => Promise<KeysNow>;
  /** The states have just changed: what is published must follow at once here, and within a second in other isolates. */
  readonly forget: () => void;
  /** What an operator must mend before anything is signed, by the secret that it is about. */
  readonly examine: (now: number) => Promise<KeyFindings>;
  /** The public key that a token names, whatever its life; null if there is none. Throws StorageUnavailable. */
  readonly find: (kid: string, alg: string) => Promise<JWK | null>;
  /** Makes a sealed key, which is not stored yet. */
  readonly make: (alg: string) => Promise<MadeKey>;
  /** True until this isolate has seen sealed keys, which are then better read alongside something else. */
  readonly wantsSealed: () => boolean;
  readonly learn: (rows: readonly MadeKey[]) => Promise<void>;
}

const NONE: Opened = { keys: [], unopened: [] };

/** Joins keys with their states. `later` carries out what no answer waits for, and starts it once the answer has had its turn. */
export function createKeysInUse(
  sources: KeySources,
  storage: KeyStates,
  later: (work: () => Promise<unknown>) => void,
): KeysInUse {
  const { bundle, sealingKey } = sources;
  const atHand = keysAtHand(sources);
  let loaded: Result<Signers, string[]> | null = null;
  let sealedKeys: SealedKeys | null = null;
  let hasLearnt = false;
  let nextFill = 0;
  /** Imports the bundle once. The result is kept and not the promise, which another request must not await. */
  const load = async (): Promise<Result<Signers, string[]>> => {
    if (loaded !== null) return loaded;
    const fresh = await loadSigners(bundle);
    loaded = fresh;
    return fresh;
  };
  const sealed = async (): Promise<SealedKeys | null> => {
    if (sealingKey === null || sealedKeys !== null) return sealedKeys;
    const { createSealedKeys } = await import('./sealed-keys.ts');
    const fresh = await createSealedKeys(sealingKey, storage);
    sealedKeys ??= fresh;
    return sealedKeys;
  };
  /** Registers keys that are new in a secret. Skipped if the bundle fails to load: a broken key could become active. */
  const register = async (states: readonly SigningKeyState[], now: number): Promise<readonly SigningKeyState[]> => {
    const missing = unregisteredKeys(bundle, states);
    return missing.length === 0 || !(await load()).ok ? states : storage.register(missing, now);
  };
  const openCurrent = async (
    own: SealedKeys,
    states: readonly SigningKeyState[],
    now: number,
  ): Promise<KeysNow & Opened> => {
    const opened = await own.open(states, now);
    if (opened.unopened.length === 0) return { states, ...opened };
    // A rotation may have replaced them since their states were read.
    const current = await storage.read();
    return { states: current, ...(await own.open(current, now)) };
  };
  /** All states, with every key that is lacking made, and the sealed keys opened. */
  const look = async (now: number, makes = true): Promise<KeysNow & Opened> => {
    const known = await storage.read();
    const states = makes ? await register(known, now) : known;
    const own = (await load()).ok ? await sealed() : null;
    if (own === null) return { states, ...NONE };
    return openCurrent(own, makes ? await own.fill(states, now) : states, now);
  };
  const recent = rememberBriefly(look);
  const seen = new Set<string>();
  /** Makes what is lacking after the answer: RSA takes long. An isolate tries once in a while, and storage lets one of several win. */
  const fillLater = (now: number): void => {
    if (now < nextFill) return;
    nextFill = now + MAKE_KEYS_EVERY_SECONDS;
    later(() => look(now));
  };
  return {
    now: look,
    forget: recent.forget,
    signerFor: async (purpose, known, now) => {
      const signers = await load();
      if (!signers.ok) return refuse(cannotSign(signers.error.join('; ')));
      const own = await sealed();
      let states = await register(known, now);
      if (own !== null) {
        const filled = await own.fill(states, now, algorithmFor(atHand, states, purpose));
        const opened = await openCurrent(own, filled, now);
        if (opened.unopened.length > 0) return refuse(await cannotOpen(opened.unopened));
        ({ states } = opened);
        if (own.isLacking(states)) fillLater(now);
      }
      const key = signingKeyFor(atHand, states, purpose);
      if (!key.ok) return refuse(cannotSign(key.error));
      const signer =
        key.value.source === 'sealed'
          ? await own?.signerOf(key.value.kid)
          : ok(signers.value.find(({ kid }) => kid === key.value.kid));
      if (signer?.ok !== true || signer.value === undefined)
        return refuse(cannotSign(`signing key ${key.value.kid} cannot be used`));
      const { value } = signer;
      // A verifier may ask this isolate for the key next.
      if (!seen.has(value.kid)) recent.forget();
      seen.add(value.kid);
      return ok((claims: JsonObject) => signToken(claims, purpose, value));
    },
    published: async (now) => {
      const signers = await load();
      if (!signers.ok) return refuse(cannotSign(signers.error.join('; ')));
      const { states, keys, unopened } = await recent.at(now);
      if (unopened.length > 0) return refuse(await cannotOpen(unopened));
      const { publishedKeys } = await import('./published-keys.ts');
      return ok(publishedKeys([...bundle, ...keys], states, now));
    },
    examine: async (now) => {
      const signers = await load();
      if (!signers.ok) return { setting: 'SIGNING_KEYS', faults: signers.error };
      try {
        const { examineKeys } = await import('./published-keys.ts');
        return examineKeys(atHand, await look(now));
      } catch (error) {
        // Storage that does not answer is named by its own check.
        if (error instanceof StorageUnavailable) return { setting: 'SIGNING_KEYS', faults: [] };
        throw error;
      }
    },
    find: async (kid, alg) => {
      const key = bundle.find((one) => one.kid === kid && one.alg === alg) ?? (await (await sealed())?.find(kid, alg));
      return key?.publicJwk ?? null;
    },
    make: async (alg) => {
      const own = await sealed();
      if (own === null) throw new Error('a key was to be made without a sealing key');
      return own.make(alg);
    },
    wantsSealed: () => sealingKey !== null && !hasLearnt,
    learn: async (rows) => {
      hasLearnt = true;
      await (await sealed())?.learn(rows);
    },
  };
}

async function cannotOpen(kids: readonly string[]): Promise<StatedDenial> {
  const { unopenedDetail } = await import('./published-keys.ts');
  return cannotSign(unopenedDetail(kids));
}

function cannotSign(detail: string): StatedDenial {
  return denial(
    'configuration_invalid',
    'this deployment cannot sign tokens at the moment; its operator finds why at /readyz',
    detail,
  );
}
