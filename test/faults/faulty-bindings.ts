// D1 and KV that fail, hang or lie at the moment a test says; what reaches the real binding below behaves as ever.

import { onEachTrip, replacing } from '../support/d1-trips.ts';
import type { D1Trip } from '../support/d1-trips.ts';

/**
 * `fail` carries nothing out; `lost` carries the round trip out and then loses the answer; `hang` never answers; a number is
 * milliseconds of delay before it, a promise what it waits for; a function changes the results on their way back.
 */
export type D1Fault = 'fail' | 'lost' | 'hang' | number | Promise<void> | ((results: D1Result[]) => D1Result[]) | null;

/** One round trip that is about to reach the database. */
export interface D1Call {
  readonly sql: readonly string[];
  /** Whether any of its statements changes something. */
  readonly writes: boolean;
}

export interface FaultyDatabase {
  readonly db: D1Database;
  /** Says what happens to a round trip; `healthy` at first. */
  fault: (call: D1Call) => D1Fault;
  /** Those that the database carried out, whatever became of their answers. */
  readonly carriedOut: D1Call[];
}

type Decide = FaultyDatabase['fault'];
export const healthy: Decide = () => null;
export const always =
  (fault: D1Fault): Decide =>
  () =>
    fault;
export const onReads =
  (fault: D1Fault): Decide =>
  ({ writes }) =>
    writes ? null : fault;
export const onWrites =
  (fault: D1Fault): Decide =>
  ({ writes }) =>
    writes ? fault : null;

/** One fault after another, by the order of the calls; healthy after the last. */
export function inOrder(...faults: D1Fault[]): Decide {
  return () => faults.shift() ?? null;
}

const CHANGES = /\b(?:INSERT INTO|UPDATE|DELETE FROM)\b/;

/** A database whose round trips fail as told. */
export function faultyDatabase(db: D1Database): FaultyDatabase {
  const carry = async ({ sql, carryOut }: D1Trip): Promise<D1Result[]> => {
    const call = { sql, writes: sql.some((text) => CHANGES.test(text)) };
    const fault = faulty.fault(call);
    if (fault === 'fail') throw new Error('D1_ERROR: Network connection lost.');
    if (fault === 'hang') return new Promise(() => undefined);
    if (typeof fault === 'number') await new Promise((resolve) => setTimeout(resolve, fault));
    if (fault instanceof Promise) await fault;
    const results = await carryOut();
    faulty.carriedOut.push(call);
    if (fault === 'lost') throw new Error('D1_ERROR: Network connection lost.');
    return typeof fault === 'function' ? fault(results) : results;
  };
  const faulty: FaultyDatabase = { db: onEachTrip(db, carry), fault: healthy, carriedOut: [] };
  return faulty;
}

/**
 * As for D1; `lie` carries the call out and answers a read with other bytes.
 */
export type R2Fault = 'fail' | 'lost' | 'hang' | 'lie' | null;

export interface FaultyBucket {
  readonly bucket: R2Bucket;
  /** Says what happens to a call; `null` at first. */
  fault: (method: string) => R2Fault;
}

/** A bucket whose calls fail as told. */
export function faultyBucket(bucket: R2Bucket): FaultyBucket {
  const call =
    (method: 'get' | 'put' | 'list' | 'delete') =>
    async (...values: unknown[]): Promise<unknown> => {
      const fault = faulty.fault(method);
      if (fault === 'fail') throw new Error('R2: internal error (10001)');
      if (fault === 'hang') return await new Promise(() => undefined);
      const answer: unknown = await Reflect.apply(bucket[method], bucket, values);
      if (fault === 'lost') throw new Error('R2: Network connection lost.');
      if (fault !== 'lie' || method !== 'get') return answer;
      const other = new Response('other bytes');
      return { body: other.body, arrayBuffer: async () => await other.arrayBuffer() };
    };
  const faulty: FaultyBucket = {
    bucket: replacing(bucket, {
      get: call('get'),
      put: call('put'),
      list: call('list'),
      delete: call('delete'),
    }),
    fault: () => null,
  };
  return faulty;
}

export interface FaultyCache {
  readonly cache: KVNamespace;
  failing: 'get' | 'put' | 'both' | null;
  /** Never answers, not even with an error. */
  hanging: 'get' | 'put' | 'both' | null;
  /** Milliseconds before every operation. */
  delay: number;
  /** Answers reads with what was there when this was set, as a location does that has not heard of a write yet. */
  frozen: Map<string, string | null> | null;
  /** Every value written, oldest first. */
  readonly written: { readonly key: string; readonly value: string }[];
}

/** A KV namespace that fails, hangs, is slow or answers with what was there before. */
export function faultyCache(kv: KVNamespace): FaultyCache {
  const faulty: FaultyCache = {
    cache: new Proxy(kv, {
      get(target, property) {
        if (property !== 'get' && property !== 'put') return Reflect.get(target, property, target).bind(target);
        return async (key: string, value: string, options?: KVNamespacePutOptions) => {
          if (faulty.delay > 0) await new Promise((resolve) => setTimeout(resolve, faulty.delay));
          if (faulty.hanging === property || faulty.hanging === 'both') return new Promise(() => undefined);
          if (faulty.failing === property || faulty.failing === 'both') throw new Error('KV GET failed: 500');
          if (property === 'get') return faulty.frozen === null ? target.get(key) : (faulty.frozen.get(key) ?? null);
          faulty.written.push({ key, value });
          return target.put(key, value, options);
        };
      },
    }),
    failing: null,
    hanging: null,
    delay: 0,
    frozen: null,
    written: [],
  };
  return faulty;
}
