// Keeps every output fresh until it is told to end: one loop for each, reactions to changes, /healthz, and what people read.

import type { World } from '../command.ts';
import { CliFailure } from '../failure.ts';
import type { Output } from '../output.ts';
import type { Clock } from './clock.ts';
import { healthAfter, healthAt, serveHealth, unknownHealth } from './health.ts';
import type { FileHealth } from './health.ts';
import { keepFresh } from './keep-fresh.ts';
import type { News } from './keep-fresh.ts';
import { END_GRACE_MS } from './limits.ts';
import { obtainMaterial } from './obtain-material.ts';
import type { AgentWishes } from './read-agent-file.ts';
import { reactionOf } from './react.ts';
import type { Reaction } from './react.ts';
import type { WantedOutput } from './read-outputs.ts';
import { removeDrafts, writeFiles } from './write-files.ts';

/** What the agent works with, replaced in tests. */
export interface AgentMeans {
  readonly world: World;
  readonly output: Output;
  readonly clock: Clock;
  /** Aborted when the agent should end. */
  readonly isOver: AbortSignal;
}

/** Works until it is over; everything it started has ended then. Throws a CliFailure if it cannot listen. */
export async function runAgent({ settings, listen, outputs }: AgentWishes, means: AgentMeans): Promise<void> {
  const { world, output, clock, isOver } = means;
  const health = outputs.map(unknownHealth);
  const server = await serveHealth(listen, () => health.map((one) => concealed(healthAt(one, clock.wallMs()), output)));
  tell(output, { event: 'listening', url: server.url }, `Health is at ${server.url}`);
  const reactions: Reaction[] = [];
  try {
    const loops = outputs.map(async (one, index) => {
      const reaction = reactionOf(one, world, output.warn);
      reactions.push(reaction);
      await removeDrafts(one);
      const hear = (news: News): void => {
        const before = health[index] ?? unknownHealth(one);
        health[index] = healthAfter(before, news);
        say(output, one, news, before);
        if (news.kind === 'renewed') void reaction.afterChange();
      };
      const file = {
        obtain: async (signal: AbortSignal) => await obtainMaterial(world, settings, one, signal),
        write: async (files: Awaited<ReturnType<typeof obtainMaterial>>['material']) => await writeFiles(one, files),
        tell: hear,
      };
      await keepFresh(file, clock, isOver);
    });
    // An ID token that a platform is slow to give is not waited for; a file that is being written is.
    await Promise.race([Promise.all(loops), endedFor(END_GRACE_MS, isOver)]);
  } finally {
    server.close();
    await Promise.all(reactions.map(async (reaction) => await reaction.end()));
  }
}

/** Writes every output once and reacts; true if each was written. */
export async function runOnce({ settings, outputs }: AgentWishes, means: AgentMeans): Promise<boolean> {
  const { world, output, isOver } = means;
  const reactions: Reaction[] = [];
  const endReactions = (): void => void Promise.all(reactions.map(async (reaction) => await reaction.end()));
  isOver.addEventListener('abort', endReactions, { once: true });
  const results = await Promise.all(
    outputs.map(async (one) => {
      try {
        await removeDrafts(one);
        const files = await obtainMaterial(world, settings, one, isOver);
        if (isOver.aborted) return false;
        await writeFiles(one, files.material);
        const expiresAt = new Date(means.clock.wallMs() + files.expiresIn * 1000);
        say(output, one, { kind: 'renewed', expiresAt }, unknownHealth(one));
      } catch (error) {
        if (!(error instanceof CliFailure)) throw error;
        if (!isOver.aborted) output.failure(new CliFailure(`${one.path}: ${error.message}`, error.details));
        return false;
      }
      const reaction = reactionOf({ ...one, ...onceOnly(one) }, world, output.warn);
      reactions.push(reaction);
      await reaction.afterChange();
      return true;
    }),
  );
  return results.every(Boolean);
}

/** Without an agent nothing keeps a command running: it runs to its end, and there was no earlier file to signal about. */
function onceOnly({ signal, pidFile }: WantedOutput): Partial<WantedOutput> {
  return signal !== undefined && pidFile === undefined ? { signal: undefined } : {};
}

function say(output: Output, { type, path }: WantedOutput, news: News, before: FileHealth): void {
  switch (news.kind) {
    case 'renewed': {
      const until = news.expiresAt.toISOString();
      tell(output, { event: 'renewed', type, path, expiresAt: until }, `✔ ${path} is good until ${until}`);
      return;
    }
    case 'failed': {
      // The same trouble is told once; /healthz counts it.
      if (before.problem === news.failure.message) return;
      const until = news.expiresAt === null ? '' : ` What is there is good until ${news.expiresAt.toISOString()}.`;
      const { message, details } = news.failure;
      output.failure(new CliFailure(`${path}: ${message}${until}`, details));
      return;
    }
    case 'expired':
      output.warn(
        `${path} has expired, and nothing newer could be had. It stays: whoever reads it is told so by name.`,
      );
  }
}

function tell(output: Output, event: object, text: string): void {
  if (output.isJson) output.raw(`${JSON.stringify(event)}\n`);
  else output.line(text);
}

function concealed(health: FileHealth, { conceal }: Output): FileHealth {
  return { ...health, problem: health.problem === null ? null : conceal(health.problem) };
}

async function endedFor(graceMs: number, isOver: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const wait = (): void => void setTimeout(resolve, graceMs).unref();
    if (isOver.aborted) wait();
    else isOver.addEventListener('abort', wait, { once: true });
  });
}
