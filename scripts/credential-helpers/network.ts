// The network that the guide speaks of: its hosts answer over TLS on loopback, and a proxy leads the tools to them; nothing else can be reached.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { LeftOut } from './tool.ts';

export interface Question {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text or bytes as they are, or an object as JSON. */
  readonly body?: string | Buffer | object;
}

export type Host = (question: Question) => Reply | Promise<Reply>;

export interface Network {
  /** The variables that lead Go's, Python's and curl's programs through the proxy, and to our authority. */
  readonly variables: Readonly<Record<string, string>>;
  /** The file with the certificate of the authority. */
  readonly authority: string;
  /** Answers for a host of the guide from now on. */
  readonly host: (name: string, answer: Host) => void;
  /** The same, with the streams of Node.js. */
  readonly serve: (name: string, listener: RequestListener) => void;
  readonly stop: () => Promise<void>;
}

/** Every host of the guide that a stand-in answers for. */
const HOSTS = ['registry.example.com', 'git.example.com', 'kubernetes.example.com', 'sts.googleapis.com'];

/** Starts the hosts and the proxy. Throws LeftOut if this machine cannot make a certificate. */
export async function startNetwork(directory: string): Promise<Network> {
  const { key, cert, authority } = makeCertificate(directory);
  const listeners = new Map<string, RequestListener>();
  const tls = createTlsServer({ key, cert }, (request, response) => {
    const listener = listeners.get((request.headers.host ?? '').replace(/:\d+$/, ''));
    if (listener === undefined) response.writeHead(404).end();
    else listener(request, response);
  });
  const stopHosts = await listen(tls);
  const proxy = createHttpServer((_, response) => response.writeHead(403).end());
  proxy.on('connect', (request, client, head) => {
    const [name = ''] = (request.url ?? '').split(':');
    client.on('error', () => undefined);
    if (!HOSTS.includes(name)) {
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const server = connect(portOf(tls), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      server.write(head);
      server.pipe(client).pipe(server);
    });
    // The one ends with the other, also if it has said nothing yet.
    server.on('error', () => client.destroy());
    client.on('close', () => server.destroy());
  });
  const stopProxy = await listen(proxy);
  const address = `http://127.0.0.1:${portOf(proxy)}`;
  return {
    variables: {
      HTTPS_PROXY: address,
      https_proxy: address,
      NO_PROXY: 'localhost,127.0.0.1',
      SSL_CERT_FILE: authority,
      REQUESTS_CA_BUNDLE: authority,
      GIT_SSL_CAINFO: authority,
    },
    authority,
    host: (name, answer) => listeners.set(name, listenerOf(answer)),
    serve: (name, listener) => listeners.set(name, listener),
    stop: async () => {
      await Promise.all([stopProxy(), stopHosts()]);
    },
  };
}

/** Serves plain HTTP on loopback, for what the helpers themselves ask. */
export async function serveOnLoopback(
  answer: Host,
): Promise<{ readonly origin: string; readonly stop: () => Promise<void> }> {
  const server = createHttpServer(listenerOf(answer));
  const stop = await listen(server);
  return { origin: `http://127.0.0.1:${portOf(server)}`, stop };
}

function listenerOf(answer: Host): RequestListener {
  return (request: IncomingMessage, response: ServerResponse) => {
    void text(request)
      .then(async (body) => {
        const { pathname, searchParams } = new URL(request.url ?? '/', 'http://host');
        const { method = 'GET', headers } = request;
        return await answer({ method, path: pathname, query: searchParams, headers, body });
      })
      .catch((error: unknown): Reply => ({ status: 500, body: String(error) }))
      .then(({ status = 200, headers = {}, body = '' }) => {
        const isPlain = typeof body === 'string' || body instanceof Buffer;
        response.writeHead(status, { 'content-type': isPlain ? 'text/plain' : 'application/json', ...headers });
        response.end(isPlain ? body : JSON.stringify(body));
      });
  };
}

/** Listens on a free port of loopback; what it returns ends every connection, also one that has said nothing yet. */
async function listen(server: Server): Promise<() => Promise<void>> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.once('close', () => sockets.delete(socket)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** A certificate for every host, which is its own authority; its key never leaves the directory. */
function makeCertificate(directory: string): {
  readonly key: string;
  readonly cert: string;
  readonly authority: string;
} {
  const [keyFile, authority] = [join(directory, 'tls.key'), join(directory, 'tls.crt')];
  const names = HOSTS.map((host) => `DNS:${host}`).join(',');
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const subject = ['-subj', '/CN=hosts of the guide', '-addext', `subjectAltName=${names}`];
  const { status } = spawnSync('openssl', [
    'req',
    '-x509',
    ...curve,
    ...subject,
    '-keyout',
    keyFile,
    '-out',
    authority,
  ]);
  if (status !== 0) throw new LeftOut('openssl makes no certificate here; a system package `openssl` brings it');
  return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(authority, 'utf8'), authority };
}
