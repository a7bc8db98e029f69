// What the value of a member may be, as plain data; the types of values follow from it, and schemas.ts judges by it.

import type { JsonObject } from '../token/json.ts';

export type StringMap = { readonly [key: string]: string };

/** The table of each kind of identifier: a TypeID names the kind by its prefix. */
export const TABLES = {
  org: 'organisation',
  idp: 'identity_provider',
  sa: 'service_account',
  fid: 'federated_identity',
  role: 'role',
  rule: 'role_rule',
  bind: 'role_binding',
  cred: 'access_credential',
  evt: 'audit_event',
} as const;
export type IdPrefix = keyof typeof TABLES;

/** What is wrong with a text, in words; null if nothing is. */
export type TextFault = (value: string) => string | null;

export interface TextRule {
  readonly kind: 'text';
  readonly min?: number;
  /** Characters, in UTF-16 code units. */
  readonly max?: number;
  readonly pattern?: { readonly regex: RegExp; readonly detail: string };
  readonly faults?: readonly TextFault[];
}
export interface OneOfRule<T extends string = string, D extends string = string> {
  readonly kind: 'oneOf';
  readonly values: readonly T[];
  /** Those of them that are read from other members and never stored. */
  readonly derived: readonly D[];
}
export interface NumberRule {
  readonly kind: 'number';
  readonly min: number;
  readonly max?: number;
}
export interface FlagRule {
  readonly kind: 'flag';
}
/** RFC 3339 on the wire, epoch seconds stored. */
export interface TimestampRule {
  readonly kind: 'timestamp';
}
export interface IdentifierRule {
  readonly kind: 'identifier';
  readonly prefix: IdPrefix;
}
export interface MapRule {
  readonly kind: 'map';
  readonly value: TextRule;
}
export interface ListRule<R extends Rule = Rule> {
  readonly kind: 'list';
  readonly of: R;
  readonly max?: number;
  /** What to say of an empty list; without it a list may be empty. */
  readonly empty?: string;
  readonly must?: string;
  /** A value that is named twice is kept once. */
  readonly unique?: true;
  /** The order of its values means something. */
  readonly ordered?: true;
}
/** An object that other code judges; this is its outline. `T` is what it is once judged. */
export interface JsonRule<T = JsonObject> {
  readonly kind: 'json';
  readonly must: string;
  readonly judged?: T;
}
/** An object with these members. */
export interface ShapeRule<M extends Readonly<Record<string, Rule>> = Readonly<Record<string, Rule>>> {
  readonly kind: 'shape';
  readonly members: M;
  /** Set if it may have other members, too. */
  readonly open?: { readonly must: string };
}
export interface NullableRule<R extends Rule = Rule> {
  readonly kind: 'nullable';
  readonly of: R;
}
/** One value, or a list of them. */
export interface OneOrManyRule<R extends Rule = Rule> {
  readonly kind: 'oneOrMany';
  readonly of: R;
  readonly max: number;
  readonly must: string;
}
/** Objects of another kind, written and answered inside this one. */
export interface NestedRule<M extends object = object> {
  readonly kind: 'nested';
  readonly members: M;
  readonly must: string;
}
/** Only null, for clients that send it. */
export interface NothingRule {
  readonly kind: 'nothing';
  readonly must: string;
}

export type Rule =
  | TextRule
  | OneOfRule
  | NumberRule
  | FlagRule
  | TimestampRule
  | IdentifierRule
  | MapRule
  | ListRule
  | JsonRule<object>
  | ShapeRule
  | NullableRule
  | OneOrManyRule
  | NestedRule
  | NothingRule;

/** Any text. */
export const anyText: TextRule = { kind: 'text' };
export const timestamp: TimestampRule = { kind: 'timestamp' };
export const flag: FlagRule = { kind: 'flag' };

