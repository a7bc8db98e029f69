// The keys that the service makes itself: made when they are lacking, sealed for storage, opened once per isolate. Loaded only with a SEALING_KEY.

import type { MadeKey } from '../objects/key-rotation.ts';
import { isSigningAlgorithm, SEALED_ALGORITHMS, SIGNING_ALGORITHMS } from '../objects/signing-key.ts';
import type { SigningKeyState } from '../exchange/ports.ts';
import type { Result } from '../exchange/result.ts';
import type { OwnKey } from './bundle.ts';
import { loadSigner } from './own-keys.ts';
import { isPublished } from './published-keys.ts';
import type { Signer } from './own-keys.ts';
import { importSealingKey, makeSealedKey, openSealedKey } from './seal.ts';

/** Where sealed keys are kept. Both throw StorageUnavailable. */
export interface SealedStorage {
  /** The sealed private parts of all keys that are in the JWKS. */
  readonly readSealed: () => Promise<readonly MadeKey[]>;
  /** Keeps a key if it is the first to fill its place, and reads all states. */
  readonly keep: (key: MadeKey, now: number) => Promise<readonly SigningKeyState[]>;
}

/** The published sealed keys, and the `kid`s of those that the sealing key does not open. */
export interface Opened {
  readonly keys: readonly OwnKey[];
  readonly unopened: readonly string[];
}

export interface SealedKeys {
  /** Takes the sealed parts that were read alongside something else. */
  readonly learn: (rows: readonly MadeKey[]) => Promise<void>;
  readonly open: (states: readonly SigningKeyState[], now: number) => Promise<Opened>;
  /** A published key by its name, or null; read from storage if this isolate has not seen it. */
  readonly find: (kid: string, alg: string) => Promise<OwnKey | null>;
  readonly signerOf: (kid: string) => Promise<Result<Signer, string> | null>;
  readonly make: (alg: string) => Promise<MadeKey>;
  /** True if a key or its standby is lacking. */
  readonly isLacking: (states: readonly SigningKeyState[]) => boolean;
  /** Makes what is lacking, of one algorithm only the key that signs if `alg` is given; nothing if a key of before does not open. */
  readonly fill: (states: readonly SigningKeyState[], now: number, alg?: string) => Promise<readonly SigningKeyState[]>;
}

/** Prepares the use of sealed keys. What is opened is kept by `kid`; results are kept and not promises, which another request must not await. */
export async function createSealedKeys(
  sealingKeyBytes: Uint8Array<ArrayBuffer>,
  storage: SealedStorage,
): Promise<SealedKeys> {
  const sealingKey = await importSealingKey(sealingKeyBytes);
  const opened = new Map<string, OwnKey>();
  const signers = new Map<string, Result<Signer, string>>();

  const learn: SealedKeys['learn'] = async (rows) => {
    for (const row of rows) {
      const key = opened.has(row.kid) ? null : await openSealedKey(row, sealingKey);
      if (key !== null) opened.set(row.kid, key);
    }
  };
  const open: SealedKeys['open'] = async (states, now) => {
    const wanted = states.filter(
      (state) => state.source === 'sealed' && isSigningAlgorithm(state.alg) && isPublished(state, now),
    );
    if (wanted.some(({ kid }) => !opened.has(kid))) await learn(await storage.readSealed());
    for (const { kid, status } of states) if (status === 'revoked') opened.delete(kid);
    const keys = wanted.flatMap(({ kid, alg }) => {
      const key = opened.get(kid);
      return key?.alg === alg ? [key] : [];
    });
    return { keys, unopened: wanted.map(({ kid }) => kid).filter((kid) => !keys.some((key) => key.kid === kid)) };
  };
  const make: SealedKeys['make'] = async (alg) => {
    if (!isSigningAlgorithm(alg)) throw new Error(`there are no signing keys for ${alg}`);
    return makeSealedKey(alg, sealingKey);
  };
  return {
    learn,
    open,
    make,
    isLacking: (states) => lackingAlgorithm(states) !== undefined,
    find: async (kid, alg) => {
      // A token that somebody made up costs no read unless it names a thumbprint.
      if (!opened.has(kid) && THUMBPRINT.test(kid)) await learn(await storage.readSealed());
      const key = opened.get(kid);
      return key?.alg === alg ? key : null;
    },
    signerOf: async (kid) => {
      const key = opened.get(kid);
      if (key === undefined) return null;
      const signer = signers.get(kid) ?? (await loadSigner(key));
      signers.set(kid, signer);
      return signer;
    },
    fill: async (known, now, only) => {
      let states = known;
      for (let attempt = 0; attempt < MAX_KEYS_MADE_AT_ONCE; attempt += 1) {
        const alg = only === undefined ? lackingAlgorithm(states) : activeMissing(states, only);
        if (alg === undefined || (await open(states, now)).unopened.length > 0) return states;
        states = await storage.keep(await make(alg), now);
      }
      return states;
    },
  };
}

/** A `kid` of keys that the service makes (RFC 7638 §3, SHA-256). */
const THUMBPRINT = /^[\w-]{43}$/;
/** Two keys for each algorithm; in a race some are dropped. */
const MAX_KEYS_MADE_AT_ONCE = SIGNING_ALGORITHMS.length * 4;

/** The first algorithm without a key that signs or without a sealed standby key: the quick ones come first. */
function lackingAlgorithm(states: readonly SigningKeyState[]): string | undefined {
  const inUse = states
    .filter(({ status, alg }) => status === 'active' && isSigningAlgorithm(alg))
    .map(({ alg }) => alg);
  const isComplete = (alg: string): boolean =>
    inUse.includes(alg) &&
    states.some((state) => state.alg === alg && state.status === 'standby' && state.source === 'sealed');
  return [...new Set<string>([...SEALED_ALGORITHMS, ...inUse])].find((alg) => !isComplete(alg));
}

function activeMissing(states: readonly SigningKeyState[], alg: string): string | undefined {
  return states.some((state) => state.alg === alg && state.status === 'active') ? undefined : alg;
}
