// The engine of `cambist agent` and `cambist exec`: writes outputs, keeps each fresh in a loop of its own, and reacts to changes.

import { rm } from 'node:fs/promises';

import type { World } from '../command.ts';
import { CliFailure } from '../failure.ts';
import type { Output } from '../output.ts';
import type { ExchangedToken } from '../../sdk/client/index.ts';
import type { ExchangeSettings } from '../token/exchange-settings.ts';
import { passedTime } from './clock.ts';
import type { Clock } from './clock.ts';
import { healthAfter, healthAt, unknownHealth } from './health.ts';
import type { FileHealth } from './health.ts';
import { keepFresh } from './keep-fresh.ts';
import type { First, News } from './keep-fresh.ts';
import { END_GRACE_MS } from './limits.ts';
import { obtainMaterial } from './obtain-material.ts';
import type { FileText } from './obtain-material.ts';
import { reactionOf } from './react.ts';
import type { WantedOutput } from './read-outputs.ts';
import { removeDrafts, writeFiles } from './write-files.ts';

/** What the engine works with; tests replace the world and the clock. */
export interface KeeperMeans {
  readonly settings: ExchangeSettings;
  readonly world: World;
  readonly output: Output;
  readonly clock: Clock;
  /** Aborted when nothing is renewed any more. */
  readonly isOver: AbortSignal;
  /** Aborted when an exchange that is under way is given up; absent means together with `isOver`. */
  readonly isCutOff?: AbortSignal;
  /** Says to people what happened to an output, whose health was `before`. */
  readonly tell: (wanted: WantedOutput, news: News, before: FileHealth) => void;
  /** Hears of each access token that was given. */
  readonly hearToken?: (token: ExchangedToken) => void;
  /** Takes the signal of an output that names no other receiver. */
  readonly signalChild?: (signal: NodeJS.Signals) => void;
}

/** What was written first. */
export interface FirstWritten {
  readonly files: readonly FileText[];
  readonly expiresAt: Date;
}

export interface Keeper {
  /** How each output is at this moment, in the order of the outputs. */
  readonly health: () => readonly FileHealth[];
  /** Writes one output and reacts; null if it was over before that. Throws a CliFailure. */
  readonly writeFirst: (index: number) => Promise<FirstWritten | null>;
  /** Keeps every output fresh, from what it holds already; resolves when that is over, or soon after. */
  readonly keep: () => Promise<void>;
  /** Ends the commands that were started. */
  readonly end: () => Promise<void>;
  /** Removes each file that was written; one that cannot be removed is a warning. */
  readonly removeFiles: () => Promise<void>;
}

/** The engine for these outputs; it does nothing yet. */
export function createKeeper(outputs: readonly WantedOutput[], means: KeeperMeans): Keeper {
  const { world, output, clock, isOver, isCutOff = isOver } = means;
  const passed = passedTime(clock);
  const written = new Set<string>();
  /** Which output has which file; paths alone do not tell that two lead to one, by a link. */
  const owners = new Map<string, WantedOutput>();
  const mayHave =
    (wanted: WantedOutput) =>
    (place: string): boolean => {
      if (!owners.has(place)) owners.set(place, wanted);
      return owners.get(place) === wanted;
    };
  const kept = outputs.map((wanted) => {
    const reaction = reactionOf(wanted, world, output.warn, means.signalChild);
    let health = unknownHealth(wanted);
    let first: (Omit<First, 'ageMs'> & { readonly askedAtMs: number }) | null = null;
    const hear = (news: News): void => {
      const before = health;
      health = healthAfter(before, news);
      means.tell(wanted, news, before);
    };
    const write = async (files: readonly FileText[]): Promise<void> =>
      await writeFiles(wanted, files, (path) => written.add(path), mayHave(wanted));
    return {
      reaction,
      health: () => healthAt(health, clock.wallMs()),
      writeFirst: async (): Promise<FirstWritten | null> => {
        await removeDrafts(wanted);
        const askedAtMs = passed();
        const { material: files, expiresIn } = await obtainMaterial(means, wanted, isCutOff);
        if (isOver.aborted) return null;
        await write(files);
        first = { expiresIn, askedAtMs };
        const expiresAt = new Date(clock.wallMs() + expiresIn * 1000 - (passed() - askedAtMs));
        hear({ kind: 'renewed', expiresAt });
        await reaction.afterChange();
        return { files, expiresAt };
      },
      keep: async (): Promise<void> => {
        if (first === null) await removeDrafts(wanted);
        const held = first === null ? undefined : { expiresIn: first.expiresIn, ageMs: passed() - first.askedAtMs };
        const file = {
          obtain: async () => await obtainMaterial(means, wanted, isCutOff),
          write,
          tell: (news: News) => {
            hear(news);
            if (news.kind === 'renewed') void reaction.afterChange();
          },
        };
        await keepFresh(file, clock, isOver, held);
      },
    };
  });
  return {
    health: () => kept.map(({ health }) => concealed(health(), output)),
    writeFirst: async (index) => (await kept[index]?.writeFirst()) ?? null,
    // An ID token that a platform is slow to give is not waited for; a file that is being written is.
    keep: async () =>
      await Promise.race([
        Promise.all(kept.map(async ({ keep }) => await keep())),
        endedFor(END_GRACE_MS, isOver),
      ]).then(() => undefined),
    end: async () => void (await Promise.all(kept.map(async ({ reaction }) => await reaction.end()))),
    removeFiles: async () => {
      for (const path of written)
        await rm(path, { force: true }).catch((error: NodeJS.ErrnoException) => {
          output.warn(`${path} could not be removed (${error.code ?? 'unknown reason'}).`);
        });
    },
  };
}

/** The failure of an output, with its path before the reason. */
export function failureOf({ path }: WantedOutput, { message, details }: CliFailure, until = ''): CliFailure {
  return new CliFailure(`${path}: ${message}${until}`, details);
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
