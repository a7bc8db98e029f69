// What the agent knows of each of its files, in memory and at GET /healthz on loopback; no token is in it.

import type { AddressInfo } from 'node:net';

import { CliFailure } from '../failure.ts';
import { http } from '../builtin.ts';
import { HEALTH_REQUEST_MS, MAX_HEALTH_CONNECTIONS } from './limits.ts';
import type { News } from './keep-fresh.ts';
import type { OutputType } from './output-members.ts';

/** `failing` still holds a good token; `starting` and `expired` hold none. */
type FileState = 'starting' | 'fresh' | 'failing' | 'expired';

export interface FileHealth {
  readonly type: OutputType;
  readonly path: string;
  readonly state: FileState;
  readonly expiresAt: string | null;
  /** Failures one after the other, up to now. */
  readonly failures: number;
  readonly problem: string | null;
}

/** The health of a file before anything happened. */
export function unknownHealth({ type, path }: Pick<FileHealth, 'type' | 'path'>): FileHealth {
  return { type, path, state: 'starting', expiresAt: null, failures: 0, problem: null };
}

/** The health of a file after the news. */
export function healthAfter(before: FileHealth, news: News): FileHealth {
  const { type, path } = before;
  switch (news.kind) {
    case 'renewed':
      return { type, path, state: 'fresh', expiresAt: news.expiresAt.toISOString(), failures: 0, problem: null };
    case 'failed': {
      const state = news.expiresAt !== null ? 'failing' : before.expiresAt === null ? 'starting' : 'expired';
      return { ...before, state, failures: before.failures + 1, problem: news.failure.message };
    }
    case 'expired':
      return { ...before, state: 'expired' };
  }
}

/** The health at a moment: a token ends by itself, also while a platform is slow to answer. */
export function healthAt(health: FileHealth, wallMs: number): FileHealth {
  const hasEnded = health.expiresAt !== null && Date.parse(health.expiresAt) <= wallMs;
  return hasEnded ? { ...health, state: 'expired' } : health;
}

/** True while every file holds a token that is good. */
function isHealthy(files: readonly FileHealth[]): boolean {
  return files.every(({ state }) => state === 'fresh' || state === 'failing');
}

export interface HealthServer {
  readonly url: string;
  readonly close: () => void;
}

/** The path of a request's target; not by `new URL`, which throws for what anybody on this machine may send (`//`). */
function pathOf(target: string): string {
  return target.replace(/[?#].*$/s, '');
}

/** Serves /healthz: 200 while every file is good, else 503. Throws a CliFailure if it cannot listen there. */
export async function serveHealth(listen: Listen, filesNow: () => readonly FileHealth[]): Promise<HealthServer> {
  const server = http().createServer(
    {
      requestTimeout: HEALTH_REQUEST_MS,
      headersTimeout: HEALTH_REQUEST_MS,
      // Node.js looks only every 30 s, and so long could whoever sends nothing keep the probe out.
      connectionsCheckingInterval: HEALTH_REQUEST_MS,
    },
    (request, response) => {
      const files = filesNow();
      const isGood = isHealthy(files);
      const [status, body] =
        // A page in a browser reaches loopback too, under a name of its own.
        !isLoopbackName(request.headers.host ?? '')
          ? [403, { status: 'forbidden' }]
          : pathOf(request.url ?? '') !== '/healthz'
            ? [404, { status: 'not found' }]
            : request.method !== 'GET' && request.method !== 'HEAD'
              ? [405, { status: 'method not allowed' }]
              : [isGood ? 200 : 503, { status: isGood ? 'ok' : 'failing', outputs: files }];
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(request.method === 'HEAD' ? undefined : `${JSON.stringify(body)}\n`);
    },
  );
  server.maxConnections = MAX_HEALTH_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const at = `${listen.host}:${listen.port}`;
      reject(
        new CliFailure(`The agent cannot listen on ${at} (${error.code ?? 'unknown reason'}).`, {
          code: 'not_listening',
        }),
      );
    });
    server.listen(listen.port, listen.host, () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return {
    url: `http://${host}:${port}/healthz`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

export interface Listen {
  readonly host: string;
  readonly port: number;
}

/** An address of loopback and a port; null for anything else. */
export function readListen(text: string): Listen | null {
  const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (!isLoopbackName(host) || Number(port) > 65_535) return null;
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}

function isLoopbackName(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/.test(host);
}
