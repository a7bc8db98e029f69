// The Worker's entry: hands requests and the schedule to the application, one of which lives as long as the isolate.

import { waitUntil } from 'cloudflare:workers';
import { compose } from './wiring.ts';
import type { Outside } from './wiring.ts';
import type { Settings } from './config.ts';
import { StorageUnavailable } from './exchange/ports.ts';
import { createApp } from './http/app.ts';

const outside: Outside = {
  fetch: (request) => fetch(request),
  now: () => Date.now() / 1000,
  waitUntil: (work) => waitUntil(work),
  // oxlint-disable-next-line no-console -- a Worker's log is its console
  log: (event) => console.log(JSON.stringify(event)),
};

type App = ReturnType<typeof createApp>;
let current: { readonly env: Settings; readonly app: App; readonly deps: ReturnType<typeof compose> } | null = null;

/** Settings do not change while an isolate lives, so everything made of them is made once. */
function runtime(env: Settings): NonNullable<typeof current> {
  if (current?.env === env) return current;
  const deps = compose(env, outside);
  current = { env, deps, app: createApp(deps) };
  return current;
}

/** One thing of the schedule, and its line in the log; what fails is tried again by the next run, and holds up nothing else. */
async function step(event: string, work: () => Promise<object>): Promise<void> {
  try {
    outside.log({ level: 'info', event, ...(await work()) });
  } catch (error) {
    if (!(error instanceof StorageUnavailable)) throw error;
    outside.log({ level: 'error', event: `${event}.failed`, detail: `${error.message}: ${String(error.cause)}` });
  }
}

const worker: ExportedHandler<Settings> = {
  fetch: (request, env): Response | Promise<Response> => runtime(env).app.fetch(request),

  async scheduled(_controller, env): Promise<void> {
    const { config, tendKeys } = runtime(env).deps;
    const { db, archive, auditRetentionDays, auditHotDays } = config;
    if (db === null || auditRetentionDays === null || auditHotDays === null) {
      const detail = 'DB, AUDIT_RETENTION_DAYS or AUDIT_HOT_DAYS is at fault; see /readyz';
      outside.log({ level: 'error', event: 'sweep.skipped', detail });
      return;
    }
    const now = Math.floor(outside.now());
    await step('sweep', async () => (await import('./store/sweep.ts')).sweep(db, now, auditRetentionDays));
    await step('signing_keys', tendKeys);
    await step('database', async () => {
      const { bytes, warning } = await (await import('./store/database-size.ts')).examineSize(db);
      return warning === null ? { bytes } : { level: 'warn', bytes, detail: warning };
    });
    // Last, since it takes the longest: if the time that a run may take ends it, nothing else waits for the next.
    if (archive !== null)
      await step('archive', async () => {
        const days = { retentionDays: auditRetentionDays, hotDays: auditHotDays };
        return await (await import('./store/archive-run.ts')).runArchive(db, archive, now, days);
      });
  },
};

export default worker;
