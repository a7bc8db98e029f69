// The one error of the client: what failed, under a code that stays the same; it never carries a token or the body of an answer.

import { MAX_DESCRIPTION_CHARS } from './limits.ts';

/**
 * What a deployment answers (RFC 6749 §5.2, RFC 8693 §2.2.2, RFC 8707 §2).
 *
 * @example
 * ```ts
 * import type { OAuthErrorCode } from '@cambist/sdk';
 *
 * const final: readonly OAuthErrorCode[] = ['invalid_request', 'invalid_grant', 'invalid_scope', 'invalid_target'];
 * ```
 */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'temporarily_unavailable'
  | 'server_error';

/**
 * Every value of TokenExchangeError.code; a new one is a new major version.
 *
 * @example
 * ```ts
 * import type { TokenExchangeErrorCode } from '@cambist/sdk';
 *
 * const isOurMistake = (code: TokenExchangeErrorCode): boolean => code === 'invalid_options';
 * ```
 */
export type TokenExchangeErrorCode =
  | OAuthErrorCode
  /** An option is missing or wrong; nothing was sent. */
  | 'invalid_options'
  /** The subject token could not be read, or is empty, `null` or `undefined` as text; nothing was sent. */
  | 'subject_token_unavailable'
  /** The answer is not one of a Cambist deployment: HTML, a redirect, no `access_token`, a wrong `expires_in`. */
  | 'unexpected_response'
  /** No answer in time. */
  | 'timeout'
  /** No connection, or it broke. */
  | 'network_error'
  /** The caller's signal. */
  | 'aborted';

const OAUTH_CODES: ReadonlySet<string> = new Set<OAuthErrorCode>([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
  'temporarily_unavailable',
  'server_error',
]);

/** True for an `error` of RFC 6749 §5.2 or one that a deployment may answer with besides. */
export function isOAuthErrorCode(value: unknown): value is OAuthErrorCode {
  return typeof value === 'string' && OAUTH_CODES.has(value);
}

/**
 * What a TokenExchangeError is made of.
 *
 * @example
 * ```ts
 * import type { TokenExchangeErrorDetails } from '@cambist/sdk';
 *
 * const details: TokenExchangeErrorDetails = { code: 'timeout', description: 'no answer', isRetryable: true };
 * ```
 */
export interface TokenExchangeErrorDetails {
  readonly code: TokenExchangeErrorCode;
  /** One plain sentence. */
  readonly description: string;
  readonly status?: number | null;
  readonly requestId?: string | null;
  readonly retryAfterSeconds?: number | null;
  /** Whether the same request may succeed later, unchanged. */
  readonly isRetryable?: boolean;
  /** For `network_error`: `{ code }` with the code of the system, such as `ECONNREFUSED`. */
  readonly cause?: unknown;
}

/**
 * Thrown by everything in this package that asks a deployment for something.
 *
 * @example
 * ```ts
 * import { exchangeToken, TokenExchangeError } from '@cambist/sdk';
 *
 * try {
 *   await exchangeToken({ url: 'https://cambist.example.com', subjectToken: 'eyJ…' });
 * } catch (error) {
 *   if (!(error instanceof TokenExchangeError)) throw error;
 *   console.error(error.code, error.description, error.requestId);
 * }
 * ```
 */
export class TokenExchangeError extends Error {
  override readonly name = 'TokenExchangeError';
  /** Stable: compare this, not the message. */
  readonly code: TokenExchangeErrorCode;
  /** HTTP status of the answer; null if there was none. */
  readonly status: number | null;
  /** Finds the full reason in the deployment's audit events; null if there was no answer. */
  readonly requestId: string | null;
  /** Seconds the deployment asks to wait; null if it does not say. */
  readonly retryAfterSeconds: number | null;
  /** Why, in one sentence: the deployment's own if it gave one. */
  readonly description: string;
  /** Whether the same request may succeed later, unchanged; it was tried again already if that made sense. */
  readonly isRetryable: boolean;

  constructor(details: TokenExchangeErrorDetails) {
    const { code, description, status = null, requestId = null, retryAfterSeconds = null, cause } = details;
    const where = [code, ...(status === null ? [] : [`HTTP ${status}`])].join(', ');
    const found = requestId === null ? '' : ` [request id ${requestId}]`;
    super(`${description} (${where})${found}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
    this.requestId = requestId;
    this.retryAfterSeconds = retryAfterSeconds;
    this.description = description;
    this.isRetryable = details.isRetryable ?? false;
  }
}

/** Text of an answer as it may be shown: one line, bounded, without control characters, without the secrets given and without anything that looks like a JWT. */
export function presentable(text: string, secrets: readonly string[]): string {
  let shown = text;
  for (const secret of secrets) if (secret !== '') shown = shown.replaceAll(secret, '[token]');
  shown = shown
    // A gateway may echo what it was sent, so that a form's encoding of it or another token can come back too.
    .replace(/\be[yw][\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?/g, '[token]')
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim();
  return shown.length <= MAX_DESCRIPTION_CHARS ? shown : `${shown.slice(0, MAX_DESCRIPTION_CHARS - 1)}…`;
}
