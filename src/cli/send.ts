// Sends requests as `fetch` does, through the proxy that variables name; follows no redirect. The global `fetch` would take 20 MB.

import type { Agent, IncomingMessage } from 'node:http';

import { http, https } from './builtin.ts';
import { proxyFor } from './proxy.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** What is said of a request. */
export interface SentRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | null;
  /** None is followed: it would carry a token to another place. */
  readonly redirect: 'manual';
  readonly signal?: AbortSignal | null;
}

/** What is read of an answer; one of the global `fetch` is such an answer. */
export interface Answer {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: AnswerHeaders;
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  readonly arrayBuffer: () => Promise<ArrayBuffer>;
  readonly text: () => Promise<string>;
  readonly json: () => Promise<unknown>;
}

export interface AnswerHeaders {
  /** Several values are one, with commas between them; null if there is none. */
  readonly get: (name: string) => string | null;
}

/** The part of `fetch` that is used. Rejects with the reason of the signal, or with an error that has a `code`. */
export type Send = (url: string | URL, request: SentRequest) => Promise<Answer>;

/** Servers and proxies turn away what says nothing of itself. */
const USER_AGENT = 'cambist';

/** A `fetch` for texts, by the variables of this process. */
export function sender(variables: Variables): Send {
  const agents = new Map<string, Agent>();
  const agentFor = (url: URL): Agent => {
    const proxy = proxyFor(url, variables);
    const key = `${url.protocol}${proxy?.variable ?? ''}`;
    const known = agents.get(key);
    if (known !== undefined) return known;
    const { no_proxy: lower, NO_PROXY: upper } = variables;
    // An agent of its own in any case: the global one may read these variables, too.
    const named = proxy === null ? {} : { [proxy.variable]: proxy.address, no_proxy: lower, NO_PROXY: upper };
    const proxyEnv = Object.fromEntries(Object.entries(named)) as NodeJS.ProcessEnv;
    const agent = new (libraryFor(url).Agent)({ keepAlive: true, proxyEnv });
    agents.set(key, agent);
    return agent;
  };
  return async (to, { method = 'GET', headers = {}, body = null, signal = null }) => {
    const url = new URL(to);
    const agent = agentFor(url);
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = libraryFor(url).request(
        url.href,
        // What nobody here unpacks is not asked for.
        { method, agent, headers: { 'user-agent': USER_AGENT, 'accept-encoding': 'identity', ...headers } },
        resolve,
      );
      const end = (): void => void sent.destroy(reasonOf(signal));
      sent.once('error', (error) => reject(signal?.aborted === true ? reasonOf(signal) : error));
      sent.once('close', () => signal?.removeEventListener('abort', end));
      if (signal?.aborted === true) end();
      else signal?.addEventListener('abort', end, { once: true });
      sent.end(body ?? undefined);
    });
    return answerOf(answer, signal);
  };
}

/** Encryption is loaded only if it is used: on loopback it is not. */
function libraryFor({ protocol }: URL): ReturnType<typeof http> | ReturnType<typeof https> {
  return protocol === 'https:' ? https() : http();
}

function answerOf(message: IncomingMessage, signal: AbortSignal | null): Answer {
  const status = message.statusCode ?? 0;
  const chunks = message[Symbol.asyncIterator]() as AsyncIterator<Uint8Array<ArrayBuffer>, undefined>;
  const next = async (): Promise<IteratorResult<Uint8Array<ArrayBuffer>, undefined>> => {
    try {
      return await chunks.next();
    } catch (error) {
      throw signal?.aborted === true ? reasonOf(signal) : error;
    }
  };
  let stream: Answer['body'] = null;
  const bytes = async (): Promise<Buffer<ArrayBuffer>> => {
    const all: Uint8Array[] = [];
    for (let part = await next(); part.done !== true; part = await next()) all.push(part.value);
    return Buffer.concat(all);
  };
  return {
    status,
    ok: status >= 200 && status < 300,
    headers: { get: (name) => message.headersDistinct[name.toLowerCase()]?.join(', ') ?? null },
    // Made when it is asked for, once: a stream reads ahead, and what it read is lost to the others.
    get body() {
      return (stream ??= new ReadableStream({
        pull: async (controller) => {
          const { done, value } = await next();
          if (done === true) controller.close();
          else controller.enqueue(value);
        },
        // An answer that is too long is not waited for.
        cancel: () => void message.destroy(),
      }));
    },
    arrayBuffer: async () => {
      const { buffer, byteOffset, byteLength } = await bytes();
      return buffer.slice(byteOffset, byteOffset + byteLength);
    },
    text: async () => new TextDecoder().decode(await bytes()),
    json: async () => JSON.parse(new TextDecoder().decode(await bytes())) as unknown,
  };
}

function reasonOf(signal: AbortSignal | null): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('aborted');
}
