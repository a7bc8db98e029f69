// What a kind of object is to the API: which members may be written, which are only read, and what null means for each.

import type * as z from 'zod';

/** A schema for each member that a caller may write. */
export type Members<T> = { readonly [K in keyof T]-?: z.ZodType<Exclude<T[K], null | undefined>> };

/** `T` is what a caller may write; its optional members may be left out, and `null` in a type means that null clears it. */
export interface ObjectContract<T> {
  readonly members: Members<T>;
  /** Must be there when an object is created. */
  readonly required: readonly (keyof T & string)[];
  /** Decided when the object is created; an update may only repeat the value. */
  readonly immutable: readonly (keyof T & string)[];
  /** `null` counts as absent. */
  readonly nullIsAbsent: readonly (keyof T & string)[];
  /** `null` clears the member in an update, and counts as absent when creating. */
  readonly nullClears: readonly (keyof T & string)[];
  /** Where an immutable member is changed instead of in the object itself. */
  readonly elsewhere?: { readonly [K in keyof T]?: string };
  /** Answered, never written; an update may repeat the value that was read. */
  readonly readOnly: readonly string[];
}

/** What every object of the API answers. Times are RFC 3339 in UTC. */
export interface ObjectView {
  readonly identity: string;
  readonly name: string;
  readonly description: string;
  readonly labels: { readonly [key: string]: string };
  readonly annotations: { readonly [key: string]: string };
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly objectVersion: number;
}

/** Something a rule was accepted with, though it may be a mistake. */
export interface Warning {
  readonly code: string;
  readonly detail: string;
}
