// A `fetch` that plays a list of answers and keeps what it was sent; for tests of what the client makes of them.

import type { Fetch } from '../../../src/sdk/client/index.ts';

export type Turn = Response | Error | 'hang' | (() => Response | Promise<Response>);

export interface ScriptedFetch {
  readonly fetch: Fetch;
  /** The requests as they arrived. */
  readonly requests: { readonly url: string; readonly form: URLSearchParams; readonly init: RequestInit }[];
}

export const ADDRESS = 'https://cambist.test';
/** Three segments as a JWT has them; nobody verifies it here. */
export const SUBJECT_TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZXBvOmFjbWUvYXBwIn0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg';
export const ACCESS_TOKEN = 'eyJ0eXAiOiJhdCtqd3QifQ.eyJzdWIiOiJzYV8xIn0.aXNzdWVk';

/** Plays the turns in order; the last one again and again. */
export function scriptedFetch(...turns: readonly Turn[]): ScriptedFetch {
  const requests: ScriptedFetch['requests'] = [];
  return {
    requests,
    fetch: async (url, init) => {
      const turn = turns[Math.min(requests.length, turns.length - 1)] ?? new Error('no turn');
      requests.push({ url, form: new URLSearchParams(init.body), init });
      if (turn === 'hang') return new Promise<Response>(() => undefined);
      if (turn instanceof Error) throw turn;
      return turn instanceof Response ? turn.clone() : turn();
    },
  };
}

/** What a deployment answers to a good exchange; `changes` are laid over it, `undefined` leaves a member out. */
export function granted(changes: Readonly<Record<string, unknown>> = {}): Response {
  const body = {
    access_token: ACCESS_TOKEN,
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: 3600,
    scope: 'api:read api:write',
    ...changes,
  };
  return Response.json(body, { headers: { 'x-request-id': 'req-1' } });
}

/** What a deployment answers to a bad one. */
export function refusal(
  status: number,
  error: string,
  description: string,
  headers: Record<string, string> = {},
): Response {
  const body = { error, error_description: description, message: description, request_id: 'req-1' };
  return Response.json(body, { status, headers: { 'x-request-id': 'req-1', ...headers } });
}

/** A sign-in page of something in front. */
export function page(status = 200): Response {
  return new Response('<!doctype html><title>Sign in</title>', { status, headers: { 'content-type': 'text/html' } });
}
