// Fetches one JSON document from an address that was checked before, bounded in time and size; follows no redirect.

import { readBounded } from '../bounded-body.ts';
import type { JsonValue } from '../token/json.ts';
import { MAX_JSON_DEPTH } from '../token/limits.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';
import { parseStrictJson } from '../token/strict-json.ts';
import type { StrictJsonOptions } from '../token/strict-json.ts';
import { VERSION } from '../version.ts';

export type FetchRequest = (request: Request) => Promise<Response>;

export interface FetchedDocument {
  readonly value: JsonValue;
  readonly cacheControl: string;
  /** Epoch seconds by the clock of whoever answered; null if the answer does not tell. */
  readonly clock: number | null;
}

/** Why there is no document. `detail` is for an operator: it names the address and the status, and quotes no body. */
export interface FetchFailure {
  readonly cause: 'status' | 'too_large' | 'not_json' | 'unreachable';
  /** Of the answer; null if there was none. */
  readonly status: number | null;
  readonly detail: string;
}

/** What is asked for, and how much of it is read. */
export interface DocumentRequest extends Pick<StrictJsonOptions, 'readMembers'> {
  readonly url: string;
  /** After decompression. */
  readonly maxBytes: number;
}

/** RFC 7517 §8.5.1 gives key sets a type of their own, and some servers answer 406 to those who do not name it. */
const ACCEPT = 'application/jwk-set+json, application/json';
/** Firewalls refuse requests that do not say who sends them. */
export const USER_AGENT = `cambist/${VERSION}`;

/** Fetches and parses a document, whatever its content type says. */
export async function fetchDocument(
  fetch: FetchRequest,
  { url, maxBytes, readMembers }: DocumentRequest,
  signal: AbortSignal,
): Promise<Result<FetchedDocument, FetchFailure>> {
  const failure = (cause: FetchFailure['cause'], said: string, status: number | null = null): Refused =>
    refuse({ cause, status, detail: `GET ${url} ${said}` });
  if (signal.aborted) return failure('unreachable', 'was not sent: there was no time left');
  try {
    // A shared cache in between could hand out keys that their issuer has withdrawn.
    const headers = { accept: ACCEPT, 'user-agent': USER_AGENT };
    const response = await fetch(new Request(url, { headers, redirect: 'manual', cache: 'no-store', signal }));
    const { status } = response;
    if (status !== 200) {
      void response.body?.cancel().catch(() => undefined);
      return failure('status', `answered ${status}${remarkOn(status)}`, status);
    }
    const body = await readBounded(response.body, maxBytes, signal);
    if (body === null) return failure('too_large', `answered more than ${maxBytes} bytes`, status);
    const parsed = parseStrictJson(withoutByteOrderMark(body), {
      maxDepth: MAX_JSON_DEPTH,
      ...(readMembers === undefined ? {} : { readMembers }),
    });
    if (!parsed.ok) return failure('not_json', `answered what is not acceptable JSON: ${parsed.error}`, status);
    return ok({
      value: parsed.value,
      cacheControl: response.headers.get('cache-control') ?? '',
      clock: clockOf(response.headers),
    });
  } catch (error) {
    return failure('unreachable', `failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

interface Refused {
  readonly ok: false;
  readonly error: FetchFailure;
}

function remarkOn(status: number): string {
  if (status === 304) return ', although the request asked for the document unconditionally';
  return status >= 300 && status < 400 ? ', and redirects are not followed' : '';
}

/** RFC 8259 §8.1 lets a reader ignore the mark, which editors put before hand-written documents. */
function withoutByteOrderMark(body: Uint8Array): Uint8Array {
  const [first, second, third] = body;
  return first === 0xef && second === 0xbb && third === 0xbf ? body.subarray(3) : body;
}

/** `Date` is the moment a cached answer was made, and `Age` how long ago that was (RFC 9111 §4.2.3). */
function clockOf(headers: Headers): number | null {
  const made = Date.parse(headers.get('date') ?? '');
  const age = Number(headers.get('age') ?? 0);
  return Number.isNaN(made) || !Number.isFinite(age) ? null : made / 1000 + age;
}
