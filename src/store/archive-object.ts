// One object of the archive in R2: written, read back and compared, read, deleted. What is not exactly what was written is never used.

import { ArchiveBroken } from '../objects/audit-archive.ts';
import type { ArchiveEntry } from '../objects/audit-archive.ts';
import { formatTimestamp } from '../objects/values.ts';
import { StorageUnavailable } from '../exchange/ports.ts';
import { isSameDigest } from '../token/digest.ts';
import { inTime } from '../timeout.ts';
import { ARCHIVE_TIMEOUT_MS } from './limits.ts';

/** What names an object: its place, and what is in it, so that two runs that make different ones never write over each other. */
export type ArchivedAs = Pick<ArchiveEntry, 'sequence' | 'sha256'>;

/** An object before it is written. */
export interface PackedObject {
  readonly text: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sha256: string;
}

/** Digits of a sequence in a key, so that keys sort as their sequences do. */
const SEQUENCE_DIGITS = 10;

function prefixOf(organisationId: string, sequence: number): string {
  return `audit/${organisationId}/${String(sequence).padStart(SEQUENCE_DIGITS, '0')}-`;
}

function keyOf(organisationId: string, { sequence, sha256 }: ArchivedAs): string {
  return `${prefixOf(organisationId, sequence)}${sha256}.ndjson.gz`;
}

/** The bucket. Throws ArchiveBroken if there is none: what was archived is not shown as if it had never been. */
export function bound(bucket: R2Bucket | null): R2Bucket {
  if (bucket !== null) return bucket;
  throw new ArchiveBroken('these audit events were archived, and ARCHIVE is not bound to the bucket that has them');
}

/** Compresses a text and says what its object will be called by. */
export async function packObject(text: string): Promise<PackedObject> {
  const bytes = await throughStream(text, new CompressionStream('gzip'));
  return { text, bytes, sha256: await sha256Of(bytes) };
}

/** Writes an object and returns when R2 has given back exactly what was written. Throws StorageUnavailable. */
export async function writeObject(
  bucket: R2Bucket,
  organisationId: string,
  sequence: number,
  { text, bytes, sha256 }: PackedObject,
): Promise<void> {
  const key = keyOf(organisationId, { sequence, sha256 });
  const kept = await inArchive('write an object', async () => {
    await bucket.put(key, bytes, { sha256, httpMetadata: { contentType: 'application/gzip' } });
    return await readBytes(bucket, key, bytes.length);
  });
  // Unpacked too: after this, the only copy is the one that these bytes are.
  const isKept = kept !== null && kept !== 'of another size' && isSameDigest(await sha256Of(kept), sha256);
  if (!isKept || (await unpack(kept)) !== text)
    throw new StorageUnavailable('R2 does not give back what was written to the archive', { cause: new Error(key) });
}

/** The text of an object. Throws ArchiveBroken if it is missing or was changed, StorageUnavailable if R2 fails. */
export async function readObject(bucket: R2Bucket, organisationId: string, entry: ArchiveEntry): Promise<string> {
  const key = keyOf(organisationId, entry);
  const bytes = await inArchive('read an object', async () => readBytes(bucket, key, entry.bytes));
  const isWhole = bytes !== null && bytes !== 'of another size' && isSameDigest(await sha256Of(bytes), entry.sha256);
  const fault = bytes === null ? 'is missing' : isWhole ? null : 'was changed';
  const text = isWhole ? await unpack(bytes) : null;
  if (text !== null) return text;
  const { first, last, sequence } = entry;
  throw new ArchiveBroken(
    `the object ${sequence} of the archive, with the events from ${formatTimestamp(first.time)} to ${formatTimestamp(last.time)}, ${fault ?? 'cannot be unpacked'}; cambist audit verify looks at all of them`,
  );
}

/** The object as it is stored, whatever it is by now; null if there is none. Throws StorageUnavailable. */
export async function openObject(
  bucket: R2Bucket,
  organisationId: string,
  entry: ArchivedAs,
): Promise<ReadableStream<Uint8Array> | null> {
  const key = keyOf(organisationId, entry);
  return await inArchive('read an object', async () => (await bucket.get(key))?.body ?? null);
}

/** Deletes the object of a place in the chain, and what runs that were cut off left there. Throws StorageUnavailable. */
export async function deleteObjects(bucket: R2Bucket, organisationId: string, sequence: number): Promise<void> {
  await inArchive('delete an object', async () => {
    const { objects } = await bucket.list({ prefix: prefixOf(organisationId, sequence) });
    if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key));
  });
}

/** R2 fails, or does not answer in time: whether it did what it was told is then unknown. */
async function inArchive<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await inTime(work(), ARCHIVE_TIMEOUT_MS);
  } catch (cause) {
    throw new StorageUnavailable(`R2 did not ${what} of the archive`, { cause });
  }
}

/** The bytes of an object; none of one of another size, which may be larger than an isolate's memory. */
async function readBytes(bucket: R2Bucket, key: string, size: number): Promise<ArrayBuffer | 'of another size' | null> {
  const object = await bucket.get(key);
  if (object === null) return null;
  if (object.size === size) return await object.arrayBuffer();
  await object.body.cancel();
  return 'of another size';
}

/** The text; null if these bytes are none that was compressed. */
async function unpack(bytes: ArrayBuffer): Promise<string | null> {
  try {
    return new TextDecoder().decode(await throughStream(bytes, new DecompressionStream('gzip')));
  } catch {
    return null;
  }
}

async function throughStream(
  content: string | ArrayBuffer,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array<ArrayBuffer>> {
  const body = new Blob([content]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(body).arrayBuffer());
}

async function sha256Of(bytes: ArrayBuffer | Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
