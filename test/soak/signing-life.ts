// The life of the service's own keys in a soak: new secrets, rotations, and tokens of old keys that are looked at in every round.

import { generateSigningKeys } from '../../scripts/local/signing-keys.ts';
import type { Ledger } from './ledger.ts';
import type { Service } from './service.ts';
import { JWKS_CACHE_SECONDS } from './verifiers.ts';
import type { PublishedSet, Verifiers } from './verifiers.ts';

export type Algorithm = 'ES256' | 'RS256';
export type Mode = 'graceful' | 'emergency';

export interface KeptToken {
  readonly kid: string;
  readonly expiresAt: number;
}

export interface SigningLife {
  /** The kid that signs, by algorithm. */
  readonly active: ReadonlyMap<string, string>;
  /** Published, and never used so far. */
  readonly standby: ReadonlySet<string>;
  /** Odd while a rotation is on its way. */
  readonly version: number;
  /** Adds a fresh standby key to the secret and deploys it, without the keys that are of no use any more. */
  readonly deploy: (alg: Algorithm, now: number) => Promise<void>;
  /** A graceful rotation that comes too early, which must be refused. */
  readonly rotateTooEarly: (alg: Algorithm) => Promise<void>;
  /** Rotates; what was `previous` is retiring or revoked from then on. */
  readonly rotate: (alg: Algorithm, mode: Mode, now: number) => Promise<{ readonly previous: string }>;
  /** Looks at this token in every later round. */
  readonly keep: (token: KeptToken) => void;
  /** Looks at all kept tokens: verifiers know the keys of all of them, but a revoked one only for as long as they cache. */
  readonly review: (verifiers: Verifiers, now: number) => void;
  /** The published kids; must not be asked for while a rotation is on its way. */
  readonly published: () => Promise<ReadonlySet<string>>;
  readonly rotations: Readonly<Record<Mode, number>>;
  readonly deployments: () => number;
  /** Seconds after an emergency rotation at which some verifier still knew the revoked key, at most. */
  readonly revokedKnownSeconds: () => number;
  readonly tokensReviewed: () => number;
}

type PrivateKey = { readonly kid: string; readonly alg: string };

/** Makes the first keys, one of each algorithm, and deploys them. */
export async function startSigningLife(service: Service, ledger: Ledger, now: number): Promise<SigningLife> {
  const newKeys = async (...algorithms: Algorithm[]): Promise<PrivateKey[]> =>
    (JSON.parse(await generateSigningKeys(algorithms)) as { keys: PrivateKey[] }).keys;
  let bundle = await newKeys('ES256', 'RS256');
  const active = new Map(bundle.map(({ alg, kid }) => [alg, kid]));
  const standby = new Set<string>();
  const revoked = new Map<string, number>();
  const rotations = { graceful: 0, emergency: 0 };
  let kept: KeptToken[] = [];
  let version = 0;
  let deployments = 0;
  let revokedKnownSeconds = 0;
  let tokensReviewed = 0;

  const published = async (): Promise<ReadonlySet<string>> => {
    const { body } = await service.get('/.well-known/jwks.json');
    return new Set((body as unknown as PublishedSet).keys.map(({ kid }) => kid));
  };
  const ship = async (at: number): Promise<void> => {
    await service.simulate({ now: at, signingKeys: JSON.stringify({ keys: bundle }) });
    deployments += 1;
    const kids = await published();
    for (const { kid } of bundle) if (!kids.has(kid)) ledger.fault(`${kid} was deployed and is not published`);
  };
  await ship(now);

  return {
    active,
    standby,
    get version() {
      return version;
    },
    published,
    rotations,
    deployments: () => deployments,
    revokedKnownSeconds: () => revokedKnownSeconds,
    tokensReviewed: () => tokensReviewed,
    deploy: async (alg, at) => {
      const kids = await published();
      const fresh = await newKeys(alg);
      bundle = [...bundle.filter(({ kid }) => kids.has(kid)), ...fresh];
      for (const { kid } of fresh) standby.add(kid);
      await ship(at);
    },
    rotateTooEarly: async (alg) => {
      const { status } = await service.iam('POST', '/v1/signing-keys/rotate', { alg });
      if (status !== 409) ledger.fault(`a rotation to a key that verifiers may not know answered ${status}`);
    },
    rotate: async (alg, mode, at) => {
      const previous = active.get(alg) ?? '';
      version += 1;
      const next = await service.change('POST', '/v1/signing-keys/rotate', { alg, mode });
      active.set(alg, String(next['kid']));
      standby.delete(String(next['kid']));
      version += 1;
      rotations[mode] += 1;
      if (mode === 'emergency') revoked.set(previous, at);
      return { previous };
    },
    keep: (token) => void kept.push(token),
    review: (verifiers, at) => {
      kept = kept.filter(({ expiresAt }) => expiresAt > at);
      for (const { kid } of kept) {
        tokensReviewed += 1;
        const knowing = verifiers.knowing(kid);
        const revokedAt = revoked.get(kid);
        if (revokedAt === undefined) {
          if (knowing < verifiers.count) ledger.fault(`${kid} left the JWKS before a token it signed expired`);
          continue;
        }
        if (knowing > 0) revokedKnownSeconds = Math.max(revokedKnownSeconds, at - revokedAt);
        if (knowing > 0 && at - revokedAt >= JWKS_CACHE_SECONDS) {
          ledger.fault(`${knowing} verifiers know ${kid} ${at - revokedAt} s after it was revoked`);
        }
      }
    },
  };
}
