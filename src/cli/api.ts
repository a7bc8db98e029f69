// Talks to the IAM API (/v1): timeouts, retries if repeating does no harm, and problems as failures a person can read.

import { setTimeout as sleep } from 'node:timers/promises';

import type { World } from './command.ts';
import { kindOfText } from './answer-kind.ts';
import { codeOfFailure, connectionTrouble } from './connection-trouble.ts';
import { CliFailure } from './failure.ts';
import { FIRST_RETRY_MS, LIST_PAGE, LONGEST_RETRY_MS, MAX_REQUEST_ATTEMPTS, REQUEST_TIMEOUT_MS } from './limits.ts';
import type { Answer as HttpAnswer, AnswerHeaders } from './send.ts';
import { URL_SETTING } from './settings.ts';
import type { Settings } from './settings.ts';

export type JsonMap = Readonly<Record<string, unknown>>;
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Answer<T> {
  readonly value: T;
  readonly status: number;
  readonly requestId: string | null;
  readonly headers: AnswerHeaders;
}

export interface Api {
  readonly url: string;
  readonly get: <T = JsonMap>(path: string, query?: Query) => Promise<T>;
  /** Every object of a list, page by page, or the first `atMost`. */
  readonly list: <T = JsonMap>(path: string, query?: Query, atMost?: number) => Promise<readonly T[]>;
  /** Each page of an answer that is no list. */
  readonly pages: <T = JsonMap>(path: string, query?: Query) => AsyncGenerator<T>;
  /** What is no JSON, as it is; refused if it is of another media type. */
  readonly download: (path: string, mediaType: string) => Promise<Uint8Array>;
  /** Not repeated, unless `mayRepeat`: a POST that changes nothing. */
  readonly post: <T = JsonMap>(path: string, body?: unknown, mayRepeat?: boolean) => Promise<T>;
  readonly put: <T = JsonMap>(path: string, body: unknown, ifMatch?: number) => Promise<T>;
  readonly patch: <T = JsonMap>(path: string, body: unknown, ifMatch?: number) => Promise<T>;
  readonly delete: (path: string, ifMatch?: number) => Promise<void>;
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query?: Query | undefined;
  readonly body?: unknown;
  readonly mayRepeat: boolean;
  readonly ifMatch?: number | undefined;
}

/** The API of the deployment that the settings name, asked with the credential that they name. */
export async function createApi(settings: Settings, world: World): Promise<Api> {
  const url = settings.url();
  const token = await settings.token();
  const headers: Record<string, string> = {
    accept: 'application/json',
    'user-agent': 'cambist-cli',
    authorization: `Bearer ${token}`,
    ...(settings.organisation === undefined ? {} : { 'x-organisation-identity': settings.organisation }),
  };
  const send = async <T>(request: Request): Promise<Answer<T>> =>
    answerOf<T>(await sendRequest(url, headers, request, world), url);
  return {
    url,
    get: async <T>(path: string, query?: Query) =>
      (await send<T>({ method: 'GET', path, query, mayRepeat: true })).value,
    list: async <T>(path: string, query: Query = {}, atMost = Infinity) => {
      const all: T[] = [];
      for (let cursor: string | undefined; ;) {
        const page = await send<readonly T[]>({
          method: 'GET',
          path,
          query: { limit: String(LIST_PAGE), ...query, cursor },
          mayRepeat: true,
        });
        if (!Array.isArray(page.value)) throw notCambist(url, page.status, page.requestId, 'JSON that is no list');
        all.push(...page.value);
        cursor = nextCursor(page.headers.get('link'));
        if (cursor === undefined || all.length >= atMost) return all.slice(0, atMost);
      }
    },
    pages: async function* <T>(path: string, query: Query = {}) {
      for (let cursor: string | undefined; ;) {
        const page = await send<T>({ method: 'GET', path, query: { ...query, cursor }, mayRepeat: true });
        yield page.value;
        cursor = nextCursor(page.headers.get('link'));
        if (cursor === undefined) return;
      }
    },
    download: async (path, mediaType) => {
      const { response, bytes } = await sendRequest(url, headers, { method: 'GET', path, mayRepeat: true }, world);
      if (response.headers.get('content-type') === mediaType) return bytes;
      const kind = kindOfText(textOf(bytes), response.headers);
      throw notCambist(url, response.status, response.headers.get('x-request-id'), kind);
    },
    post: async <T>(path: string, body?: unknown, mayRepeat = false) =>
      (await send<T>({ method: 'POST', path, body, mayRepeat })).value,
    put: async <T>(path: string, body: unknown, ifMatch?: number) =>
      (await send<T>({ method: 'PUT', path, body, mayRepeat: true, ifMatch })).value,
    patch: async <T>(path: string, body: unknown, ifMatch?: number) =>
      (await send<T>({ method: 'PATCH', path, body, mayRepeat: true, ifMatch })).value,
    delete: async (path, ifMatch) => {
      await send({ method: 'DELETE', path, mayRepeat: true, ifMatch });
    },
  };
}

function nextCursor(link: string | null): string | undefined {
  const target = /<([^>]*)>\s*;[^,]*\brel="next"/.exec(link ?? '')?.[1];
  return target === undefined ? undefined : (new URL(target, 'http://x').searchParams.get('cursor') ?? undefined);
}

/** An answer of success, before it is read. */
interface Received {
  readonly response: HttpAnswer;
  readonly bytes: Uint8Array;
}

