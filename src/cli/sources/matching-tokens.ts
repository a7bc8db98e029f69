// Finds ID tokens for our audience among variables and files, for platforms where the job chooses the place; sends nothing.

import { readClaims } from './jwt.ts';
import type { SourceContext, System, Variables } from '../../platforms/source.ts';

export interface MatchingToken {
  /** The variable's name or the file's path. */
  readonly place: string;
  readonly token: string;
}

/** Variables that hold an ID token for the audience, in the order of their names. */
export function tokensInVariables({ variables, audience, deployment }: SourceContext): readonly MatchingToken[] {
  return Object.entries(variables)
    .map(([place, value]) => ({ place, token: (value ?? '').trim() }))
    .filter(({ token }) => isFor(token, audience, deployment))
    .toSorted((one, other) => (one.place < other.place ? -1 : 1));
}

/** Files that hold an ID token for the audience, in the given order. */
export async function tokensInFiles(
  system: System,
  { audience, deployment }: SourceContext,
  paths: readonly string[],
): Promise<readonly MatchingToken[]> {
  const found: MatchingToken[] = [];
  for (const given of paths) {
    const path = resolvePath(given, system.variables);
    if (path === null) continue;
    const kind = await system.kindOf(path);
    const files = kind === 'directory' ? await system.listFiles(path) : kind === 'file' ? [path] : [];
    for (const place of files) {
      const token = ((await system.readText(place)) ?? '').trim();
      if (isFor(token, audience, deployment)) found.push({ place, token });
    }
  }
  return found;
}

/** A path, or what the variable that `$NAME` names holds; null if it holds nothing. */
export function resolvePath(path: string, variables: Variables): string | null {
  return path.startsWith('$') ? variables[path.slice(1)] || null : path;
}

function isFor(token: string, audience: string, deployment: string): boolean {
  const claims = readClaims(token);
  return claims !== null && claims.audiences.includes(audience) && claims.issuer !== deployment;
}
