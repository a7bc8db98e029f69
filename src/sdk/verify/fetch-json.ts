// Fetches one JSON document of the trusted deployment: bounded in time and size, without following redirects; knows no document.

import { readBoundedText } from '../bounded-text.ts';
import { FETCH_TIMEOUT_MS, MAX_DOCUMENT_BYTES } from './limits.ts';

/**
 * The part of `fetch` that is used; the global one, or any of the same behaviour.
 *
 * @example
 * ```ts
 * import type { Fetch } from '@cambist/sdk/verify';
 *
 * const logged: Fetch = (url, init) => {
 *   console.log(url);
 *   return fetch(url, init);
 * };
 * ```
 */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export const globalFetch: Fetch = (url, init) => fetch(url, init);

export interface JsonAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined if the body is not JSON. */
  readonly json: unknown;
}

/** Throws if there is no answer in time, or one that is too large. */
export async function fetchJson(send: Fetch, url: string, headers: Record<string, string> = {}): Promise<JsonAnswer> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  // A race besides the signal, since not every fetch listens to it.
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      controller.abort();
      reject(new Error(`no answer within ${FETCH_TIMEOUT_MS} ms`));
    }, FETCH_TIMEOUT_MS);
  });
  const read = async (): Promise<JsonAnswer> => {
    const response = await send(url, {
      headers: { accept: 'application/json', ...headers },
      redirect: 'manual',
      signal: controller.signal,
    });
    const text = await readBoundedText(response, MAX_DOCUMENT_BYTES);
    if (text === null) throw new Error(`the answer is larger than ${MAX_DOCUMENT_BYTES} bytes`);
    return { status: response.status, headers: response.headers, json: parse(text) };
  };
  try {
    return await Promise.race([read(), late]);
  } finally {
    clearTimeout(timer);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The value as an object with members; null for anything else. */
export function membersOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;
}
