// The IAM API as a page uses it: requests within this process, with the authority of the session and nothing beyond it.

import { isJsonObject } from '../token/json.ts';
import type { JsonObject, JsonValue } from '../token/json.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';

/** What the API answered. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: JsonValue;
  /** The cursor of the next page; null if there is none. */
  readonly next: string | null;
}

/** A fault of one member (`/name`) or of one query parameter (`name`). */
export interface ApiFault {
  readonly place: string;
  readonly detail: string;
}

/** A refusal of the API, in its own words (RFC 9457). */
export interface ApiProblem {
  readonly status: number;
  readonly detail: string;
  readonly faults: readonly ApiFault[];
  /** The object that has what this one wanted. */
  readonly conflictsWith: { readonly identity: string; readonly name: string } | null;
  readonly requestId: string;
}

export interface WriteOptions {
  /** The `objectVersion` that the form was made from; 412 if the object has another one now. */
  readonly version?: number;
  /** Judges and answers as the write would, and writes nothing. */
  readonly onlyJudge?: boolean;
}

export interface ConsoleApi {
  /** Reads; empty values of the query are left out. */
  readonly read: (path: string, query?: Readonly<Record<string, string>>) => Promise<Result<ApiAnswer, ApiProblem>>;
  readonly write: (
    method: 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: JsonObject,
    options?: WriteOptions,
  ) => Promise<Result<ApiAnswer, ApiProblem>>;
}

/** What a session's requests carry. */
export interface Authority {
  readonly bearer: string;
  /** For root alone; null for whom the token says it. */
  readonly organisation: string | null;
  readonly requestId: string;
  readonly ip: string | null;
}

/** The API no longer accepts what the session rests on; the application answers with the page to sign in. */
export class SessionEnded extends Error {}

/** The API of `send` under the authority of a session. */
export function consoleApi(
  send: (request: Request) => Promise<Response>,
  origin: string,
  { bearer, organisation, requestId, ip }: Authority,
): ConsoleApi {
  const request = async (path: string, init: RequestInit): Promise<Result<ApiAnswer, ApiProblem>> => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${bearer}`);
    headers.set('x-request-id', requestId);
    if (organisation !== null) headers.set('x-organisation-identity', organisation);
    if (ip !== null) headers.set('cf-connecting-ip', ip);
    const response = await send(new Request(`${origin}${path}`, { ...init, headers }));
    if (response.status === 401) throw new SessionEnded();
    const text = await response.text();
    const body = text === '' ? null : (JSON.parse(text) as JsonValue);
    return response.ok
      ? ok({ status: response.status, body, next: nextCursor(response) })
      : refuse(problemOf(response, body));
  };
  return {
    read: (path, query = {}) => {
      const given = Object.entries(query).filter(([, value]) => value !== '');
      const search = new URLSearchParams(given).toString();
      return request(search === '' ? path : `${path}?${search}`, {});
    },
    write: (method, path, body, { version, onlyJudge = false } = {}) =>
      request(onlyJudge ? `${path}?validate=true` : path, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(version === undefined ? {} : { 'if-match': `"${version}"` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  };
}

/** The objects of a list; what is none is left out. */
export function objectsOf({ body }: ApiAnswer): readonly JsonObject[] {
  return Array.isArray(body) ? (body as readonly JsonValue[]).filter(isJsonObject) : [];
}

/** The object that was answered. */
export function objectOf({ body }: ApiAnswer): JsonObject {
  return isJsonObject(body) ? body : {};
}

/** A member that is text; empty if it is absent, null or something else. */
export function textOf(object: JsonObject, member: string): string {
  const value = object[member];
  return typeof value === 'string' ? value : '';
}

function nextCursor(response: Response): string | null {
  const address = /^<([^>]+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
  return address === undefined ? null : new URL(address, 'https://api').searchParams.get('cursor');
}

function problemOf(response: Response, body: JsonValue): ApiProblem {
  const { detail, errors, conflictsWith, request_id: requestId } = isJsonObject(body) ? body : {};
  const faults = (Array.isArray(errors) ? (errors as readonly JsonValue[]) : []).filter(isJsonObject);
  return {
    status: response.status,
    detail: String(detail ?? ''),
    faults: faults.map((fault) => ({
      place: String(fault['pointer'] ?? fault['parameter'] ?? ''),
      detail: String(fault['detail'] ?? ''),
    })),
    conflictsWith:
      conflictsWith !== undefined && isJsonObject(conflictsWith)
        ? { identity: String(conflictsWith['identity']), name: String(conflictsWith['name']) }
        : null,
    requestId: String(requestId ?? ''),
  };
}
