// The real terminal, network and clock of deploying and removing.

import { resolve4, resolve6 } from 'node:dns/promises';
import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { Refusal } from '../local/refusal.ts';
import type { RunWrangler } from './account.ts';
import type { DeployDeps } from './deps.ts';

/** What a person at this terminal, or a pipeline, gives. */
export function outsideWorld(run: RunWrangler, config: string): DeployDeps {
  const hasTerminal = process.stdin.isTTY && process.stdout.isTTY;
  return {
    run,
    ask: hasTerminal ? askOnTerminal : null,
    print: (line) => console.log(line),
    fetch: (url, init) => fetch(url, { ...init, redirect: 'manual' }),
    resolve: async (host) =>
      (await Promise.allSettled([resolve4(host), resolve6(host)])).flatMap((result) =>
        result.status === 'fulfilled' ? result.value : [],
      ),
    now: () => performance.now(),
    sleep: async (milliseconds) => {
      await sleep(milliseconds);
    },
    environment: process.env,
    config,
  };
}

async function askOnTerminal(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await terminal.question(question);
  } catch {
    // Ctrl-D and Ctrl-C answer nothing, which is a no.
    throw new Refusal('nobody answered, so nothing was changed');
  } finally {
    terminal.close();
  }
}
