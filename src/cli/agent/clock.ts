// The two clocks of a machine, and one that is made of both: time passes as fast as the one that says more.

export interface Clock {
  /** Milliseconds since 1970; somebody may set it, and it goes on while the machine sleeps. */
  readonly wallMs: () => number;
  /** Milliseconds since some start; nobody can set it, and it may stand still while the machine sleeps. */
  readonly monotonicMs: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Resolves after the milliseconds, or at once when the signal says so. */
  readonly sleep: (milliseconds: number, isOver: AbortSignal) => Promise<void>;
}

/**
 * Milliseconds that have passed since the start. From one reading to the next it counts what the clock says that says more,
 * so a token is rather renewed too early than too late; read it often, or a sleep and a step back hide each other.
 */
export function passedTime({ wallMs, monotonicMs }: Clock): () => number {
  let [wall, monotonic, passed] = [wallMs(), monotonicMs(), 0];
  return () => {
    const [wallNow, monotonicNow] = [wallMs(), monotonicMs()];
    passed += Math.max(wallNow - wall, monotonicNow - monotonic, 0);
    [wall, monotonic] = [wallNow, monotonicNow];
    return passed;
  };
}

/** The clocks of this machine. */
export const machineClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  random: () => Math.random(),
  sleep: async (milliseconds, isOver) =>
    await new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        isOver.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      isOver.addEventListener('abort', wake, { once: true });
      if (isOver.aborted) wake();
    }),
};
