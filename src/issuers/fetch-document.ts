// Fetches one JSON document from an address that was checked before, bounded in time and size; follows no redirect.

import { readBounded } from '../bounded-body.ts';
import type { JsonValue } from '../token/json.ts';
import { MAX_JSON_DEPTH } from '../token/limits.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';
import { parseStrictJson } from '../token/strict-json.ts';

export type FetchRequest = (request: Request) => Promise<Response>;

export interface FetchedJson {
  readonly value: JsonValue;
  readonly cacheControl: string;
  /** Epoch seconds by the clock of whoever answered; null where the answer does not tell. */
  readonly clock: number | null;
}

/** Fetches and parses a document of at most `maxBytes` after decompression; the refusal is for an operator and quotes no body. */
export async function fetchJson(
  fetch: FetchRequest,
  url: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Result<FetchedJson, string>> {
  if (signal.aborted) return refuse(`GET ${url} was not sent: there was no time left`);
  try {
    // A shared cache in between could hand out keys that their issuer has withdrawn.
    const request = new Request(url, {
      headers: { accept: 'application/json' },
      redirect: 'manual',
      cache: 'no-store',
      signal,
    });
    const response = await fetch(request);
    if (response.status !== 200) {
      void response.body?.cancel().catch(() => undefined);
      return refuse(
        `GET ${url} answered ${response.status}${response.status >= 300 && response.status < 400 ? ', and redirects are not followed' : ''}`,
      );
    }
    const body = await readBounded(response.body, maxBytes, signal);
    if (body === null) return refuse(`GET ${url} answered more than ${maxBytes} bytes`);
    const parsed = parseStrictJson(body, { maxDepth: MAX_JSON_DEPTH });
    if (!parsed.ok) return refuse(`GET ${url} answered what is not acceptable JSON: ${parsed.error}`);
    const { headers } = response;
    return ok({ value: parsed.value, cacheControl: headers.get('cache-control') ?? '', clock: clockOf(headers) });
  } catch (error) {
    return refuse(`GET ${url} failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** `Date` is the moment a cached answer was made, and `Age` how long ago that was (RFC 9111 §4.2.3). */
function clockOf(headers: Headers): number | null {
  const made = Date.parse(headers.get('date') ?? '');
  const age = Number(headers.get('age') ?? 0);
  return Number.isNaN(made) || !Number.isFinite(age) ? null : made / 1000 + age;
}
