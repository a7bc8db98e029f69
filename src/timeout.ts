// Bounds the wait for work that may never answer, such as a binding of the platform or somebody else's server.

/** The outcome of `work`, or that of `late` after so many milliseconds; then the signal tells the work to stop. */
export async function withinTime<T>(
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<T>,
  late: () => T,
): Promise<T> {
  const deadline = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<null>((resolve) => {
    timer = setTimeout(() => {
      // Resolved first: what the abort makes of the work comes too late to count.
      resolve(null);
      deadline.abort();
    }, milliseconds);
  });
  try {
    const done = await Promise.race([work(deadline.signal).then((value) => ({ value })), timeout]);
    return done === null ? late() : done.value;
  } finally {
    clearTimeout(timer);
  }
}

/** The outcome of `work`; rejects with an Error that says so if there is none within so many milliseconds. */
export async function inTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  return withinTime(
    milliseconds,
    () => work,
    () => {
      throw new Error(`no answer within ${milliseconds} ms`);
    },
  );
}
