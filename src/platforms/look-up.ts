// What a platform may be asked before a rule is proposed, and what comes of it; the command line gives the means to ask.

import type { LocalJwks } from '../objects/identity-provider.ts';
import { isJsonObject } from '../token/json.ts';
import type { JsonObject } from '../token/json.ts';
import { PlatformFailure } from './failure.ts';
import type { System } from './source.ts';

/** Parameters of a recipe, and what follows from them, by name. */
export type Variables = ReadonlyMap<string, string>;
export type Variable = readonly [name: string, value: string];

/** Somebody's API answered an object, or not; `reason` is for people: `it answered 404`. */
export type ApiAnswer =
  | { readonly ok: true; readonly body: JsonObject }
  | { readonly ok: false; readonly reason: string };

export interface LookUpQuestion {
  readonly variables: Variables;
  /** The name of the recipe's variant. */
  readonly variant: string;
  /** False if only the names of the workload matter, because its rule is to be taken back. */
  readonly wantsIds: boolean;
  /** True if the user gave the issuer's keys. */
  readonly hasKeys: boolean;
  readonly system: System;
  /** Asks an API; the token goes to the origin of the address alone. */
  readonly askApi: (
    url: string,
    token: { readonly header: string; readonly value: string } | null,
  ) => Promise<ApiAnswer>;
}

/** What a look-up found out. */
export interface LookUpAnswer {
  readonly variables: readonly Variable[];
  /** Said aloud before anything is written. */
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
  readonly localJwks: LocalJwks | null;
}

export type LookUp = (question: LookUpQuestion) => Promise<LookUpAnswer>;

export const NOTHING_FOUND: LookUpAnswer = { variables: [], warnings: [], notes: [], localJwks: null };

/** Reads a JWK Set (RFC 7517 §5); the service decides which of its keys are any good. Throws a PlatformFailure. */
export function parseJwks(text: string, source: string): LocalJwks {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  const keys = isJsonObject(value) ? value['keys'] : null;
  if (!Array.isArray(keys) || keys.length === 0)
    throw new PlatformFailure(`${source} holds no JWK Set such as {"keys": [...]}.`);
  return { keys: keys as LocalJwks['keys'] };
}

/** The digits of an id; undefined for anything else. */
export function idOf(value: unknown): string | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : undefined;
}
