// Reads an HTTP answer as one of a Cambist deployment: JSON members of a success, or the error it means; trusts nothing it did not check.

import { readBoundedText } from '../bounded-text.ts';
import { isOAuthErrorCode, presentable, TokenExchangeError } from './errors.ts';
import type { TokenExchangeErrorCode } from './errors.ts';
import type { FetchAnswer } from './fetch.ts';
import { MAX_ANSWER_BYTES, MAX_REQUEST_ID_CHARS } from './limits.ts';

export type JsonMembers = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  /** Members of the body; null if it is no JSON object. */
  readonly members: JsonMembers | null;
  /** What the body is, in a few words that quote nothing of it. */
  readonly kind: string;
  readonly requestId: string | null;
  readonly retryAfterSeconds: number | null;
}

/** Statuses after which the same request may succeed (RFC 9110 §15.5.9, RFC 6585 §4). */
function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status <= 599);
}

/** Takes an answer apart. Reads 64 KiB of the body at most; a longer one is no answer of ours. */
export async function readAnswer(response: FetchAnswer, nowMs: number): Promise<Answer> {
  const text = await readBoundedText(response, MAX_ANSWER_BYTES);
  const members = parseMembers(text);
  return {
    status: response.status,
    members,
    kind: members === null ? kindOf(text, response.headers.get('content-type') ?? '') : 'other JSON',
    requestId: requestIdOf(response.headers.get('x-request-id') ?? members?.['request_id']),
    retryAfterSeconds: retryAfterOf(response.headers.get('retry-after'), nowMs),
  };
}

/** The error an answer other than 200 means. `secrets` are cut out of whatever it says. */
export function errorOf(answer: Answer, secrets: readonly string[]): TokenExchangeError {
  const { status, members, requestId, retryAfterSeconds } = answer;
  const error = members?.['error'];
  const said = members?.['error_description'] ?? members?.['message'];
  const isRetryable = isRetryableStatus(status);
  const code: TokenExchangeErrorCode = isOAuthErrorCode(error) ? error : codeOfStatus(status);
  const description =
    isOAuthErrorCode(error) && typeof said === 'string' && said !== ''
      ? presentable(said, secrets)
      : unexplained(answer, isOAuthErrorCode(error));
  return new TokenExchangeError({ code, description, status, requestId, retryAfterSeconds, isRetryable });
}

/** An answer that claims success and is none. */
export function unexpectedAnswer(answer: Answer, fault: string): TokenExchangeError {
  const { status, requestId } = answer;
  return new TokenExchangeError({ code: 'unexpected_response', description: fault, status, requestId });
}

function codeOfStatus(status: number): TokenExchangeErrorCode {
  if (status === 500) return 'server_error';
  return isRetryableStatus(status) ? 'temporarily_unavailable' : 'unexpected_response';
}

function unexplained({ status, kind }: Answer, isOurs: boolean): string {
  if (isOurs) return 'the deployment gave no description';
  if (status === 0 || (status >= 300 && status <= 399)) {
    return 'the answer is a redirect, which is not followed with a token in hand: give the address of the deployment itself';
  }
  if (isRetryableStatus(status)) return 'the deployment, or something in front of it, is unavailable';
  return `the answer is not one of a Cambist deployment (${kind}): check the address`;
}

function kindOf(text: string | null, contentType: string): string {
  if (text === null) return 'an answer that is too long';
  if (text.trim() === '') return 'an empty answer';
  const isHtml = /^\s*<(?:!doctype html|html|head|body)/i.test(text) || /\bhtml\b/i.test(contentType);
  return isHtml ? 'an HTML page' : 'text that is no JSON object';
}

function parseMembers(text: string | null): JsonMembers | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonMembers) : null;
  } catch {
    return null;
  }
}

function requestIdOf(value: unknown): string | null {
  return typeof value === 'string' && /^[\w.:-]+$/.test(value) && value.length <= MAX_REQUEST_ID_CHARS ? value : null;
}

/** Seconds or a date (RFC 9110 §10.2.3); null for anything else. */
function retryAfterOf(value: string | null, nowMs: number): number | null {
  if (value === null) return null;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value.trim());
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - nowMs) / 1000));
}
