// Exchanges a workload's ID token for a token of a Cambist deployment (RFC 8693 §2.1); keeps nothing.

import { endpointOf } from './deployment-address.ts';
import { TokenExchangeError } from './errors.ts';
import { MAX_EXPIRES_IN_SECONDS } from './limits.ts';
import { postForm } from './post-form.ts';
import type { RequestOptions } from './post-form.ts';
import { unexpectedAnswer } from './read-answer.ts';
import type { Answer, JsonMembers } from './read-answer.ts';

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:';

/**
 * The kind of token to ask for: an access token (`jwt` means the same), or an ID token for a cloud that trusts the deployment.
 *
 * @example
 * ```ts
 * import type { RequestedTokenType } from '@cambist/sdk';
 *
 * const forAws: RequestedTokenType = 'id_token';
 * ```
 */
export type RequestedTokenType = 'access_token' | 'jwt' | 'id_token';

/**
 * What to ask for; everything but the subject token.
 *
 * @example
 * ```ts
 * import type { ExchangeParameters } from '@cambist/sdk';
 *
 * const parameters: ExchangeParameters = { url: 'https://cambist.example.com', scope: ['api:read'], lifetime: '30m' };
 * ```
 */
export interface ExchangeParameters {
  /** The deployment: its ISSUER_URL. */
  readonly url: string | URL;
  /** `service_account_id`: the account to act as, by id, or by slug together with `organisation`. */
  readonly serviceAccount?: string | undefined;
  /** `organisation_id`, id or slug. */
  readonly organisation?: string | undefined;
  /** Scopes, as a list or separated by spaces; absent means all that the identity allows. */
  readonly scope?: string | readonly string[] | undefined;
  /** Who the token is for (RFC 8693 §2.1); absent means the identity's first. */
  readonly audience?: string | readonly string[] | undefined;
  /** The same by address (RFC 8707 §2). */
  readonly resource?: string | readonly string[] | undefined;
  /** Default `access_token`; `id_token` for clouds that trust the deployment as an issuer. */
  readonly requestedTokenType?: RequestedTokenType | undefined;
  /** Seconds, or a Go duration such as `1h30m`; lowered if it is above the identity's cap. */
  readonly lifetime?: number | string | undefined;
  /** `project_id`: the project to act in. */
  readonly project?: string | undefined;
}

/**
 * One exchange: the ID token, what to ask for, and how to ask.
 *
 * @example
 * ```ts
 * import type { ExchangeOptions } from '@cambist/sdk';
 *
 * const options: ExchangeOptions = { url: 'https://cambist.example.com', subjectToken: 'eyJ…', retries: 1 };
 * ```
 */
export interface ExchangeOptions extends ExchangeParameters, RequestOptions {
  /** The workload's OIDC ID token. */
  readonly subjectToken: string;
}

/**
 * The token that a deployment gave.
 *
 * @example
 * ```ts
 * import { exchangeToken } from '@cambist/sdk';
 * import type { ExchangedToken } from '@cambist/sdk';
 *
 * const token: ExchangedToken = await exchangeToken({ url: 'https://cambist.example.com', subjectToken: 'eyJ…' });
 * console.log(token.scope, token.expiresAt);
 * ```
 */
export interface ExchangedToken {
  /** The token itself; an ID token too, as RFC 8693 §2.2.1 has it. */
  readonly accessToken: string;
  readonly issuedTokenType: RequestedTokenType;
  /** `Bearer`, or `N_A` for an ID token. */
  readonly tokenType: string;
  /** Seconds. */
  readonly expiresIn: number;
  /** By this machine's clock, counted from before the request was sent. */
  readonly expiresAt: Date;
  /** Empty for an ID token. */
  readonly scope: readonly string[];
  /** Finds the decision in the deployment's audit events. */
  readonly requestId: string | null;
}

/**
 * Exchanges the token once, trying again if that can help. Throws TokenExchangeError; a refusal (400) is final and says why.
 *
 * @example
 * ```ts
 * import { exchangeToken } from '@cambist/sdk';
 *
 * const { accessToken } = await exchangeToken({
 *   url: 'https://cambist.example.com',
 *   subjectToken: 'eyJ…',
 *   audience: 'https://api.example.com',
 * });
 * ```
 */
export async function exchangeToken(options: ExchangeOptions): Promise<ExchangedToken> {
  const endpoint = endpointOf(options.url, '/oidc/token');
  const subjectToken = usableToken(options.subjectToken);
  const form = formOf(options, subjectToken);
  const startedAtMs = Date.now();
  const answer = await postForm(endpoint, form, [subjectToken], options);
  return readToken(answer, options.requestedTokenType ?? 'access_token', startedAtMs);
}

