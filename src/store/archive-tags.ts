// What the index of the archive says of the events in an object, so that a list reads only objects that may hold what it looks for.

import type { AuditFilter, ListedAuditEvent } from '../objects/audit-log.ts';
import { sha256 } from '../token/digest.ts';
import type { Condition } from './iam-audit.ts';
import { ARCHIVE_TAG_CHARS, MAX_ARCHIVE_TAGS_PER_KIND } from './limits.ts';

/** Filters by which objects are told apart, each with its letter and the member that it compares. */
const KINDS = [
  ['a', 'action', 'action'],
  ['o', 'outcome', 'outcome'],
  ['c', 'serviceAccount', 'serviceAccountId'],
  ['f', 'federatedIdentity', 'federatedIdentityId'],
  ['i', 'issuer', 'issuer'],
  ['s', 'subject', 'subject'],
] as const;

type Kind = (typeof KINDS)[number];

/** The filters that are given, with the member of an event that each compares. */
export function comparedMembers(filter: AuditFilter): { readonly kind: Kind; readonly value: string }[] {
  return KINDS.flatMap((kind) => {
    const value = filter[kind[1]];
    return value === null ? [] : [{ kind, value }];
  });
}

/** Whether an event has what the filters by member ask for; an account is meant by its id. */
export function hasMembers(event: ListedAuditEvent, filter: AuditFilter): boolean {
  return comparedMembers(filter).every(({ kind: [, , member], value }) => event[member] === value);
}

/** The tags of some events, between spaces; a kind with too many values has one tag that stands for any. */
export async function tagsOf(events: readonly ListedAuditEvent[]): Promise<string> {
  const tags: string[] = [];
  for (const kind of KINDS) {
    const values = new Set(events.map((event) => event[kind[2]]).filter((value) => value !== null));
    if (values.size > MAX_ARCHIVE_TAGS_PER_KIND) tags.push(anyOf(kind));
    else for (const value of values) tags.push(await tagOf(kind, value));
  }
  return ` ${tags.join(' ')} `;
}

/** Holds for each object that may have events which the filters by member leave. */
export async function tagConditions(filter: AuditFilter): Promise<Condition[]> {
  return await Promise.all(
    comparedMembers(filter).map(async ({ kind, value }) => ({
      sql: '(instr(tags, ?) > 0 OR instr(tags, ?) > 0)',
      values: [` ${await tagOf(kind, value)} `, ` ${anyOf(kind)} `],
    })),
  );
}

/** Two values with one tag cost a look into an object, and show nothing else. */
async function tagOf([letter]: Kind, value: string): Promise<string> {
  return letter + (await sha256(value)).slice(0, ARCHIVE_TAG_CHARS);
}

function anyOf([letter]: Kind): string {
  return `${letter}*`;
}
