// Asks a deployment's /readyz until it answers 200, and says what is in the way if it does not.

import { Refusal } from '../local/refusal.ts';
import { READY_ANSWER_MS, READY_POLL_MS, READY_WITHIN_MS } from './limits.ts';

/** The network and the clock. */
export interface Waiting {
  readonly fetch: (url: string, init: { readonly signal: AbortSignal }) => Promise<Response>;
  /** Milliseconds. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** Resolves once `GET /readyz` answers 200. Throws Refusal with the last faults, or with why it cannot be reached. */
export async function waitUntilReady(url: string, { fetch, now, sleep }: Waiting): Promise<void> {
  const until = now() + READY_WITHIN_MS;
  for (;;) {
    const obstacle = await askReadiness(url, fetch);
    if (obstacle === null) return;
    if (now() + READY_POLL_MS > until) throw new Refusal(`it is deployed, but not ready: ${obstacle}`);
    await sleep(READY_POLL_MS);
  }
}

async function askReadiness(url: string, fetch: Waiting['fetch']): Promise<string | null> {
  let response: Response;
  try {
    response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(READY_ANSWER_MS) });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    return `${url} cannot be reached yet (${cause}); a new name takes some minutes: run the same command again`;
  }
  if (response.status === 200) return null;
  const faults = faultsIn(await response.text());
  if (faults.length > 0) return `${url}/readyz names:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`;
  return `${url}/readyz answers ${response.status}, which is not Cambist's answer: does the name lead to this Worker?`;
}

function faultsIn(text: string): readonly string[] {
  try {
    const { faults } = JSON.parse(text) as { readonly faults?: readonly { readonly detail: string }[] };
    return (faults ?? []).map(({ detail }) => detail);
  } catch {
    return [];
  }
}
