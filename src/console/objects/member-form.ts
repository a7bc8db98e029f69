// The form of an object: which members it has, what was typed for each, and the body of the request that it means.

import { isWritable } from '../../objects/definition.ts';
import type { Member } from '../../objects/definition.ts';
import { canonicalJson } from '../../token/canonical-json.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import type { ApiFault } from '../api.ts';
import type { Kind } from './kind.ts';
import { emptied, textOf, valueOf, writingOf } from './member-text.ts';
import type { Writing } from './member-text.ts';

/** One field of the form. */
export interface FormMember {
  readonly name: string;
  readonly member: Member;
  readonly writing: Writing;
}

/** What is in every field, by the member's name. */
export type Typed = Readonly<Record<string, string>>;

/** Members that a form of this kind has; those that cannot change are only asked for when the object is created. */
export function formMembers({ definition }: Kind, isNew: boolean): readonly FormMember[] {
  return Object.entries(definition.members)
    .filter(([, member]) => isWritable(member) && member.is.kind !== 'nothing' && member.is.kind !== 'nested')
    .filter(([, { is }]) => !(is.kind === 'list' && is.of.kind === 'nested'))
    .filter(([, { immutable }]) => isNew || immutable === undefined)
    .map(([name, member]) => ({ name, member, writing: writingOf(name, member) }));
}

/** What the fields hold for an object of the API, or for a part of one. */
export function typedOf(members: readonly FormMember[], object: JsonObject): Typed {
  return Object.fromEntries(members.map(({ name, writing }) => [name, textOf(writing, object[name])]));
}

/** What a new object's fields hold: its plain defaults, and above them what the address says, so that pages can link to a form. */
export function typedNew(members: readonly FormMember[], query: URLSearchParams): Typed {
  return Object.fromEntries(
    members.map(({ name, member, writing }) => {
      const given = query.get(name);
      const usual = typeof member.default === 'function' ? undefined : (member.default as JsonValue | undefined);
      return [name, given ?? (writing === 'choice' || writing === 'number' ? textOf(writing, usual) : '')];
    }),
  );
}

/** What was typed. */
export function typedIn(members: readonly FormMember[], form: URLSearchParams): Typed {
  return Object.fromEntries(members.map(({ name }) => [name, form.get(name) ?? '']));
}

/** The body of a request, and the faults of what cannot be read as a value at all. */
export interface WrittenBody {
  readonly body: JsonObject;
  readonly faults: readonly ApiFault[];
}

/** The body that creates an object: what was left empty is left to the API. */
export function bodyOfNew(members: readonly FormMember[], typed: Typed): WrittenBody {
  return written(members, typed, () => undefined);
}

/** The body that changes `before`: only members that are no longer as they were. */
export function bodyOfChange(members: readonly FormMember[], typed: Typed, before: JsonObject): WrittenBody {
  const { body, faults } = written(members, typed, ({ member }) => emptied(member));
  const changed = Object.entries(body).filter(([name, value]) => {
    const { writing } = members.find((one) => one.name === name) ?? { writing: 'line' as const };
    // A browser sends line breaks in its own way, so texts are compared and not only values.
    return (
      canonicalJson(value) !== canonicalJson(before[name] ?? null) &&
      (typed[name] ?? '').replaceAll('\r\n', '\n').trim() !== textOf(writing, before[name]).trim()
    );
  });
  return { body: Object.fromEntries(changed), faults };
}

function written(
  members: readonly FormMember[],
  typed: Typed,
  empty: (member: FormMember) => JsonValue | undefined,
): WrittenBody {
  const body: Record<string, JsonValue> = {};
  const faults: ApiFault[] = [];
  for (const one of members) {
    const value = valueOf(one.writing, typed[one.name] ?? '');
    if (!value.ok) faults.push({ place: `/${one.name}`, detail: value.error });
    else {
      const given = value.value === undefined ? empty(one) : value.value;
      if (given !== undefined) body[one.name] = given;
    }
  }
  return { body, faults };
}
