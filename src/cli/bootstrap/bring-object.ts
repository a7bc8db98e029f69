// One object of a plan: made if it is missing, left alone if it is there, changed only if it is ours and that was asked for.

import type { Api } from '../api.ts';
import type { BootstrapOptions, Plan } from '../../bootstrap/build-plan.ts';
import { isBootstrapped } from '../../bootstrap/labels.ts';
import type { Labels } from '../../bootstrap/labels.ts';
import type { Change, Difference } from './show-change.ts';

export interface Mode {
  readonly isDryRun: boolean;
  /** Changes what differs. */
  readonly mayUpdate: boolean;
}

/** What every step of a plan needs. */
export interface Work {
  readonly api: Api;
  readonly plan: Plan;
  readonly asked: BootstrapOptions;
  readonly labels: Labels;
  readonly mode: Mode;
  readonly did: (change: Change) => void;
}

interface Found {
  readonly identity: string;
  readonly name: string;
  readonly objectVersion: number;
  readonly labels: Labels;
}

/** Makes an object; null if that is a dry run, or if `make` is null because it refers to something not yet made. */
export async function createObject<T extends { readonly identity: string }>(
  { mode, did }: Work,
  { what, ...about }: Pick<Change, 'what' | 'name' | 'note'>,
  make: (() => Promise<T>) | null,
): Promise<T | null> {
  if (mode.isDryRun || make === null) {
    did({ what, outcome: 'would be created', identity: null, ...about });
    return null;
  }
  const created = await make();
  did({ what, outcome: 'created', identity: created.identity, ...about });
  return created;
}

/** Says how an object differs that is there, and changes it if it may; `foreign` are the notes on one that is not ours. */
export async function updateObject<T extends Found>(
  { api, mode, did }: Work,
  what: Change['what'],
  path: string,
  present: T,
  differences: readonly Difference[],
  foreign: { readonly same?: string; readonly differs: string },
): Promise<T> {
  const isOurs = isBootstrapped(present);
  const known = { what, identity: present.identity, name: present.name };
  const noted = (note: string | undefined): Pick<Change, 'note'> => (isOurs || note === undefined ? {} : { note });
  if (differences.length === 0) did({ ...known, outcome: 'already present', ...noted(foreign.same) });
  else if (!mode.mayUpdate || !isOurs) did({ ...known, outcome: 'differs', differences, ...noted(foreign.differs) });
  else if (mode.isDryRun) did({ ...known, outcome: 'would be updated', differences });
  else {
    const changed = Object.fromEntries(differences.map(({ member, after }) => [member, after]));
    const updated = await api.patch<T>(`${path}/${present.identity}`, changed, present.objectVersion);
    did({ ...known, outcome: 'updated', differences });
    return updated;
  }
  return present;
}
