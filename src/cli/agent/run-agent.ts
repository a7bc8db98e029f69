// `cambist agent` itself: the engine without a command around it, /healthz, and what people read.

import { CliFailure } from '../failure.ts';
import type { Output } from '../output.ts';
import type { FileHealth } from './health.ts';
import { serveHealth } from './health.ts';
import type { News } from './keep-fresh.ts';
import { createKeeper, failureOf } from './keep-outputs.ts';
import type { KeeperMeans } from './keep-outputs.ts';
import type { AgentWishes } from './read-agent-file.ts';
import type { WantedOutput } from './read-outputs.ts';

const ANY_PORT = { host: '127.0.0.1', port: 0 };

/** What the agent works with, replaced in tests. */
export type AgentMeans = Pick<KeeperMeans, 'world' | 'output' | 'clock' | 'isOver'>;

/** Works until it is over; everything it started has ended then. Throws a CliFailure if it cannot listen. */
export async function runAgent(
  { settings, listen = ANY_PORT, outputs }: AgentWishes,
  means: AgentMeans,
): Promise<void> {
  const { output } = means;
  const keeper = createKeeper(outputs, { ...means, settings, tell: tellOn(output) });
  const server = await serveHealth(listen, keeper.health);
  print(output, { event: 'listening', url: server.url }, `Health is at ${server.url}`);
  try {
    await keeper.keep();
  } finally {
    server.close();
    await keeper.end();
  }
}

/** Writes every output once and reacts; true if each was written. */
export async function runOnce({ settings, outputs }: AgentWishes, means: AgentMeans): Promise<boolean> {
  const { output, isOver } = means;
  const keeper = createKeeper(outputs.map(onceOnly), { ...means, settings, tell: tellOn(output) });
  isOver.addEventListener('abort', () => void keeper.end(), { once: true });
  const results = await Promise.all(
    outputs.map(async (one, index) => {
      try {
        return (await keeper.writeFirst(index)) !== null;
      } catch (error) {
        if (!(error instanceof CliFailure)) throw error;
        if (!isOver.aborted) output.failure(failureOf(one, error));
        return false;
      }
    }),
  );
  return results.every(Boolean);
}

/** Without an agent nothing keeps a command running: it runs to its end, and there was no earlier file to signal about. */
function onceOnly(wanted: WantedOutput): WantedOutput {
  return wanted.pidFile === undefined ? { ...wanted, signal: undefined } : wanted;
}

function tellOn(output: Output): (wanted: WantedOutput, news: News, before: FileHealth) => void {
  return (wanted, news, before) => {
    const { type, path } = wanted;
    switch (news.kind) {
      case 'renewed': {
        const until = news.expiresAt.toISOString();
        print(output, { event: 'renewed', type, path, expiresAt: until }, `✔ ${path} is good until ${until}`);
        return;
      }
      case 'failed': {
        // The same trouble is told once; /healthz counts it.
        if (before.problem === news.failure.message) return;
        const until = news.expiresAt === null ? '' : ` What is there is good until ${news.expiresAt.toISOString()}.`;
        output.failure(failureOf(wanted, news.failure, until));
        return;
      }
      case 'expired':
        output.warn(
          `${path} has expired, and nothing newer could be had. It stays: whoever reads it is told so by name.`,
        );
    }
  };
}

function print(output: Output, event: object, text: string): void {
  if (output.isJson) output.raw(`${JSON.stringify(event)}\n`);
  else output.line(text);
}
