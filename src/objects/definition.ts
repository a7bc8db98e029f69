// How an object of the API is defined: its members, each once, as plain data; types of what is written, stored and answered follow.

import { MAX_ANNOTATION_VALUE_CHARS, MAX_DESCRIPTION_CHARS, MAX_LABEL_VALUE_CHARS, MAX_NAME_CHARS } from './limits.ts';
import { line, map, text, unprintableButLinesFault } from './rule.ts';
import type { IdPrefix, NestedRule, ListRule, Rule, StoredOf, WireOf } from './rule.ts';

/** One member of an object. */
export interface Member<R extends Rule = Rule> {
  readonly is: R;
  /** Its column; its name in snake_case unless it is given. */
  readonly column?: string;
  /** Must be there when an object is created. */
  readonly required?: true;
  /** Decided when an object is created; an update may only repeat the value. A text says where it is changed instead. */
  readonly immutable?: true | string;
  /** Answered, never written; an update may repeat the value that was read. */
  readonly readOnly?: true;
  /** Read-only, and yet written by updates: it follows from changes of other members. */
  readonly follows?: true;
  /** Stored, neither written nor answered. */
  readonly hidden?: true;
  /** In no column of its own: the store reads it from other tables. */
  readonly computed?: true;
  /** Nothing is decided by it: it is only shown. */
  readonly shown?: true;
  /**
   * What null means. `absent`: the same as a member that is left out. `clears`: it takes the value away in an update, and
   * counts as absent when an object is created. `unset`: it is answered until there is a value. Without it null is refused.
   */
  readonly null?: 'absent' | 'clears' | 'unset';
  /**
   * Which change of it can only take away, so that nobody has to hold what is left (contract §4): a list with fewer values, a
   * number or time that is less (null is the most), or the value that it changes to. Without it every change gives.
   */
  readonly narrows?: 'fewer' | 'less' | { readonly to: string };
  /** An empty text is null. */
  readonly emptyIsNull?: true;
  /** What a new object has if the member is left out: a value, or a function of what was written and of a name that nobody else has. */
  readonly default?: unknown;
  /** The sentence of the reference. */
  readonly description?: string;
  /** What the reference shows; its default unless it is given. */
  readonly example?: unknown;
  /** Its option on the command line. */
  readonly option?: {
    /** Without the dashes; its name in kebab-case unless it is given. */
    readonly name?: string;
    /** What follows the name, in the syntax of the help. */
    readonly value: string;
    readonly help: string;
  };
}
export type Members = Readonly<Record<string, Member>>;

/** Another object whose members are answered with this one. */
export interface Join {
  /** The member that refers to it. */
  readonly by: string;
  readonly object: ObjectDefinition;
  /** Members of it that are read. */
  readonly reads: readonly string[];
  /** Those of them that are answered. */
  readonly answers: readonly string[];
  /** Names it is answered by, beside its own. */
  readonly alsoAs?: readonly string[];
  /** Lists can be narrowed to objects of this one: by its identifier or by this member of it. */
  readonly filter?: { readonly member: string; readonly help: string };
  /** It is only shown: nothing is decided by it. */
  readonly shown?: true;
}

/** An object of the API. */
export interface ObjectDefinition {
  /** In sentences: `service account`. */
  readonly noun: string;
  readonly idPrefix: IdPrefix;
  /** Where it is listed and created, with `{id}` for the object that it belongs to. */
  readonly path: string;
  readonly members: Members;
  readonly joins: Readonly<Record<string, Join>>;
  /** Answers to writes say what was accepted though it may be a mistake. */
  readonly warns?: true;
  /** The identifier that the reference shows. */
  readonly example: string;
}

/** A definition as it is written, with the types of its members. */
export function defineObject<const D extends ObjectDefinition>(definition: D & CheckedDefaults<D['members']>): D {
  return definition;
}

/** A default is a value that its member can have. */
type CheckedDefaults<M> = {
  readonly members: {
    readonly [K in keyof M]: M[K] extends { readonly is: infer R; readonly default: infer V }
      ? V extends (...written: never[]) => StoredOf<R>
        ? M[K]
        : V extends StoredOf<R> | null
          ? M[K]
          : { readonly default: StoredOf<R> }
      : M[K];
  };
};

