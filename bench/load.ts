// A small HTTP/1.1 load generator over raw sockets: keep-alive, one request in flight per connection, every answer checked.

import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface Target {
  readonly port: number;
  readonly path: string;
  /** The form body of the n-th request. */
  readonly body: (index: number) => string;
  /** What every answer must be; another one ends the run with an error. */
  readonly status: number;
}

export interface Load {
  /** Answers per second. */
  readonly throughput: number;
  /** Milliseconds at these quantiles. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number };
  readonly answers: number;
  readonly seconds: number;
}

/** Sends requests over this many connections until the time is over. */
export async function applyLoad(target: Target, connections: number, milliseconds: number): Promise<Load> {
  const latencies: number[] = [];
  const started = performance.now();
  const until = started + milliseconds;
  let sent = 0;
  await Promise.all(Array.from({ length: connections }, () => drive(target, () => sent++, until, latencies)));
  const seconds = (performance.now() - started) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (quantile: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * quantile))] ?? 0;
  return {
    throughput: latencies.length / seconds,
    latency: { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) },
    answers: latencies.length,
    seconds,
  };
}

/** Connections that one of a load's may lose before the run ends with an error: a server may close one that it kept open. */
const MAX_RECONNECTS = 5;

function drive(target: Target, next: () => number, until: number, latencies: number[], reconnects = 0): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(target.port, '127.0.0.1');
    socket.setNoDelay(true);
    let received: Buffer = Buffer.alloc(0);
    let startedAt = 0;
    let isOver = false;
    let fault: Error | null = null;
    const send = (): void => {
      startedAt = performance.now();
      if (startedAt >= until) {
        isOver = true;
        socket.end();
        resolve();
        return;
      }
      write(socket, target, next());
    };
    socket.on('connect', send);
    socket.on('error', (error) => (fault = error));
    // Without this, a connection that the other side ends would leave the run waiting for ever.
    socket.on('close', () => {
      if (isOver) return;
      if (reconnects < MAX_RECONNECTS) resolve(drive(target, next, until, latencies, reconnects + 1));
      else reject(fault ?? new Error(`${target.path} at port ${target.port} closed its connections`));
    });
    socket.on('data', (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const answer = parseAnswer(received);
      if (answer === null) return;
      received = received.subarray(answer.length);
      if (answer.status !== target.status) {
        isOver = true;
        socket.destroy();
        reject(new Error(`expected ${target.status}, got ${answer.status}: ${answer.text.slice(0, 600)}`));
        return;
      }
      latencies.push(performance.now() - startedAt);
      send();
    });
  });
}

function write(socket: Socket, { path, body }: Target, index: number): void {
  const text = body(index);
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}

/** The first whole answer in the bytes; null if it is not whole yet. */
function parseAnswer(bytes: Buffer): { status: number; length: number; text: string } | null {
  const headerEnd = bytes.indexOf('\r\n\r\n');
  if (headerEnd === -1) return null;
  const head = bytes.toString('latin1', 0, headerEnd);
  const status = Number(head.slice(9, 12));
  const declared = /^content-length: *(\d+)/im.exec(head)?.[1];
  const bodyStart = headerEnd + 4;
  if (declared !== undefined) {
    const length = bodyStart + Number(declared);
    return bytes.length < length ? null : { status, length, text: bytes.toString('utf8', bodyStart, length) };
  }
  const end = bytes.indexOf('0\r\n\r\n', bodyStart);
  return end === -1 ? null : { status, length: end + 5, text: bytes.toString('utf8', bodyStart, end) };
}