/** A script that failed to get its token often hands on one of these words instead. */
const NO_TOKEN: ReadonlySet<string> = new Set(['', 'null', 'undefined', 'none', 'false', '[object object]']);

function usableToken(token: unknown): string {
  const text = typeof token === 'string' ? token.trim() : '';
  if (!NO_TOKEN.has(text.toLowerCase())) return text;
  throw new TokenExchangeError({
    code: 'subject_token_unavailable',
    description: `there is no subject token: the value is ${typeof token === 'string' ? (text === '' ? 'empty' : `the text '${text}'`) : `${token === null ? 'null' : typeof token}, not a string`}`,
  });
}

function formOf(options: ExchangeParameters, subjectToken: string): URLSearchParams {
  const form = new URLSearchParams({
    grant_type: TOKEN_EXCHANGE,
    subject_token: subjectToken,
    subject_token_type: `${TOKEN_TYPE}id_token`,
  });
  const type: unknown = options.requestedTokenType ?? 'access_token';
  if (type !== 'access_token' && type !== 'jwt' && type !== 'id_token') {
    throw invalid('requestedTokenType must be access_token, jwt or id_token');
  }
  const single: readonly [string, unknown][] = [
    ['service_account_id', options.serviceAccount],
    ['organisation_id', options.organisation],
    ['scope', Array.isArray(options.scope) ? options.scope.join(' ') : options.scope],
    ['access_token_lifetime', lifetimeOf(options.lifetime)],
    ['project_id', options.project],
    ['requested_token_type', type === 'access_token' ? undefined : TOKEN_TYPE + type],
  ];
  for (const [name, value] of single) if (value !== undefined) form.append(name, textOf(name, value));
  for (const name of ['audience', 'resource'] as const) {
    for (const value of [options[name] ?? []].flat()) form.append(name, textOf(name, value));
  }
  return form;
}

/** An empty value counts as absent on the wire, and would widen what is asked for without a word: so it is refused here. */
function textOf(name: string, value: unknown): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw invalid(`${name} is empty or not a string; leave it out where it is not wanted`);
}

function lifetimeOf(lifetime: number | string | undefined): string | undefined {
  if (typeof lifetime !== 'number') return lifetime;
  if (!Number.isSafeInteger(lifetime) || lifetime <= 0) throw invalid('lifetime must be a positive number of seconds');
  return String(lifetime);
}

function readToken(answer: Answer, requested: RequestedTokenType, startedAtMs: number): ExchangedToken {
  const { members } = answer;
  if (members === null) {
    throw unexpectedAnswer(answer, `the answer is ${answer.kind}: check that the address is a Cambist deployment`);
  }
  const accessToken = tokenMember(answer, members);
  const expiresIn = members['expires_in'];
  // Counting with a text, a fraction or nothing at all would make a token that never expires or never counts.
  if (
    typeof expiresIn !== 'number' ||
    !Number.isInteger(expiresIn) ||
    expiresIn <= 0 ||
    expiresIn > MAX_EXPIRES_IN_SECONDS
  ) {
    throw unexpectedAnswer(answer, 'the answer has no usable expires_in');
  }
  const { issued_token_type: issued, token_type: tokenType, scope } = members;
  const issuedTokenType = (['access_token', 'jwt', 'id_token'] as const).find((type) => issued === TOKEN_TYPE + type);
  if (issuedTokenType === undefined || (issuedTokenType === 'id_token') !== (requested === 'id_token')) {
    throw unexpectedAnswer(answer, 'the answer has another kind of token than was asked for');
  }
  if (typeof tokenType !== 'string' || tokenType === '') {
    throw unexpectedAnswer(answer, 'the answer has no token_type');
  }
  if (scope !== undefined && scope !== '' && (typeof scope !== 'string' || !SCOPES.test(scope))) {
    throw unexpectedAnswer(answer, 'the answer has no usable scope');
  }
  return {
    accessToken,
    issuedTokenType,
    tokenType,
    expiresIn,
    expiresAt: new Date(startedAtMs + expiresIn * 1000),
    scope: scope === undefined || scope === '' ? [] : scope.split(' '),
    requestId: answer.requestId,
  };
}

/** What a `Bearer` header may carry (RFC 6750 §2.1): no quotes, and nothing that a shell or a configuration file reads. */
const TOKEN = /^[\w.~+/-]+=*$/;
/** Scopes and the single spaces between them (RFC 6749 §3.3). */
const SCOPES = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

function tokenMember(answer: Answer, members: JsonMembers): string {
  const token = members['access_token'];
  if (typeof token !== 'string' || NO_TOKEN.has(token.toLowerCase()) || !TOKEN.test(token)) {
    throw unexpectedAnswer(answer, 'the answer has no usable access_token');
  }
  return token;
}

function invalid(description: string): TokenExchangeError {
  return new TokenExchangeError({ code: 'invalid_options', description });
}
