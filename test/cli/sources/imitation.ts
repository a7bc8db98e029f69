// Local imitations of the platforms' endpoints, over real sockets, and system in which a source finds only them.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { realSystem } from '../../../src/cli/sources/real-system.ts';
import type { SourceContext, System, Variables } from '../../../src/platforms/source.ts';

export const AUDIENCE = 'https://tokens.example.com';

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Imitation {
  readonly origin: string;
  readonly host: string;
  readonly received: readonly Received[];
  readonly close: () => Promise<void>;
}

type Handler = (request: Received, response: ServerResponse) => void;

/** An endpoint on loopback, or on a unix socket. */
export async function imitate(handler: Handler, socket?: string): Promise<Imitation> {
  const received: Received[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => {
      const one = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      received.push(one);
      handler(one, response);
    });
  });
  await new Promise<void>((resolve) => {
    if (socket === undefined) server.listen(0, '127.0.0.1', resolve);
    else server.listen(socket, resolve);
  });
  const address = server.address();
  const host = typeof address === 'object' && address !== null ? `127.0.0.1:${address.port}` : 'localhost';
  return {
    origin: `http://${host}`,
    host,
    received,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An endpoint that answers one body, or what a function makes of the request. */
export function answering(body: object | string, status = 200, headers: Record<string, string> = {}): Handler {
  return (_, response) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, {
      'content-type': typeof body === 'string' ? 'text/plain' : 'application/json',
      ...headers,
    });
    response.end(text);
  };
}

/** A token with these claims; nobody verifies it here. */
export function token(claims: Record<string, unknown> = {}): string {
  const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${segment({ alg: 'RS256', kid: 'k' })}.${segment({ iss: 'https://issuer.example.com', aud: AUDIENCE, sub: 's', ...claims })}.c2lnbmF0dXJl`;
}

export interface Place {
  /** Where absolute paths are looked up. */
  readonly root: string;
  readonly write: (path: string, text: string, mode?: number) => void;
  readonly remove: () => void;
}

/** A file system of its own. */
export function place(): Place {
  const root = mkdtempSync(join(tmpdir(), 'cambist-src-'));
  return {
    root,
    write: (path, text, mode = 0o600) => {
      mkdirSync(dirname(root + path), { recursive: true });
      writeFileSync(root + path, text, { mode });
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

export interface World {
  readonly system: System;
  readonly context: SourceContext;
  /** Addresses asked, in order. */
  readonly asked: string[];
  /** Milliseconds waited between tries. */
  readonly pauses: number[];
}

/** System with only these variables and files; addresses of `elsewhere` lead to an imitation, everything else does not exist. */
export function world(
  variables: Variables,
  { root = '/nonexistent', elsewhere = {} }: { root?: string; elsewhere?: Readonly<Record<string, string>> } = {},
): World {
  const asked: string[] = [];
  const pauses: number[] = [];
  const send: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    asked.push(url.href);
    const origin = elsewhere[url.origin] ?? (url.hostname === '127.0.0.1' ? url.origin : null);
    if (origin === null)
      throw new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ENOTFOUND' }) });
    return await fetch(origin + url.pathname + url.search, init);
  };
  const system = {
    ...realSystem({ env: variables, fetch: send }, root),
    sleep: async (milliseconds: number) => void pauses.push(milliseconds),
  };
  return { system, context: { variables, audience: AUDIENCE, deployment: AUDIENCE }, asked, pauses };
}
