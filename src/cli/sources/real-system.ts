// The real system that the command runs on: files, programs, sockets and the network; decides nothing.

import { execFile } from 'node:child_process';
import { access, constants, readdir, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Send } from '../send.ts';
import { http } from '../builtin.ts';
import type { World } from '../command.ts';
import { readTextFile } from '../read-text-file.ts';
import { MAX_SOURCE_FILE_BYTES, PROGRAM_TIMEOUT_MS } from './limits.ts';
import { MAX_PLATFORM_ANSWER_BYTES } from '../../platforms/limits.ts';
import type { PlatformAnswer, PlatformRequest, ProgramEnd, System, Variables } from '../../platforms/source.ts';

/** The system of this process. Well-known paths are looked up under `root`, which only tests set. */
export function realSystem(world: Pick<World, 'env' | 'fetch'>, root = ''): System {
  const variables = world.env;
  const at = (path: string): string => root + path;
  return {
    variables,
    kindOf: async (path) => {
      try {
        const found = await stat(at(path));
        return found.isSocket() ? 'socket' : found.isDirectory() ? 'directory' : 'file';
      } catch {
        return null;
      }
    },
    readText: async (path) => {
      try {
        return await readTextFile(at(path), MAX_SOURCE_FILE_BYTES);
      } catch {
        return null;
      }
    },
    listFiles: async (directory) => {
      try {
        const names = await readdir(at(directory));
        return names.filter((name) => !name.startsWith('.')).map((name) => join(directory, name));
      } catch {
        return [];
      }
    },
    send: async (request, timeoutMs) =>
      request.socket === undefined
        ? await sendOverNetwork(world.fetch, request, timeoutMs)
        : await sendOverSocket(at(request.socket), request, timeoutMs),
    isProgram: async (name) => await isProgram(name, variables),
    run: async (program, args) => await runProgram(program, args, variables),
    sleep: async (milliseconds) => await sleep(milliseconds),
    random: Math.random,
    now: Date.now,
  };
}

async function sendOverNetwork(
  send: Send,
  { url, method = 'GET', headers = {}, body }: PlatformRequest,
  timeoutMs: number,
): Promise<PlatformAnswer> {
  const response = await send(url, {
    method,
    headers,
    body: body ?? null,
    // A redirect would carry the platform's credential somewhere else.
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_PLATFORM_ANSWER_BYTES) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return { status: response.status, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') };
}

async function sendOverSocket(
  socketPath: string,
  { url, method = 'GET', headers = {}, body }: PlatformRequest,
  timeoutMs: number,
): Promise<PlatformAnswer> {
  const { host, pathname, search } = new URL(url);
  return await new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = http().request(
      {
        socketPath,
        path: pathname + search,
        method,
        headers: { host, ...length, ...headers },
        signal: AbortSignal.timeout(timeoutMs),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_PLATFORM_ANSWER_BYTES) sent.destroy(new Error('the answer is too long'));
          else chunks.push(chunk);
        });
        response.once('error', reject);
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: { get: (name) => response.headersDistinct[name.toLowerCase()]?.join(', ') ?? null },
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
}

async function isProgram(name: string, variables: Variables): Promise<boolean> {
  for (const directory of (variables['PATH'] ?? '').split(delimiter)) {
    if (directory === '') continue;
    try {
      await access(join(directory, name), constants.X_OK);
      return true;
    } catch {
      // Not in this directory.
    }
  }
  return false;
}

async function runProgram(program: string, args: readonly string[], variables: Variables): Promise<ProgramEnd> {
  return await new Promise((resolve) => {
    const env = Object.fromEntries(Object.entries(variables)) as NodeJS.ProcessEnv;
    const options = { env, timeout: PROGRAM_TIMEOUT_MS, maxBuffer: MAX_PLATFORM_ANSWER_BYTES };
    execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr: stderr === '' && error !== null ? error.message.slice(0, 100) : stderr });
    });
  });
}
