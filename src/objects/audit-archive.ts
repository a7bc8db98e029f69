// The archive of audit events (contract §5.7): how one object of it is written and read, and what is known of each; stores none.

import type { AuditCursor } from './audit-log.ts';
import type { Organisation } from './organisation.ts';

/** Names the form of an object, in its first line. */
export const ARCHIVE_FORM = 'cambist.audit/1';

/** The first line of an object. The others are its events as the API answers them, oldest first, one a line. */
export interface ArchiveHeader {
  readonly form: typeof ARCHIVE_FORM;
  /** Id of the organisation. */
  readonly organisation: string;
  /** Its place in the chain of its organisation, from 1. */
  readonly sequence: number;
  /** SHA-256 of the whole object before it, in hexadecimal; null for the first. */
  readonly previous: string | null;
  readonly events: number;
}

/** What D1 knows of an object, to find its events and to tell whether it is still what was written. */
export interface ArchiveEntry {
  readonly sequence: number;
  /** Of the object as it is stored, compressed, in hexadecimal: what `sha256sum` says of it. */
  readonly sha256: string;
  readonly previous: string | null;
  /** Compressed. */
  readonly bytes: number;
  readonly events: number;
  readonly first: AuditCursor;
  readonly last: AuditCursor;
  /** Epoch seconds. */
  readonly archivedAt: number;
  /** Its events are past their retention: the object is deleted, and this entry says what the next one names. */
  readonly isRemoved: boolean;
}

/** What the API answers; times are RFC 3339 in UTC. */
export interface ArchiveEntryView extends Pick<ArchiveEntry, 'sequence' | 'sha256' | 'previous' | 'bytes' | 'events'> {
  readonly status: 'kept' | 'removed';
  readonly firstEventAt: string;
  readonly lastEventAt: string;
  readonly archivedAt: string;
}

/** A page of the chain, oldest first; `organisation` is null if the one named does not exist. */
export interface ArchivePage {
  readonly organisation: Organisation | null;
  readonly entries: readonly ArchiveEntry[];
  /** Whether there are entries behind the last of these. */
  readonly hasMore: boolean;
}

/** Reads the chain of an organisation, given by id or slug. Both throw StorageUnavailable. */
export interface ArchiveStore {
  /** The entries behind the one with this sequence. */
  readonly list: (organisation: string, after: number, limit: number) => Promise<ArchivePage>;
  /** The object as it is stored, whatever it is by now. */
  readonly open: (organisation: string, sequence: number) => Promise<OpenedArchive>;
}

export interface OpenedArchive {
  readonly organisation: Organisation | null;
  /** Null if the chain has no such entry. */
  readonly entry: ArchiveEntry | null;
  /** Null if the object is missing. */
  readonly body: ReadableStream<Uint8Array> | null;
}

/** An object of the archive that is missing or not what was written: its events are not shown, and never guessed. */
export class ArchiveBroken extends Error {
  override readonly name = 'ArchiveBroken';
}

/** The text of an object: its header and the lines of its events. */
export function archiveText(header: ArchiveHeader, lines: readonly string[]): string {
  return [JSON.stringify(header), ...lines].map((line) => `${line}\n`).join('');
}

/** The header and the lines of an object's text; null if it has another form. */
export function readArchiveText(text: string): { readonly header: ArchiveHeader; readonly lines: string[] } | null {
  const [first = '', ...lines] = text.split('\n');
  // Every line ends with a line feed, so what follows the last one is empty; else the text was cut short.
  if (lines.pop() !== '') return null;
  const header = headerOf(first);
  return header !== null && header.events === lines.length ? { header, lines } : null;
}

function headerOf(line: string): ArchiveHeader | null {
  try {
    const { form, organisation, sequence, previous, events } = JSON.parse(line) as Record<keyof ArchiveHeader, unknown>;
    const isChained = previous === null || typeof previous === 'string';
    return form === ARCHIVE_FORM &&
      typeof organisation === 'string' &&
      typeof sequence === 'number' &&
      typeof events === 'number' &&
      isChained
      ? { form, organisation, sequence, previous, events }
      : null;
  } catch {
    return null;
  }
}
