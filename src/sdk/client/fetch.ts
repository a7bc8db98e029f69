// The part of `fetch` that the client uses, so that a program may bring one of its own; types only.

/**
 * What is said of a request.
 *
 * @example
 * ```ts
 * import type { FetchInit } from '@cambist/sdk';
 *
 * const describe = ({ method, body }: FetchInit): string => `${method} of ${body.length} characters`;
 * ```
 */
export interface FetchInit {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The answer is taken as it is: a redirect would carry the token to another place. */
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
}

/**
 * What is read of an answer; a `Response` is one.
 *
 * @example
 * ```ts
 * import type { FetchAnswer } from '@cambist/sdk';
 *
 * const isThrottled = ({ status }: FetchAnswer): boolean => status === 429;
 * ```
 */
export interface FetchAnswer {
  readonly status: number;
  readonly headers: { readonly get: (name: string) => string | null };
  readonly body: ReadableStream<Uint8Array> | null;
}

/**
 * The part of `fetch` that is used; the global one, or any of the same behaviour.
 *
 * @example
 * ```ts
 * import type { Fetch } from '@cambist/sdk';
 *
 * const logged: Fetch = (url, init) => {
 *   console.log(init.method, url);
 *   return fetch(url, init);
 * };
 * ```
 */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchAnswer>;