/** A text of a length. */
export function text(min: number, max: number, ...faults: readonly TextFault[]): TextRule {
  return { kind: 'text', min, max, faults };
}

/** A text of a length that a regular expression describes. */
export function textLike(min: number, max: number, regex: RegExp, detail: string): TextRule {
  return { kind: 'text', min, max, pattern: { regex, detail } };
}

/** A text on one line, without anything that changes how the line around it reads. */
export function line(min: number, max: number, ...faults: readonly TextFault[]): TextRule {
  return text(min, max, unprintableFault, ...faults);
}

/** Control characters, line and paragraph separators, and the marks that reorder text on a screen or in a log. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
const UNPRINTABLE_BUT_LINES = /(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
const NO_CONTROL = 'must not contain control characters or text direction marks';

function unprintableFault(value: string): string | null {
  return UNPRINTABLE.test(value) ? NO_CONTROL : null;
}

/** The fault of a text that may have several lines. */
export function unprintableButLinesFault(value: string): string | null {
  return UNPRINTABLE_BUT_LINES.test(value) ? `${NO_CONTROL}, except line breaks and tabs` : null;
}

/** One of the values. */
export function oneOf<const T extends string>(values: readonly T[]): OneOfRule<T, never> {
  return { kind: 'oneOf', values, derived: [] };
}

/** One of the values, of which `derived` are read from other members and never stored. */
export function oneOfAnd<const T extends string, const D extends T>(
  values: readonly T[],
  derived: readonly D[],
): OneOfRule<T, D> {
  return { kind: 'oneOf', values, derived };
}

/** A whole number between two others. */
export function wholeNumber(min: number, max?: number): NumberRule {
  return max === undefined ? { kind: 'number', min } : { kind: 'number', min, max };
}

/** The identifier of an object of one kind. */
export function identifier(prefix: IdPrefix): IdentifierRule {
  return { kind: 'identifier', prefix };
}

/** A map of texts. */
export function map(value: TextRule): MapRule {
  return { kind: 'map', value };
}

/** A list of at most `max` values. */
export function list<R extends Rule>(
  of: R,
  max?: number,
  more: Pick<ListRule, 'empty' | 'must' | 'unique' | 'ordered'> = {},
): ListRule<R> {
  return { kind: 'list', of, ...(max === undefined ? {} : { max }), ...more };
}

/** An object with these members. */
export function shape<const M extends Readonly<Record<string, Rule>>>(members: M): ShapeRule<M> {
  return { kind: 'shape', members };
}

/** The value, or null. */
export function nullable<R extends Rule>(of: R): NullableRule<R> {
  return { kind: 'nullable', of };
}

/** What the wire has. */
export type WireOf<R> = Rule extends R
  ? unknown
  : R extends { readonly kind: 'text' | 'timestamp' | 'identifier' }
    ? string
    : R extends OneOfRule<infer T, infer _D>
      ? T
      : R extends { readonly kind: 'number' }
        ? number
        : R extends { readonly kind: 'flag' }
          ? boolean
          : R extends { readonly kind: 'map' }
            ? StringMap
            : R extends ListRule<infer I>
              ? readonly WireOf<I>[]
              : R extends { readonly kind: 'json' }
                ? JsonObject
                : R extends ShapeRule<infer M>
                  ? { readonly [K in keyof M]: WireOf<M[K]> }
                  : R extends NullableRule<infer I>
                    ? WireOf<I> | null
                    : R extends OneOrManyRule<infer I>
                      ? WireOf<I> | readonly WireOf<I>[]
                      : never;

/** What is stored. */
export type StoredOf<R> = Rule extends R
  ? unknown
  : R extends { readonly kind: 'timestamp' }
    ? number
    : R extends OneOfRule<infer T, infer D>
      ? Exclude<T, D>
      : R extends ListRule<infer I>
        ? readonly StoredOf<I>[]
        : R extends JsonRule<infer T>
          ? T
          : WireOf<R>;
