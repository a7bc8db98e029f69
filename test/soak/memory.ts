// Reads how much memory the soaked Worker holds, on V8's word and the operating system's; judges nothing.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const MIB = 1024 * 1024;
/** Miniflare's name for the Worker's own service. */
const WORKER_SERVICE = 'core:user:';
const WAKE_EVERY_MS = 10;
const LONGEST_WAIT_MS = 10_000;

/** Resident MiB of a process: garbage that nobody has collected yet and the allocator's reserves count. */
export function residentMiB(pid: number): number {
  const kibibytes =
    process.platform === 'linux'
      ? /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
      : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(kibibytes) / 1024;
}

/** MiB that the Worker's isolate keeps when V8 has collected its garbage: heap, wrappers and buffers. `wake` sends it any request. */
export async function keptMiB(inspectorPort: number, wake: () => Promise<void>): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${inspectorPort}/json`);
  const isolates: { id: string; webSocketDebuggerUrl: string }[] = await response.json();
  const worker = isolates.find(({ id }) => id.startsWith(WORKER_SERVICE));
  if (worker === undefined) throw new Error('the inspector does not list the Worker');
  const socket = new WebSocket(worker.webSocketDebuggerUrl);
  try {
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', () => reject(new Error('the inspector does not answer')));
    });
    const collecting = { isOver: false };
    const collected = ask(socket, 1, 'HeapProfiler.collectGarbage').finally(() => (collecting.isOver = true));
    // An idle isolate collects nothing: it does so with the first request that comes after it was told.
    const waking = async (): Promise<void> => {
      for (let waited = 0; !collecting.isOver; waited += WAKE_EVERY_MS) {
        if (waited >= LONGEST_WAIT_MS) throw new Error('the Worker does not collect its garbage');
        await wake();
        await sleep(WAKE_EVERY_MS);
      }
    };
    await Promise.all([collected, waking()]);
    const usage = await ask(socket, 2, 'Runtime.getHeapUsage');
    const parts = ['usedSize', 'embedderHeapUsedSize', 'backingStorageSize'].map((part) => Number(usage[part]));
    return parts.reduce((sum, bytes) => sum + bytes, 0) / MIB;
  } finally {
    socket.close();
  }
}

function ask(socket: WebSocket, id: number, method: string): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve, reject) => {
    const read = ({ data }: MessageEvent): void => {
      const message = JSON.parse(String(data)) as { id?: number; result?: Record<string, unknown>; error?: unknown };
      if (message.id !== id) return;
      socket.removeEventListener('message', read);
      if (message.result === undefined) reject(new Error(`${method}: ${JSON.stringify(message.error)}`));
      else resolve(message.result);
    };
    socket.addEventListener('message', read);
    socket.send(JSON.stringify({ id, method }));
  });
}

/** The middle one of some measurements. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
