// Keeps the compiled identities of an isolate, bounded; an entry serves only a row that says exactly what it was compiled from.

import type { CompileExpression } from './expression.ts';
import { compileFederatedIdentity } from './rule.ts';
import type { CompiledIdentity } from './rule.ts';
import { MAX_CACHED_IDENTITIES, MAX_CACHED_IDENTITY_CHARS } from './limits.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import type { IdentityProvider } from '../objects/identity-provider.ts';
import { presetByName } from '../platforms/presets.ts';

/** A rule as storage has it, read only when it was not compiled before. */
export interface StoredIdentity {
  /** The whole row: equal texts are equal rules. */
  readonly text: string;
  /** Null if it does not come from a row. */
  readonly providerId: string | null;
  readonly hasExpression: boolean;
  readonly read: () => FederatedIdentity;
}

/** A rule that does not come from a row. */
export function storedIdentity(identity: FederatedIdentity): StoredIdentity {
  const { expression } = identity;
  return { text: JSON.stringify(identity), providerId: null, hasExpression: expression !== null, read: () => identity };
}

/** Compiles the candidates of one exchange, all of one provider. */
export type CompileIdentities = (
  identities: readonly StoredIdentity[],
  provider: IdentityProvider,
) => Promise<readonly CompiledIdentity[]>;

/** Builds the compiler of an isolate. Every exchange reads the row anew; only the work of compiling it is saved. */
export function createIdentityCache(deployment: {
  readonly issuerUrl: string;
  readonly defaultAudience: string;
}): CompileIdentities {
  const cache = new Map<string, CompiledIdentity>();
  let chars = 0;
  let compileExpression: CompileExpression | null = null;

  const keep = (key: string, compiled: CompiledIdentity): void => {
    cache.set(key, compiled);
    chars += key.length;
    for (const oldest of cache.keys()) {
      if (cache.size <= MAX_CACHED_IDENTITIES && chars <= MAX_CACHED_IDENTITY_CHARS) break;
      cache.delete(oldest);
      chars -= oldest.length;
    }
  };
  const compile = ({ text, read }: StoredIdentity, provider: IdentityProvider): CompiledIdentity => {
    const { preset, providerIssuer, subjectClaim } = provider;
    // The row's text and not its version: a restored database repeats versions, and a row mended by hand keeps its own.
    const key = `${preset} ${providerIssuer} ${subjectClaim} ${text}`;
    const known = cache.get(key);
    if (known !== undefined) return known;
    const compiled = compileFederatedIdentity(read(), {
      ...deployment,
      preset: presetByName(preset),
      providerIssuer,
      subjectClaim,
      compileExpression: compileExpression ?? notLoaded,
    });
    keep(key, compiled);
    return compiled;
  };
  return async (identities, provider) => {
    if (compileExpression === null && identities.some(({ hasExpression }) => hasExpression)) {
      ({ compileExpression } = await import('./expression.ts'));
    }
    return identities.map((stored) => compile(stored, provider));
  };
}

function notLoaded(): never {
  throw new Error('an expression was compiled before the evaluator was loaded');
}
