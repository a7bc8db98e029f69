// What an audit event keeps of a change (contract §5.7): the members that changed, bounded, and which object it was.

import { canonicalJson } from '../token/canonical-json.ts';
import type { JsonObject, JsonValue } from '../token/json.ts';
import { MAX_RECORDED_CHANGES_BYTES } from './limits.ts';

/** Of an object as the API answers it, before and after; null is one that is not there. */
export interface RecordedChanges {
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
  /** Of an update: which object it was. The name is absent if it changed. */
  readonly identity?: string;
  readonly name?: string;
  /** Names of the members that did not fit. */
  readonly omitted?: readonly string[];
}

/** What tells objects apart: it is kept first, whatever else is left out. */
const IDENTIFYING = ['identity', 'name', 'slug'];
/** What people write for themselves and nothing is decided by: it is left out first. */
const DISPLAYED = ['labels', 'annotations', 'description'];
const encoder = new TextEncoder();

/** Of a creation or deletion the whole object, of an update the members that differ; less what does not fit, by its names. */
export function recordChanges(before: JsonObject | null, after: JsonObject | null): RecordedChanges {
  const isUpdate = before !== null && after !== null;
  const all = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const changed = isUpdate ? all.filter((name) => canonical(before, name) !== canonical(after, name)) : all;
  const unchanged = isUpdate ? unchangedIdentity(after, changed) : {};
  const kept = new Set<string>();
  const envelope = { before: before && {}, after: after && {}, ...unchanged };
  let room = MAX_RECORDED_CHANGES_BYTES - encoder.encode(JSON.stringify(envelope)).length;
  for (const { name, size } of inOrder(changed, before, after)) {
    if (size > room) continue;
    kept.add(name);
    room -= size;
  }
  const omitted = changed.filter((name) => !kept.has(name));
  return {
    before: before && only(before, changed, kept),
    after: after && only(after, changed, kept),
    ...unchanged,
    ...(omitted.length === 0 ? {} : { omitted }),
  };
}

/** The smaller first, so that one long member costs no other its place. */
function inOrder(
  names: readonly string[],
  before: JsonObject | null,
  after: JsonObject | null,
): readonly { readonly name: string; readonly size: number }[] {
  const rank = (name: string): number => (IDENTIFYING.includes(name) ? 0 : DISPLAYED.includes(name) ? 2 : 1);
  return names
    .map((name) => ({ name, size: bytesOf(before, name) + bytesOf(after, name) }))
    .toSorted((one, other) => rank(one.name) - rank(other.name) || one.size - other.size);
}

function only(object: JsonObject, names: readonly string[], kept: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(
    names.flatMap((name) => (kept.has(name) && Object.hasOwn(object, name) ? [[name, object[name] as JsonValue]] : [])),
  );
}

function unchangedIdentity(object: JsonObject, changed: readonly string[]): { identity?: string; name?: string } {
  const { identity, name } = object;
  return {
    ...(typeof identity === 'string' && { identity }),
    ...(typeof name === 'string' && !changed.includes('name') && { name }),
  };
}

/** Of a member as it is stored, with its name. */
function bytesOf(object: JsonObject | null, name: string): number {
  const value = object?.[name];
  return value === undefined ? 0 : encoder.encode(JSON.stringify({ [name]: value })).length - 1;
}

function canonical(object: JsonObject, name: string): string | null {
  const value = object[name];
  return value === undefined ? null : canonicalJson(value);
}