async function sendRequest(
  origin: string,
  headers: Readonly<Record<string, string>>,
  request: Request,
  world: World,
): Promise<Received> {
  const url = new URL(`/v1${request.path}`, origin);
  for (const [name, value] of Object.entries(request.query ?? {}))
    for (const one of value === undefined ? [] : [value].flat()) url.searchParams.append(name, one);
  for (let attempt = 1; ; attempt += 1) {
    const mayRepeat = request.mayRepeat && attempt < MAX_REQUEST_ATTEMPTS;
    let response: HttpAnswer;
    let bytes: Uint8Array;
    try {
      response = await world.fetch(url, {
        method: request.method,
        headers: {
          ...headers,
          ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(request.ifMatch === undefined ? {} : { 'if-match': `"${request.ifMatch}"` }),
        },
        body: request.body === undefined ? null : JSON.stringify(request.body),
        // A redirect would carry the token somewhere else.
        redirect: 'manual',
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      bytes = new Uint8Array(await response.arrayBuffer());
    } catch (error) {
      if (!mayRepeat || error instanceof CliFailure) throw unreachable(origin, error, world);
      await sleep(retryDelayMs(attempt, null));
      continue;
    }
    if (response.ok) return { response, bytes };
    if (!mayRepeat || !isTransient(response.status)) throw problemOf(response, textOf(bytes), request, origin);
    await sleep(retryDelayMs(attempt, response.headers.get('retry-after')));
  }
}

function isTransient(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501);
}

/** Milliseconds until the next attempt: what `retry-after` says, else doubled each time, with jitter. */
function retryDelayMs(attempt: number, retryAfter: string | null): number {
  if (retryAfter !== null && /^\d{1,6}$/.test(retryAfter)) return Math.min(Number(retryAfter) * 1000, LONGEST_RETRY_MS);
  return FIRST_RETRY_MS * 2 ** (attempt - 1) * (0.5 + Math.random());
}

function answerOf<T>({ response, bytes }: Received, origin: string): Answer<T> {
  const { status, headers } = response;
  const text = textOf(bytes);
  const requestId = headers.get('x-request-id');
  const value = status === 204 ? null : parseJson(text);
  if (status !== 204 && (typeof value !== 'object' || value === null))
    throw notCambist(origin, status, requestId, kindOfText(text, headers));
  return { value: value as T, status, requestId, headers };
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The failure of a request that nothing answered: which address was tried, why, and what to check. */
export function unreachable(origin: string, error: unknown, { env }: World): CliFailure {
  if (error instanceof CliFailure) return error;
  const { reason, next } = connectionTrouble(origin, codeOfFailure(error), URL_SETTING, env);
  const isLate = error instanceof Error && error.name === 'TimeoutError';
  const why = isLate ? `no answer within ${REQUEST_TIMEOUT_MS / 1000} s` : reason;
  return new CliFailure(`${origin} cannot be reached: ${why}.`, { code: 'unreachable', next });
}

/** The failure of an answer that no deployment gives. It names the kind of the answer, and quotes nothing of it. */
function notCambist(origin: string, status: number, requestId: string | null, kind: string): CliFailure {
  return new CliFailure(`${origin} answered ${status} with ${kind}, which no deployment of Cambist does.`, {
    code: 'unexpected_answer',
    status,
    requestId,
    next: 'Is that the address of the deployment? A proxy, or a page of somebody else, may be answering instead.',
  });
}

function problemOf(response: HttpAnswer, text: string, request: Request, origin: string): CliFailure {
  const { status } = response;
  const body = parseJson(text);
  if (typeof body !== 'object' || body === null)
    return notCambist(origin, status, response.headers.get('x-request-id'), kindOfText(text, response.headers));
  const { title, detail, message, errors, request_id } = body as Record<string, unknown>;
  const sentence =
    [detail, message, title].find((value) => typeof value === 'string' && value !== '') ?? `status ${status}`;
  const next = adviceFor(status, response.headers.get('www-authenticate'), origin);
  return new CliFailure(`${request.method} /v1${request.path}: ${String(sentence)}`, {
    code: codeOf(status),
    status,
    requestId: typeof request_id === 'string' ? request_id : response.headers.get('x-request-id'),
    errors: Array.isArray(errors) ? (errors as ApiFault[]).map(placed) : [],
    ...(next === undefined ? {} : { next }),
  });
}

/** A fault of a body has a pointer, one of the query the name of its parameter. */
interface ApiFault {
  readonly pointer?: string;
  readonly parameter?: string;
  readonly detail: string;
}

function placed({ pointer, parameter, detail }: ApiFault): { pointer: string; detail: string } {
  return { pointer: parameter === undefined ? (pointer ?? '') : `?${parameter}`, detail };
}

function codeOf(status: number): string {
  const known: Readonly<Record<number, string>> = {
    400: 'invalid',
    401: 'unauthenticated',
    403: 'forbidden',
    404: 'not_found',
    409: 'conflict',
    412: 'changed_meanwhile',
    429: 'too_many_requests',
  };
  return known[status] ?? (status >= 500 ? 'service_error' : 'refused');
}

function adviceFor(status: number, challenge: string | null, origin: string): string | undefined {
  if (status === 401)
    return (
      'The token of --token-file, of CAMBIST_TOKEN or of the name in `cambist deployments list` is not (or no longer) valid for this deployment.\n' +
      `It is the root token, or an access token that is for ${origin} (\`cambist token --audience ${origin}\`).`
    );
  if (status === 403) {
    const scope = /\bscope="([^"]*)"/.exec(challenge ?? '')?.[1];
    return scope === undefined ? undefined : `The token lacks a scope: ${scope}.`;
  }
  if (status === 412) return 'Somebody else changed it in between: run the command again.';
  return undefined;
}
