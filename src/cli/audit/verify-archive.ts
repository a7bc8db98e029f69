// Judges the archive of an organisation by what it is, not by what the deployment says of it: every hash is worked out here.

import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';

import { readArchiveText } from '../../objects/audit-archive.ts';
import type { ArchiveEntryView, ArchiveHeader } from '../../objects/audit-archive.ts';
import { DOWNLOADS_AT_ONCE, MAX_UNPACKED_OBJECT_BYTES } from '../limits.ts';

/** What is wrong with one object, or with the chain at its place. */
export interface ArchiveFault {
  readonly sequence: number;
  /** `swapped`: another object of the archive is in its place. `unchained`: it does not name the one before. */
  readonly fault: 'missing' | 'changed' | 'swapped' | 'unchained';
  readonly detail: string;
}

/** A place of the chain that was seen earlier, and the hash that it had. */
export interface Anchor {
  readonly sequence: number;
  readonly sha256: string;
}

export interface Verdict {
  /** Objects that are there and whole. */
  readonly objects: number;
  readonly events: number;
  /** The last one that was deleted past its retention; null if none was. */
  readonly removedUpTo: number | null;
  /** The newest object: keep it, and give it to the next check. Null if there is none. */
  readonly head: Anchor | null;
  readonly faults: readonly ArchiveFault[];
}

/** Where the chain comes from. */
export interface ArchiveSource {
  /** Its entries, oldest first. */
  readonly entries: readonly ArchiveEntryView[];
  /** The object as it is stored; null if it is missing. */
  readonly download: (sequence: number) => Promise<Uint8Array | null>;
  /** Told of each entry that was looked at. */
  readonly onChecked?: (entry: ArchiveEntryView) => void;
}

/** Goes through the whole chain; never ends at the first fault. `organisation` is the id that every object must name. */
export async function verifyArchive(
  { entries, download, onChecked }: ArchiveSource,
  organisation: string,
  anchor: Anchor | null,
): Promise<Verdict> {
  const faults: ArchiveFault[] = [];
  let [objects, events] = [0, 0];
  let removedUpTo: number | null = null;
  let before: Anchor | null = null;
  const downloads = ahead(entries, async ({ sequence, status }) =>
    status === 'kept' ? await download(sequence) : null,
  );
  for (const entry of entries) {
    const { sequence } = entry;
    const bytes = (await downloads.next()).value ?? null;
    const found: Omit<ArchiveFault, 'sequence'>[] = placeFaults(entry, before);
    if (entry.status === 'removed') {
      if (objects > 0) found.push({ fault: 'missing', detail: 'it was deleted although older ones are kept' });
      removedUpTo = sequence;
    } else {
      const fault = bytes === null ? missing(entry) : objectFault(bytes, entry, organisation, entries);
      if (fault !== null) found.push(fault);
      else {
        objects += 1;
        events += entry.events;
      }
    }
    faults.push(...found.map((fault) => ({ sequence, ...fault })));
    before = { sequence, sha256: entry.sha256 };
    onChecked?.(entry);
  }
  const anchored = anchor === null ? null : anchorFault(entries, anchor);
  if (anchored !== null) faults.push(anchored);
  return { objects, events, removedUpTo, head: before, faults };
}

/** What `work` makes of each, in order, a few at a time: most of the time is spent waiting. */
async function* ahead<T, R>(all: readonly T[], work: (one: T) => Promise<R>): AsyncGenerator<R> {
  const begun: Promise<R>[] = [];
  for (const [at, one] of all.entries()) {
    const next = work(one);
    // Whoever waits for it hears of its failure.
    next.catch(() => undefined);
    begun.push(next);
    if (at >= DOWNLOADS_AT_ONCE - 1) yield await (begun.shift() as Promise<R>);
  }
  for (const next of begun) yield await next;
}

type Found = Omit<ArchiveFault, 'sequence'>;

