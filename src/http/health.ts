// GET /healthz says that the Worker runs, GET /readyz that it can do its work, naming every fault at once.

import type { Handler } from 'hono';
import type { AppDeps, AppEnv } from './deps.ts';

/** Liveness: no dependency is asked. */
export const healthHandler: Handler<AppEnv> = (c) => c.json({ status: 'ok' });

/** Readiness: 200, or 503 with every setting, table and key that is missing or wrong. Anyone may ask, so load is shed first. */
export function readinessHandler(deps: AppDeps): Handler<AppEnv> {
  return async (c) => {
    if (!(await deps.mayProceed(c.req.header('cf-connecting-ip') ?? 'unknown'))) {
      return c.json({ status: 'rate_limited', request_id: c.get('requestId') }, 429, { 'retry-after': '10' });
    }
    const faults = [...deps.config.faults, ...(await deps.readinessFaults(Math.floor(deps.now())))];
    if (faults.length === 0) return c.json({ status: 'ready' });
    return c.json({ status: 'not_ready', faults, request_id: c.get('requestId') }, 503, { 'retry-after': '10' });
  };
}
