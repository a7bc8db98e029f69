// Keeps compiled identities of an isolate, bounded; an entry serves only the very version of the row it was compiled from.

import { compileFederatedIdentity } from './federated-identity.ts';
import type { CompiledIdentity } from './federated-identity.ts';
import { MAX_CACHED_IDENTITIES } from './limits.ts';
import type { FederatedIdentity, IdentityProvider } from './model.ts';
import { presetByName } from '../presets/registry.ts';

/** Builds the compiler of an isolate. The row is read anew by every exchange; only the work of compiling it is saved. */
export function createIdentityCache(deployment: {
  readonly issuerUrl: string;
  readonly defaultAudience: string;
}): (identity: FederatedIdentity, provider: IdentityProvider) => CompiledIdentity {
  const cache = new Map<string, CompiledIdentity>();
  return (identity, { preset, subjectClaim }) => {
    const { id, objectVersion, serviceAccount } = identity;
    const key = JSON.stringify([id, objectVersion, preset, subjectClaim, serviceAccount.status, serviceAccount.slug]);
    const known = cache.get(key);
    if (known !== undefined) return known;
    const compiled = compileFederatedIdentity(identity, { ...deployment, preset: presetByName(preset), subjectClaim });
    cache.set(key, compiled);
    const oldest = cache.size > MAX_CACHED_IDENTITIES ? cache.keys().next().value : undefined;
    if (oldest !== undefined) cache.delete(oldest);
    return compiled;
  };
}
