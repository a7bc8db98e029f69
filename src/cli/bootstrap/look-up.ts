// Asks somebody else's API for a fact that makes a rule tighter; no answer is an answer, never a failure.

import type { World } from '../command.ts';
import type { JsonObject } from '../../token/json.ts';
import { isJsonObject } from '../../token/json.ts';
import { LOOKUP_TIMEOUT_MS } from '../limits.ts';

export type Found =
  | { readonly ok: true; readonly body: JsonObject }
  | { readonly ok: false; /** For people: `404`, `no answer`. */ readonly reason: string };

/** GETs a JSON object. The token goes to the named origin alone. */
export async function lookUp(
  world: World,
  url: string,
  token: { readonly header: string; readonly value: string } | null,
): Promise<Found> {
  try {
    const response = await world.fetch(url, {
      headers: {
        accept: 'application/json',
        'user-agent': 'cambist-cli',
        ...(token === null ? {} : { [token.header]: token.value }),
      },
      signal: AbortSignal.timeout(LOOKUP_TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) return { ok: false, reason: `it answered ${response.status}` };
    const body: unknown = JSON.parse(text);
    return isJsonObject(body) ? { ok: true, body } : { ok: false, reason: 'its answer is no object' };
  } catch (error) {
    return { ok: false, reason: error instanceof SyntaxError ? 'its answer is not JSON' : 'it cannot be reached' };
  }
}

/** The digits of an id; undefined for anything else. */
export function idOf(value: unknown): string | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : undefined;
}
