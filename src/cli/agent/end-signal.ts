// Turns the signals that ask a process to end into one AbortSignal, and sees to it that the end does not take for ever.

import { setMaxListeners } from 'node:events';

import { LONGEST_END_MS } from './limits.ts';

const ENDING = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

export interface EndSignal {
  readonly isOver: AbortSignal;
  /** From here on the signals do again what they do by default. */
  readonly release: () => void;
}

/** Holds the signals until it is released. */
export function holdEndSignals(): EndSignal {
  const over = new AbortController();
  // Every output listens to it, so there may be many.
  setMaxListeners(0, over.signal);
  const end = (): void => {
    over.abort();
    // A platform that is slow to give an ID token does not hold up the end.
    setTimeout(() => process.exit(), LONGEST_END_MS).unref();
  };
  for (const signal of ENDING) process.once(signal, end);
  return {
    isOver: over.signal,
    release: () => {
      for (const signal of ENDING) process.off(signal, end);
    },
  };
}