/** Whether an entry follows the one before it; the first may only follow one that was removed. */
function placeFaults({ sequence, previous, status }: ArchiveEntryView, before: Anchor | null): Found[] {
  const expected = (before?.sequence ?? 0) + 1;
  // What was removed long ago has no entry: that the oldest left was removed, too, says so.
  if (before === null && status === 'removed') return [];
  if (sequence !== expected)
    return [{ fault: 'missing', detail: `${rangeOf(expected, sequence - 1)} of the chain has no entry` }];
  return previous === (before?.sha256 ?? null)
    ? []
    : [{ fault: 'unchained', detail: `its entry names ${String(previous)} as the one before, which it is not` }];
}

function rangeOf(from: number, to: number): string {
  return from === to ? `object ${from}` : `each object from ${from} to ${to}`;
}

/** How many events, in words. */
export function countOf(events: number): string {
  return `${events} ${events === 1 ? 'event' : 'events'}`;
}

function missing({ events, firstEventAt, lastEventAt }: ArchiveEntryView): Found {
  return { fault: 'missing', detail: `its ${countOf(events)} from ${firstEventAt} to ${lastEventAt} cannot be read` };
}

/** Whether the bytes are the object that the chain has at this place; null if they are. */
function objectFault(
  bytes: Uint8Array,
  entry: ArchiveEntryView,
  organisation: string,
  entries: readonly ArchiveEntryView[],
): Found | null {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const content = unpacked(bytes);
  const other = entries.find((one) => one.sha256 === sha256 && one.sequence !== entry.sequence);
  if (other !== undefined) return { fault: 'swapped', detail: `the object ${other.sequence} is in its place` };
  if (content !== null && !isAt(content.header, entry, organisation))
    return { fault: 'swapped', detail: `in its place is ${named(content.header)}` };
  if (sha256 !== entry.sha256) return { fault: 'changed', detail: `its SHA-256 is ${sha256}, not ${entry.sha256}` };
  if (content === null) return { fault: 'changed', detail: 'it cannot be read: it is no compressed NDJSON' };
  if (content.header.previous !== entry.previous)
    return { fault: 'unchained', detail: `it names ${String(content.header.previous)} as the one before` };
  return content.lines.length === entry.events && isInOrder(content.lines, entry)
    ? null
    : { fault: 'changed', detail: 'its events are not those that its entry describes' };
}

function isAt({ organisation, sequence }: ArchiveHeader, entry: ArchiveEntryView, expected: string): boolean {
  return organisation === expected && sequence === entry.sequence;
}

function named({ organisation, sequence }: ArchiveHeader): string {
  return `the object ${sequence} of ${organisation}`;
}

function unpacked(bytes: Uint8Array): ReturnType<typeof readArchiveText> {
  try {
    return readArchiveText(gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED_OBJECT_BYTES }).toString('utf8'));
  } catch {
    return null;
  }
}

function isInOrder(lines: readonly string[], { firstEventAt, lastEventAt }: ArchiveEntryView): boolean {
  try {
    const places = lines.map((line) => {
      const { time, identity } = JSON.parse(line) as { readonly time: string; readonly identity: string };
      return `${time} ${identity}`;
    });
    return (
      places[0]?.startsWith(firstEventAt) === true &&
      places.at(-1)?.startsWith(lastEventAt) === true &&
      places.every((place, at) => at === 0 || (places[at - 1] ?? '') < place)
    );
  } catch {
    return false;
  }
}

/** The chain may be newer than the anchor, and its beginning may be removed; what it had at that place it must still have. */
function anchorFault(entries: readonly ArchiveEntryView[], { sequence, sha256 }: Anchor): ArchiveFault | null {
  const [oldest] = entries;
  const entry = entries.find((one) => one.sequence === sequence);
  if (entry?.sha256 === sha256) return null;
  if (entry === undefined && oldest !== undefined && oldest.status === 'removed' && oldest.sequence > sequence)
    return null;
  const detail =
    entry === undefined
      ? 'the chain ends before it: it was there when the anchor was taken'
      : `the chain has ${entry.sha256} there, and had ${sha256} when the anchor was taken`;
  return { sequence, fault: entry === undefined ? 'missing' : 'changed', detail };
}
