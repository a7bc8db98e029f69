// Holds one token and renews it before it ends, so that callers just ask; keeps it in memory only.

import { TokenExchangeError } from './errors.ts';
import { exchangeToken } from './exchange-token.ts';
import type { ExchangedToken, ExchangeParameters } from './exchange-token.ts';
import {
  EARLY_REFRESH_JITTER,
  EARLY_REFRESH_SHARE,
  EXPIRY_MARGIN_SECONDS,
  FAILED_REFRESH_PAUSE_SECONDS,
  MAX_EARLY_REFRESH_SECONDS,
} from './limits.ts';
import type { RequestOptions } from './post-form.ts';
import { singleFlight } from './single-flight.ts';

/**
 * What a source exchanges, and how it asks.
 *
 * @example
 * ```ts
 * import type { TokenSourceOptions } from '@cambist/sdk';
 *
 * const options: TokenSourceOptions = { url: 'https://cambist.example.com', subjectToken: async () => 'eyJ…' };
 * ```
 */
export interface TokenSourceOptions extends ExchangeParameters, RequestOptions {
  /** The ID token, or a function that reads it: asked before every exchange, since platforms rotate files and variables. */
  readonly subjectToken: string | (() => string | Promise<string>);
}

/**
 * Holds one token and keeps it fresh.
 *
 * @example
 * ```ts
 * import type { TokenSource } from '@cambist/sdk';
 *
 * async function callApi(source: TokenSource): Promise<Response> {
 *   const { accessToken } = await source.getToken();
 *   const response = await fetch('https://api.example.com', { headers: { authorization: `Bearer ${accessToken}` } });
 *   if (response.status === 401) source.forget();
 *   return response;
 * }
 * ```
 */
export interface TokenSource {
  /** A token with time left. Throws TokenExchangeError; `signal` ends the waiting of this caller only. */
  readonly getToken: (options?: { readonly signal?: AbortSignal | undefined }) => Promise<ExchangedToken>;
  /** What is held now, whether it has time left or not; asks nobody. */
  readonly peek: () => ExchangedToken | null;
  /** Forgets the token, so that the next call exchanges again: for an API that answered 401 to it. */
  readonly forget: () => void;
}

interface Held {
  readonly token: ExchangedToken;
  readonly refreshAtMs: number;
  readonly endsAtMs: number;
}

/**
 * Makes a source that exchanges when it is first asked, then shares, and renews in the last fifth of the token's life.
 *
 * @example
 * ```ts
 * import { tokenSource } from '@cambist/sdk';
 *
 * const source = tokenSource({
 *   url: 'https://cambist.example.com',
 *   subjectToken: async () => 'eyJ…', // read it anew each time: platforms rotate it
 *   scope: 'api:read',
 * });
 * const { accessToken } = await source.getToken();
 * ```
 */
export function tokenSource(options: TokenSourceOptions): TokenSource {
  let held: Held | null = null;
  let pausedUntilMs = 0;
  let generation = 0;

  const renew = singleFlight(async () => {
    const startedIn = generation;
    const token = await exchangeToken({ ...options, subjectToken: await readSubjectToken(options.subjectToken) });
    // A token asked for before forget() may be the one that was refused.
    if (startedIn === generation) held = hold(token);
    return token;
  });

  const getToken = async (): Promise<ExchangedToken> => {
    const now = Date.now();
    const current = held;
    if (current === null || now >= current.endsAtMs) return renew();
    if (now < current.refreshAtMs || now < pausedUntilMs) return current.token;
    try {
      return await renew();
    } catch (error) {
      // The early part exists to survive this: the token is good until its end, whatever the deployment says meanwhile.
      if (Date.now() >= current.endsAtMs || isAborted(error) || held !== current) throw error;
      pausedUntilMs = Date.now() + FAILED_REFRESH_PAUSE_SECONDS * 1000;
      return current.token;
    }
  };

  return {
    getToken: ({ signal } = {}) => (signal === undefined ? getToken() : untilAborted(getToken(), signal)),
    peek: () => held?.token ?? null,
    forget: () => {
      generation += 1;
      held = null;
      pausedUntilMs = 0;
    },
  };
}

function hold(token: ExchangedToken): Held {
  const endsAt = token.expiresAt.getTime();
  const early = Math.min(token.expiresIn * EARLY_REFRESH_SHARE, MAX_EARLY_REFRESH_SECONDS);
  const margin = Math.min(EXPIRY_MARGIN_SECONDS, early / 2);
  const jitter = 1 + Math.random() * EARLY_REFRESH_JITTER;
  return { token, refreshAtMs: endsAt - early * jitter * 1000, endsAtMs: endsAt - margin * 1000 };
}

async function readSubjectToken(source: TokenSourceOptions['subjectToken']): Promise<string> {
  if (typeof source === 'string') return source;
  try {
    return await source();
  } catch (cause) {
    if (cause instanceof TokenExchangeError) throw cause;
    const description = 'the subject token could not be read; the cause says why';
    throw new TokenExchangeError({ code: 'subject_token_unavailable', description, cause });
  }
}

function isAborted(error: unknown): boolean {
  return error instanceof TokenExchangeError && error.code === 'aborted';
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => {
      reject(new TokenExchangeError({ code: 'aborted', description: 'the request was aborted by its caller' }));
    };
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
