// Our own Worker with a D1 that is asked a few times and then answered for from memory: what is left is the Worker's own work.

import worker from '../../src/worker.ts';
import { onEachTrip } from '../../test/support/d1-trips.ts';

type Env = Parameters<NonNullable<typeof worker.fetch>>[1];

/** Round trips of the same statements that D1 carries out before its last answer stands for all that follow. */
const ASKED = 20;

function answered(env: Env): Env {
  const asked = new Map<string, { times: number; answer: D1Result[] }>();
  return {
    ...env,
    DB: onEachTrip(env.DB as D1Database, async ({ sql, carryOut }) => {
      const key = sql.join(';');
      const known = asked.get(key);
      if (known !== undefined && known.times >= ASKED) return known.answer;
      const answer = await carryOut();
      asked.set(key, { times: (known?.times ?? 0) + 1, answer });
      return answer;
    }),
  };
}

/** One object for the isolate's life, as the platform's own env is. */
let known: Env | null = null;

const answering: ExportedHandler<Env> = {
  fetch: (request, env, context) =>
    worker.fetch?.(request, (known ??= answered(env)), context) ?? new Response(null, { status: 500 }),
};

export default answering;
