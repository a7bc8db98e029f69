// Carries a plan out, one write after the other, each only if nobody came first; the caller is told of every one.

import type { WrittenKind } from './kinds.ts';
import type { Api, JsonMap } from '../api.ts';
import { collectionPath } from './kinds.ts';
import type { Change, Plan } from './plan-changes.ts';
import type { State } from './read-state.ts';

/** One write that was made; `identity` of what was written. */
export interface Done {
  readonly change: Change;
  readonly identity: string;
  readonly warnings: readonly { readonly code: string; readonly detail: string }[];
}

/** Makes the changes in their order. A failure ends it: what was made stays, and applying again goes on from there. */
export async function executePlan(plan: Plan, state: State, api: Api, tell: (done: Done) => void): Promise<void> {
  const identities = new Map<string, string>();
  const keyOf = (kind: WrittenKind, name: string): string => `${kind} ${name}`;
  for (const { kind, name, parent, identity } of state.objects)
    if (parent === null) identities.set(keyOf(kind, name), identity);
  const identityOf = (kind: WrittenKind, name: string | undefined): string => {
    const identity = identities.get(keyOf(kind, name ?? ''));
    if (identity === undefined) throw new Error(`no ${kind} ${name}: the plan refers to what it does not make`);
    return identity;
  };
  for (const change of [...plan.adoptions, ...plan.changes]) {
    const { kind, path } = change;
    const answer = await write(change, identityOf, api);
    const identity = String(answer['identity'] ?? change.identity ?? '');
    if (path.length === 1 && kind !== 'rule' && change.action !== 'delete')
      identities.set(keyOf(kind, path[0] ?? ''), identity);
    const warnings = Array.isArray(answer['warnings']) ? (answer['warnings'] as Done['warnings']) : [];
    tell({ change, identity, warnings });
  }
}

async function write(
  { action, kind, path, identity, version, body, refersTo }: Change,
  identityOf: (kind: WrittenKind, name: string | undefined) => string,
  api: Api,
): Promise<JsonMap> {
  const role = kind === 'rule' || kind === 'binding' ? identityOf('role', path[0]) : '';
  const collection = collectionPath(kind, role);
  if (action === 'create') {
    const references =
      kind === 'identity'
        ? {
            serviceAccountIdentity: identityOf('serviceAccount', path[0]),
            providerIdentity: identityOf('provider', refersTo ?? ''),
          }
        : kind === 'binding'
          ? { serviceAccountIdentity: identityOf('serviceAccount', refersTo ?? '') }
          : {};
    return await api.post(collection, { ...body, ...references });
  }
  const one = `${collection}/${kind === 'rule' ? String(body['identity']) : identity}`;
  if (action === 'update') return await api.put(one, body, version ?? undefined);
  await api.delete(one, version ?? undefined);
  return {};
}
