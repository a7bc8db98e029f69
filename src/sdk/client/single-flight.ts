// Lets callers that want the same at the same time share one piece of work; keeps no result once it is there.

import { FLIGHT_LEASE_MS, FLIGHT_POLL_MS } from './limits.ts';

interface Flight<T> {
  readonly startedAtMs: number;
  readonly landed: Promise<T>;
  outcome: { readonly value: T } | { readonly error: unknown } | null;
}

/** A function that runs `work` once for all who call it until it has ended; each of them gets its value or its error. */
export function singleFlight<T>(work: () => Promise<T>): () => Promise<T> {
  let flight: Flight<T> | null = null;

  const begin = (): Promise<T> => {
    const landed = work();
    const own: Flight<T> = { startedAtMs: Date.now(), landed, outcome: null };
    flight = own;
    const settle = (outcome: NonNullable<Flight<T>['outcome']>): void => {
      own.outcome = outcome;
      if (flight === own) flight = null;
    };
    // Both ways handled here, so that a flight nobody waits for any longer is no unhandled rejection.
    landed.then(
      (value) => settle({ value }),
      (error: unknown) => settle({ error }),
    );
    return landed;
  };

  /** A promise of one request must not be awaited by another there, so the others look again until its outcome is known. */
  const follow = async (leader: Flight<T>): Promise<T> => {
    while (leader.outcome === null && Date.now() - leader.startedAtMs < FLIGHT_LEASE_MS) {
      await new Promise((resolve) => setTimeout(resolve, FLIGHT_POLL_MS));
    }
    if (leader.outcome === null) return flight === leader || flight === null ? begin() : follow(flight);
    if ('error' in leader.outcome) throw leader.outcome.error;
    return leader.outcome.value;
  };

  return () => {
    if (flight === null) return begin();
    return isCloudflareWorkers() ? follow(flight) : flight.landed;
  };
}

function isCloudflareWorkers(): boolean {
  const { navigator } = globalThis as { navigator?: { readonly userAgent?: string } };
  return navigator?.userAgent === 'Cloudflare-Workers';
}
