// Takes back what a run wrote although its rule lets somebody in: what it created goes, what it changed never grants.

import type { Api } from '../api.ts';
import type { Change } from './show-change.ts';

/** Leaves nothing enforced of these changes: the rule first, then what it was made for. */
export async function withdrawPlan(api: Api, changes: readonly Change[]): Promise<readonly Change[]> {
  const withdrawn: Change[] = [];
  for (const change of changes.toReversed()) {
    const { what, outcome, identity, name } = change;
    if (identity === null) continue;
    if (outcome === 'created') {
      await api.delete(pathOf(change, identity));
      withdrawn.push({ what, outcome: 'deleted', identity, name });
    } else if (outcome === 'updated' && what === 'Federated identity') {
      await api.patch(pathOf(change, identity), { mode: 'shadow' });
      withdrawn.push({ what, outcome: 'updated', identity, name, note: 'in shadow mode: it never grants' });
    }
  }
  return withdrawn;
}

function pathOf({ what, name }: Change, identity: string): string {
  switch (what) {
    case 'Federated identity':
      return `/federated-identities/${identity}`;
    case 'Role binding':
      return `/iam/roles/${encodeURIComponent(name)}/bindings/${identity}`;
    case 'Service account':
      return `/service-accounts/${identity}`;
    case 'Identity provider':
      return `/federated-identity-providers/${identity}`;
  }
}
