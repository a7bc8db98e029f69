// Keeps compiled identities of an isolate, bounded; an entry serves only a row that says exactly what it was compiled from.

import type { CompileExpression } from './expression.ts';
import { compileFederatedIdentity } from './rule.ts';
import type { CompiledIdentity } from './rule.ts';
import { MAX_CACHED_IDENTITIES, MAX_CACHED_IDENTITY_CHARS } from './limits.ts';
import type { FederatedIdentity, IdentityProvider } from '../objects/model.ts';
import { presetByName } from '../platforms/presets.ts';

/** Compiles the candidates of one exchange, all of one provider. */
export type CompileIdentities = (
  identities: readonly FederatedIdentity[],
  provider: IdentityProvider,
) => Promise<readonly CompiledIdentity[]>;

/** Builds the compiler of an isolate. The row is read anew by every exchange; only the work of compiling it is saved. */
export function createIdentityCache(deployment: {
  readonly issuerUrl: string;
  readonly defaultAudience: string;
}): CompileIdentities {
  const cache = new Map<string, CompiledIdentity>();
  let chars = 0;
  let compileExpression: CompileExpression | null = null;
  const compile = (identity: FederatedIdentity, { preset, subjectClaim }: IdentityProvider): CompiledIdentity => {
    // All of the row and not its version: that one comes again where D1 was restored, and stands still where a row is mended by hand.
    const key = JSON.stringify([{ ...identity, lastUsedAt: null }, preset, subjectClaim]);
    const known = cache.get(key);
    if (known !== undefined) return known;
    const context = { ...deployment, preset: presetByName(preset), subjectClaim };
    const compiled = compileFederatedIdentity(identity, {
      ...context,
      compileExpression: compileExpression ?? notLoaded,
    });
    cache.set(key, compiled);
    chars += key.length;
    for (const oldest of cache.keys()) {
      if (cache.size <= MAX_CACHED_IDENTITIES && chars <= MAX_CACHED_IDENTITY_CHARS) break;
      cache.delete(oldest);
      chars -= oldest.length;
    }
    return compiled;
  };
  return async (identities, provider) => {
    if (compileExpression === null && identities.some(({ expression }) => expression !== null))
      ({ compileExpression } = await import('./expression.ts'));
    return identities.map((identity) => compile(identity, provider));
  };
}

function notLoaded(): never {
  throw new Error('an expression was compiled before the evaluator was loaded');
}
