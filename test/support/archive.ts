// An archive for worker tests: the real R2 binding, events to put into it, and a look at what is in it.

import { env } from 'cloudflare:workers';

import type { Settings } from '../../src/config.ts';
import { readArchiveText } from '../../src/objects/audit-archive.ts';
import type { ArchiveHeader } from '../../src/objects/audit-archive.ts';
import type { AuditEventView } from '../../src/objects/audit-event.ts';

/** The bucket of the tests; `freshDatabase` empties it, too. */
export const bucket: R2Bucket = (env as Settings).ARCHIVE as R2Bucket;

export const DAY = 86_400;
export const ORGANISATION = 'org_00000000000000000000000000';

/** The n-th event id of a test. */
export function eventId(n: number): string {
  return `evt_${String(n).padStart(26, '0')}`;
}

/** The id of the n-th request of a test, in the form of all of ours; `time` is in epoch seconds. */
export function requestId(n: number, time: number): string {
  const digits = (time * 1000 + (n % 1000)).toString(16).padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}-7000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** An event of a test; what is not given is a grant of nobody in particular. */
export interface Row {
  readonly n: number;
  readonly time: number;
  readonly organisation?: string;
  readonly action?: string;
  readonly outcome?: string;
  readonly account?: string | null;
  readonly identity?: string | null;
  readonly issuer?: string | null;
  readonly subject?: string | null;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly count?: number;
  /** Further requests that it counts. */
  readonly requests?: readonly string[];
}

/** Inserts events, as the service would have written them at their time. */
export async function insertEvents(db: D1Database, rows: readonly Row[]): Promise<void> {
  const insert = db.prepare(
    `INSERT INTO audit_event (organisation_id, id, time, request_id, actor, action, outcome, service_account_id,
       federated_identity_id, issuer, subject, claims, count) VALUES (?, ?, ?, ?, 'root', ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const name = db.prepare('INSERT INTO audit_event_request (request_id, event_id, organisation_id) VALUES (?, ?, ?)');
  const statements = rows.flatMap(({ n, time, organisation = ORGANISATION, requests = [], ...row }) => [
    insert.bind(
      organisation,
      eventId(n),
      time,
      requestId(n, time),
      row.action ?? 'token.exchange',
      row.outcome ?? 'granted',
      row.account ?? null,
      row.identity ?? null,
      row.issuer ?? null,
      row.subject ?? null,
      row.claims === undefined ? null : JSON.stringify(row.claims),
      row.count ?? requests.length + 1,
    ),
    ...requests.map((request) => name.bind(request, eventId(n), organisation)),
  ]);
  for (let at = 0; at < statements.length; at += 500) await db.batch(statements.slice(at, at + 500));
}

/** How many events are left in D1. */
export async function inD1(db: D1Database): Promise<number> {
  return (await db.prepare('SELECT count(*) AS n FROM audit_event').first<number>('n')) ?? 0;
}

export interface StoredObject {
  readonly key: string;
  readonly sha256: string;
  readonly header: ArchiveHeader;
  readonly events: readonly AuditEventView[];
}

/** Every object of the bucket, by key, read without any code of the service but that of its form. */
export async function storedObjects(): Promise<StoredObject[]> {
  const { objects } = await bucket.list();
  return await Promise.all(
    objects.map(async ({ key }) => {
      const bytes = (await (await bucket.get(key))?.arrayBuffer()) ?? new ArrayBuffer();
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      const text = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text();
      const parsed = readArchiveText(text);
      if (parsed === null) throw new Error(`${key} has another form`);
      return {
        key,
        sha256: [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
        header: parsed.header,
        events: parsed.lines.map((line) => JSON.parse(line) as AuditEventView),
      };
    }),
  );
}
