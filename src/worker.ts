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

const worker: ExportedHandler<Settings> = {
  fetch: (request, env): Response | Promise<Response> => runtime(env).app.fetch(request),

  async scheduled(_controller, env): Promise<void> {
    const { db, auditRetentionDays } = runtime(env).deps.config;
    if (db === null || auditRetentionDays === null) {
      outside.log({
        level: 'error',
        event: 'sweep.skipped',
        detail: 'DB or AUDIT_RETENTION_DAYS is at fault; see /readyz',
      });
      return;
    }
    try {
      const { sweep } = await import('./store/sweep.ts');
      outside.log({
        level: 'info',
        event: 'sweep',
        ...(await sweep(db, Math.floor(outside.now()), auditRetentionDays)),
      });
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
      outside.log({ level: 'error', event: 'sweep.failed', detail: String(error.cause) });
    }
  },
};

export default worker;
