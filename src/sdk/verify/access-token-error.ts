// Why a request is refused, in the terms of RFC 6750 §3.1, and the challenge that says so; never carries a token.

/**
 * `invalid_request` 400, `invalid_token` 401, `insufficient_scope` 403; the last is ours: 503, the deployment cannot be asked.
 *
 * @example
 * ```ts
 * import type { AccessTokenErrorCode } from '@cambist/sdk/verify';
 *
 * const mayTryAgain = (code: AccessTokenErrorCode): boolean => code === 'temporarily_unavailable';
 * ```
 */
export type AccessTokenErrorCode =
  | 'invalid_request'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'temporarily_unavailable';

/**
 * The same in detail; stable, for logs and tests.
 *
 * @example
 * ```ts
 * import type { AccessTokenFault } from '@cambist/sdk/verify';
 *
 * const worthAnAlarm: readonly AccessTokenFault[] = ['signature', 'algorithm', 'issuer'];
 * ```
 */
export type AccessTokenFault =
  | 'token_missing'
  | 'credentials_malformed'
  | 'token_malformed'
  | 'token_type'
  | 'algorithm'
  | 'unknown_key'
  | 'signature'
  | 'issuer'
  | 'audience'
  | 'organisation'
  | 'claims'
  | 'expired'
  | 'not_yet_valid'
  | 'not_accepted_by_issuer'
  | 'scope'
  | 'role'
  | 'permission'
  | 'permissions_not_readable'
  | 'project_ambiguous'
  | 'project_of_token'
  | 'issuer_unavailable';

const STATUS = {
  invalid_request: 400,
  invalid_token: 401,
  insufficient_scope: 403,
  temporarily_unavailable: 503,
} as const satisfies Record<AccessTokenErrorCode, number>;

/**
 * Thrown for every request that must not go on.
 *
 * @example
 * ```ts
 * import { AccessTokenError, verifyAccessToken } from '@cambist/sdk/verify';
 *
 * const options = { issuer: 'https://cambist.example.com', audience: 'https://api.example.com', organisation: 'any' };
 * const token = await verifyAccessToken('eyJ…', options).catch((error: unknown) => {
 *   if (error instanceof AccessTokenError) console.warn(error.status, error.fault);
 *   throw error;
 * });
 * ```
 */
export class AccessTokenError extends Error {
  override readonly name = 'AccessTokenError';
  readonly code: AccessTokenErrorCode;
  readonly status: 400 | 401 | 403 | 503;
  readonly fault: AccessTokenFault;
  /** One plain sentence that the caller may read. */
  readonly description: string;
  /** The scopes that are needed, if scopes are what is missing; else empty. */
  readonly requiredScope: readonly string[];

  constructor(
    code: AccessTokenErrorCode,
    fault: AccessTokenFault,
    description: string,
    requiredScope: readonly string[] = [],
  ) {
    super(`${description} (${code}, ${fault})`);
    this.code = code;
    this.status = STATUS[code];
    this.fault = fault;
    this.description = description;
    this.requiredScope = requiredScope;
  }
}

/**
 * What a challenge says besides the error.
 *
 * @example
 * ```ts
 * import type { ChallengeOptions } from '@cambist/sdk/verify';
 *
 * const shown: ChallengeOptions = { realm: 'deployments', scope: ['api:read'] };
 * ```
 */
export interface ChallengeOptions {
  /** The part of the API that is protected (RFC 9110 §11.5). */
  readonly realm?: string | undefined;
  /** The scopes that a token needs, for a caller without a good one; an error that names scopes goes before. */
  readonly scope?: readonly string[] | undefined;
  /** Where the metadata of the resource is: the `url` of `protectedResourceMetadata` (RFC 9728 §5.1). */
  readonly resourceMetadata?: string | undefined;
}

/**
 * `www-authenticate` for the response (RFC 6750 §3, RFC 9728 §5.1); null if the caller's credentials are not the matter.
 * Without credentials it names no error (RFC 6750 §3.1).
 *
 * @example
 * ```ts
 * import { AccessTokenError, wwwAuthenticate } from '@cambist/sdk/verify';
 *
 * function refusal(error: AccessTokenError): Response {
 *   const challenge = wwwAuthenticate(error, { realm: 'deployments' });
 *   return new Response(null, { status: error.status, headers: challenge ? { 'www-authenticate': challenge } : {} });
 * }
 * ```
 */
export function wwwAuthenticate(error: AccessTokenError, options: ChallengeOptions = {}): string | null {
  if (error.code === 'temporarily_unavailable') return null;
  const needed = error.requiredScope.length > 0 || error.status !== 401 ? error.requiredScope : (options.scope ?? []);
  const named: readonly (readonly [name: string, value: string | undefined])[] = [
    ['realm', options.realm],
    ['error', error.fault === 'token_missing' ? undefined : error.code],
    ['error_description', error.fault === 'token_missing' ? undefined : error.description],
    ['scope', needed.length === 0 ? undefined : needed.join(' ')],
    ['resource_metadata', options.resourceMetadata],
  ];
  const parameters = named.flatMap(([name, value]) => (value === undefined ? [] : [`${name}="${quotable(value)}"`]));
  return parameters.length === 0 ? 'Bearer' : `Bearer ${parameters.join(', ')}`;
}

/** RFC 6750 §3 allows %x20-21 / %x23-5B / %x5D-7E: nothing that could end the value or the header. */
function quotable(text: string): string {
  return text.replaceAll('"', "'").replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?');
}
