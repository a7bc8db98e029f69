// Runs `cambist` in this process against a running service, and makes its output comparable: identifiers and ports become names.

import type { World } from '../../../src/cli/command.ts';
import { runCli } from '../../../src/cli/run.ts';

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliWorld {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Answers what is not the service's own; by default nobody else can be reached. */
  readonly elsewhere?:
    | ((url: URL, headers: Headers, method: string, body: string) => Response | Promise<Response>)
    | undefined;
  readonly isTTY?: boolean;
  /** The person at the terminal. */
  readonly ask?: (question: string) => Promise<string>;
}

/** Runs one command line; only what is in `env` exists. */
export async function cambist(
  argv: readonly string[],
  { env = {}, stdin = '', elsewhere, isTTY, ask }: CliWorld = {},
): Promise<CliRun> {
  const out: string[] = [];
  const err: string[] = [];
  const world: World = {
    env,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const url = new URL(request.url);
      if (url.hostname === 'localhost') return await fetch(input, init);
      if (elsewhere === undefined) throw new TypeError('fetch failed');
      return await elsewhere(url, request.headers, request.method, await request.text());
    },
    stdout: { write: (text) => out.push(text), isTTY },
    stderr: { write: (text) => err.push(text), isTTY },
    readStdin: async () => await Promise.resolve(stdin),
    ...(ask === undefined ? {} : { ask }),
  };
  const code = await runCli(argv, world);
  return { code, stdout: out.join(''), stderr: err.join('') };
}

/** The output with what is new in every run replaced. */
export function stable(text: string): string {
  const names = new Map<string, string>();
  return text
    .replaceAll(/http:\/\/localhost:\d+/g, 'http://localhost:8787')
    .replaceAll(/http%3A%2F%2Flocalhost%3A\d+/g, 'http%3A%2F%2Flocalhost%3A8787')
    .replaceAll(/\b(idp|sa|fid|bind|role|req)_[0-9a-z]{26}\b/g, (identity, prefix: string) => {
      const known =
        names.get(identity) ??
        `${prefix}_${[...names.keys()].filter((one) => one.startsWith(`${prefix}_`)).length + 1}`;
      names.set(identity, known);
      return known;
    })
    .replaceAll(/key [0-9a-f]{12}/g, 'key 000000000000')
    .replaceAll(/"key": "[0-9a-f]{12}"/g, '"key": "000000000000"')
    .replaceAll(/D1 holds [\d.]+ MB, [\d.]+ %/g, 'D1 holds 1.0 MB, 0.0 %')
    .replaceAll(/request-id [0-9a-f-]{36}/g, 'request-id 00000000-0000-4000-8000-000000000000')
    .replaceAll(/request [0-9a-f-]{36}/g, 'request 00000000-0000-4000-8000-000000000000');
}
