// Posts a form to a deployment with a timeout, and tries again if that can help and only there; knows no parameter's meaning.

import { TokenExchangeError } from './errors.ts';
import type { Fetch } from './fetch.ts';
import { DEFAULT_TIMEOUT_MS, FIRST_BACKOFF_MS, MAX_RETRY_AFTER_SECONDS, MAX_TIMEOUT_MS, MAX_TRIES } from './limits.ts';
import { errorOf, readAnswer } from './read-answer.ts';
import type { Answer } from './read-answer.ts';

/**
 * How a request is made; the same for everything that asks a deployment.
 *
 * @example
 * ```ts
 * import type { RequestOptions } from '@cambist/sdk';
 *
 * const patient: RequestOptions = { timeoutMs: 30_000, retries: 3, signal: AbortSignal.timeout(60_000) };
 * ```
 */
export interface RequestOptions {
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch | undefined;
  /** Ends the request and its retries with the code `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds one try may take; default 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Further tries after timeouts, network errors, 408, 429 and 5xx: 0 to 3, default 3. */
  readonly retries?: number | undefined;
}

/** Posts until an answer is final and returns it if it is 200; throws TokenExchangeError otherwise. `secrets` never appear in errors. */
export async function postForm(
  url: string,
  form: URLSearchParams,
  secrets: readonly string[],
  options: RequestOptions,
): Promise<Answer> {
  const { retries, timeoutMs } = checked(options);
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await tryOnce(url, form, timeoutMs, options);
    const isAnswer = !(outcome instanceof TokenExchangeError);
    if (isAnswer && outcome.status === 200) return outcome;
    const refusal = isAnswer ? errorOf(outcome, secrets) : outcome;
    if (!refusal.isRetryable || attempt >= retries) throw refusal;
    if ((refusal.retryAfterSeconds ?? 0) > MAX_RETRY_AFTER_SECONDS) throw refusal;
    await pause(delayMs(attempt, refusal.retryAfterSeconds), options.signal);
  }
}

function checked({ retries = MAX_TRIES - 1, timeoutMs = DEFAULT_TIMEOUT_MS }: RequestOptions): {
  retries: number;
  timeoutMs: number;
} {
  if (!Number.isInteger(retries) || retries < 0 || retries >= MAX_TRIES) {
    throw invalid(`retries must be an integer from 0 to ${MAX_TRIES - 1}`);
  }
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > MAX_TIMEOUT_MS) {
    throw invalid(`timeoutMs must be an integer from 1 to ${MAX_TIMEOUT_MS}`);
  }
  return { retries, timeoutMs };
}

/** An answer, or the error that kept it away. A cause is told by its code only: what a library throws may quote the request. */
async function tryOnce(
  url: string,
  form: URLSearchParams,
  timeoutMs: number,
  { fetch: send = globalFetch, signal }: RequestOptions,
): Promise<Answer | TokenExchangeError> {
  if (signal?.aborted === true) throw aborted();
  const controller = new AbortController();
  let ended: 'timeout' | 'aborted' | null = null;
  let end: (reason: 'timeout' | 'aborted') => void = () => undefined;
  // A race besides the signal, since not every fetch listens to it and none may hang for ever.
  const over = new Promise<never>((_, reject) => {
    end = (reason) => {
      ended ??= reason;
      controller.abort();
      reject(new Error(reason));
    };
  });
  const onAbort = (): void => end('aborted');
  const timer = setTimeout(() => end('timeout'), timeoutMs);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([receive(send, url, form, controller.signal), over]);
  } catch (error) {
    // `ended` is set from a callback, which the compiler does not see.
    const reason = ended as 'timeout' | 'aborted' | null;
    if (reason === 'aborted') throw aborted();
    const { origin } = new URL(url);
    const code = reason === 'timeout' ? null : causeOf(error);
    return new TokenExchangeError({
      code: reason ?? 'network_error',
      description:
        reason === 'timeout'
          ? `no answer from ${origin} within ${timeoutMs} ms`
          : `no connection to ${origin}${code === null ? '' : ` (${code})`}`,
      isRetryable: true,
      ...(code === null ? {} : { cause: { code } }),
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

async function receive(send: Fetch, url: string, form: URLSearchParams, signal: AbortSignal): Promise<Answer> {
  const response = await send(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: form.toString(),
    // A redirect would carry the token to another place.
    redirect: 'manual',
    signal,
  });
  return readAnswer(response, Date.now());
}

const globalFetch: Fetch = (url, init) => fetch(url, init);

/** The code of the system, such as `ECONNREFUSED`. */
function causeOf(error: unknown): string | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code)) return code;
  }
  return null;
}

function delayMs(attempt: number, retryAfterSeconds: number | null): number {
  const backoff = FIRST_BACKOFF_MS * 2 ** attempt * (0.5 + Math.random() / 2);
  // Jitter on top of what the deployment asks for, never below it.
  return retryAfterSeconds === null ? backoff : retryAfterSeconds * 1000 + backoff * Math.random();
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(aborted());
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}

function aborted(): TokenExchangeError {
  return new TokenExchangeError({ code: 'aborted', description: 'the request was aborted by its caller' });
}

function invalid(description: string): TokenExchangeError {
  return new TokenExchangeError({ code: 'invalid_options', description });
}
