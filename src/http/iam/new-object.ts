// What every new object starts with, and what an update carries over; nothing of one kind.

import type { ObjectMeta, StringMap } from '../../objects/storage.ts';

interface MetaInput {
  readonly name?: string;
  readonly description?: string;
  readonly labels?: StringMap;
  readonly annotations?: StringMap;
}

/** The shared members of a new object at `now` (epoch seconds). */
export function newMeta(input: MetaInput, now: number): ObjectMeta {
  return {
    name: input.name ?? '',
    description: input.description ?? '',
    labels: input.labels ?? {},
    annotations: input.annotations ?? {},
    createdAt: now,
    updatedAt: now,
    objectVersion: 1,
  };
}

/** The shared members that an update names, over those that are there. */
export function changedMeta(
  current: ObjectMeta,
  input: MetaInput,
): Pick<ObjectMeta, 'name' | 'description' | 'labels' | 'annotations'> {
  return {
    name: input.name ?? current.name,
    description: input.description ?? current.description,
    labels: input.labels ?? current.labels,
    annotations: input.annotations ?? current.annotations,
  };
}