/** What nearly every object has. */
export const named = {
  name: {
    is: line(1, MAX_NAME_CHARS, (value) => (value === value.trim() ? null : 'must not start or end with white space')),
    required: true,
    option: { value: '<name>', help: 'its name' },
  },
  description: {
    is: text(0, MAX_DESCRIPTION_CHARS, unprintableButLinesFault),
    null: 'absent',
    default: '',
    shown: true,
    option: { value: '<text>', help: 'what it is for' },
  },
  labels: {
    is: map(line(0, MAX_LABEL_VALUE_CHARS)),
    null: 'absent',
    default: {},
    shown: true,
    description: 'Short texts by key, which lists can be narrowed by',
  },
  annotations: {
    is: map(text(0, MAX_ANNOTATION_VALUE_CHARS)),
    null: 'absent',
    default: {},
    shown: true,
    description: 'Texts by key, for whoever keeps them there',
  },
} as const satisfies Members;

type NullOf<M> = M extends { readonly null: 'clears' | 'unset' } ? null : never;
type KeysOf<M, Trait> = { [K in keyof M]: M[K] extends Trait ? K : never }[keyof M];
type Stored<M extends Member> =
  | NullOf<M>
  | (M['is'] extends ListRule<NestedRule<infer N>> ? readonly NestedView<N>[] : StoredOf<M['is']>);
type Answered<M extends Member> =
  | NullOf<M>
  | (M['is'] extends ListRule<NestedRule<infer N>> ? readonly NestedView<N>[] : WireOf<M['is']>);
type Written<M extends Member> =
  | (M extends { readonly null: 'clears' } ? null : never)
  | (M['is'] extends ListRule<NestedRule<infer N>> ? readonly InputOf<N>[] : WireOf<M['is']>);
type NestedView<M> = { readonly identity: string } & {
  readonly [K in keyof M]: M[K] extends Member ? WireOf<M[K]['is']> : never;
};

/** What a caller may write; a member may be left out, and `null` in a type means that null clears it. */
export type InputOf<M> = {
  readonly [
    K in Exclude<keyof M, KeysOf<M, { readonly readOnly: true } | { readonly hidden: true }>>
  ]?: M[K] extends Member ? Written<M[K]> : never;
};

/** The members of an object as they are stored: times are epoch seconds. */
export type StoredMembers<M> = {
  readonly [K in Exclude<keyof M, KeysOf<M, { readonly is: { readonly kind: 'nothing' } }>>]: M[K] extends Member
    ? Stored<M[K]>
    : never;
};

/** What every object has. */
export interface Kept {
  readonly id: string;
  readonly organisationId: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly objectVersion: number;
}

type Joined<J> = {
  readonly [K in keyof J]: J[K] extends {
    readonly object: { readonly members: infer M };
    readonly reads: readonly (infer N)[];
  }
    ? { readonly id: string } & Pick<StoredMembers<M>, N & keyof StoredMembers<M>>
    : never;
};

/** An object as it is stored, with what is read of others. */
export type RecordOf<D extends ObjectDefinition> = Kept & StoredMembers<D['members']> & Joined<D['joins']>;

type AnsweredJoins<J> = {
  readonly [K in keyof J]: J[K] extends {
    readonly object: { readonly members: infer M };
    readonly answers: readonly (infer N)[];
  }
    ? { readonly identity: string } & Pick<StoredMembers<M>, N & keyof StoredMembers<M>>
    : never;
};

/** What the API answers. Times are RFC 3339 in UTC. */
export type ViewOf<D extends ObjectDefinition> = {
  readonly [
    K in Exclude<keyof D['members'], KeysOf<D['members'], { readonly hidden: true }>>
  ]: D['members'][K] extends Member
    ? D['members'][K]['is'] extends { readonly kind: 'nothing' }
      ? null
      : Answered<D['members'][K]>
    : never;
} & AnsweredJoins<D['joins']> & {
    readonly identity: string;
    readonly createdAt: string;
    readonly updatedAt: string;
    readonly objectVersion: number;
  };

/** What decides something of an object: all but what is only shown. */
export type DecidingOf<D extends ObjectDefinition> = Omit<
  RecordOf<D>,
  | KeysOf<D['members'], { readonly shown: true }>
  | KeysOf<D['joins'], { readonly shown: true }>
  | 'createdAt'
  | 'updatedAt'
>;

/** Something that was accepted though it may be a mistake. */
export interface Warning {
  readonly code: string;
  readonly detail: string;
}

/** True if a caller may write the member. */
export function isWritable({ readOnly, hidden }: Member): boolean {
  return readOnly !== true && hidden !== true;
}

/** The column of a member. */
export function columnOf(name: string, { column }: Member): string {
  return column ?? snakeCase(name);
}

/** A member's name as columns and Terraform's attributes are called: `tokenLifetime` is `token_lifetime`. */
export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** True if the member has a column of its own. */
export function isStored({ is, computed }: Member): boolean {
  return is.kind !== 'nothing' && computed !== true;
}
