// The production Worker but for two things a soak must set, the time and the secret; never deployed, and not part of the package.

import { waitUntil } from 'cloudflare:workers';

import { compose } from '../../src/wiring.ts';
import type { Settings } from '../../src/config.ts';
import { createApp } from '../../src/http/app.ts';
import { runArchive } from '../../src/store/archive-run.ts';
import { sweep } from '../../src/store/sweep.ts';
import { SIMULATION_PATH } from './simulation.ts';
import type { Simulation } from './simulation.ts';

const RETENTION_DAYS = 400;
/** The shortest there is, so that the log of a soak is read back from both places. */
const HOT_DAYS = 1;

type Bindings = Settings & { DB: D1Database; ARCHIVE: R2Bucket };

let now = 0;
let secrets: Pick<Settings, 'SIGNING_KEYS' | 'SEALING_KEY'> = {};
let app: ReturnType<typeof createApp> | null = null;

async function simulate(request: Request, env: Bindings): Promise<Response> {
  const change: Simulation = await request.json();
  ({ now } = change);
  const { signingKeys, sealingKey } = change;
  if (signingKeys !== undefined || sealingKey !== undefined) {
    // A new secret is a new deployment: nothing of the isolate before it is left.
    secrets = { SIGNING_KEYS: signingKeys, SEALING_KEY: sealingKey };
    app = null;
  }
  if (change.sweep !== true) return Response.json({});
  const days = { retentionDays: RETENTION_DAYS, hotDays: HOT_DAYS };
  return Response.json({
    ...(await sweep(env.DB, now, RETENTION_DAYS)),
    ...(await runArchive(env.DB, env.ARCHIVE, now, days)),
  });
}

const worker: ExportedHandler<Bindings> = {
  fetch: (request, env) => {
    if (new URL(request.url).pathname === SIMULATION_PATH) return simulate(request, env);
    app ??= createApp(
      compose(
        { ...env, ...secrets },
        {
          fetch: (outgoing) => fetch(outgoing),
          now: () => now,
          waitUntil: (work) => waitUntil(work),
          log: (event) => console.log(JSON.stringify(event)),
        },
      ),
    );
    return app.fetch(request);
  },
};

export default worker;
