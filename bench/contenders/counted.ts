// Our own Worker with its bindings counted: what crosses to D1, KV and the issuer, asked for at /counts. For measuring alone.

import worker from '../../src/worker.ts';
import { onEachTrip, replacing } from '../../test/support/d1-trips.ts';

type Env = Parameters<NonNullable<typeof worker.fetch>>[1];

const NONE = { d1Reads: 0, d1Writes: 0, rowsRead: 0, rowsWritten: 0, kvReads: 0, kvWrites: 0, fetches: 0 };
let counts = { ...NONE };
/** Bytes of the whole database after the last round trip. */
let databaseBytes = 0;

const fetchOutside = globalThis.fetch;
globalThis.fetch = (...given: Parameters<typeof fetch>): Promise<Response> => {
  counts.fetches += 1;
  return fetchOutside(...given);
};

function counted(env: Env): Env {
  const { DB, CACHE } = env;
  return {
    ...env,
    DB: onEachTrip(DB as D1Database, async ({ carryOut }) => {
      const results = await carryOut();
      const written = results.reduce((sum, { meta }) => sum + meta.rows_written, 0);
      counts.rowsRead += results.reduce((sum, { meta }) => sum + meta.rows_read, 0);
      counts.rowsWritten += written;
      databaseBytes = results.at(-1)?.meta.size_after ?? databaseBytes;
      counts[written > 0 ? 'd1Writes' : 'd1Reads'] += 1;
      return results;
    }),
    CACHE: replacing(CACHE as KVNamespace, {
      get: (key: string) => {
        counts.kvReads += 1;
        return (CACHE as KVNamespace).get(key);
      },
      put: (key: string, value: string, options: KVNamespacePutOptions) => {
        counts.kvWrites += 1;
        return (CACHE as KVNamespace).put(key, value, options);
      },
    }),
  };
}

/** One object for the isolate's life, as the platform's own env is. */
let known: Env | null = null;

const counting: ExportedHandler<Env> = {
  fetch: (request, env, context) => {
    if (new URL(request.url).pathname === '/counts') {
      const answer = Response.json({ ...counts, databaseBytes });
      counts = { ...NONE };
      return answer;
    }
    known ??= counted(env);
    return worker.fetch?.(request, known, context) ?? new Response(null, { status: 500 });
  },
};

export default counting;
