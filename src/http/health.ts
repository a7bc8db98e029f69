// GET /healthz says that the Worker runs, GET /readyz that it can do its work, naming every fault at once.

import type { Handler } from 'hono';
import type { ConfigFault, SettingName } from '../config.ts';
import type { AppDeps, AppEnv } from './deps.ts';
import { RETRY_AFTER_SECONDS } from './limits.ts';

/** One thing that has to work, under the setting that gives it. */
export interface ReadinessCheck {
  readonly setting: SettingName;
  /** What an operator must mend at `now`, each in one sentence. */
  readonly faults: (now: number) => Promise<readonly string[]>;
}

/** Liveness: no dependency is asked. */
export const healthHandler: Handler<AppEnv> = (c) => c.json({ status: 'ok' });

/** Readiness: 200, or 503 with every setting, table and key that is missing or wrong. Anyone may ask, so load is shed first. */
export function readinessHandler(deps: AppDeps): Handler<AppEnv> {
  return async (c) => {
    if (!(await deps.mayProceed(c.req.header('cf-connecting-ip') ?? 'unknown'))) {
      return c.json({ status: 'rate_limited', request_id: c.get('requestId') }, 429, RETRY_LATER);
    }
    const faults = await readinessFaults(deps, Math.floor(deps.now()));
    if (faults.length === 0) return c.json({ status: 'ready' });
    return c.json({ status: 'not_ready', faults, request_id: c.get('requestId') }, 503, RETRY_LATER);
  };
}

const RETRY_LATER = { 'retry-after': String(RETRY_AFTER_SECONDS) };

/** Everything that keeps the deployment from its work at `now` (epoch seconds): settings, storage, keys. */
export async function readinessFaults(
  { config, readinessChecks }: Pick<AppDeps, 'config' | 'readinessChecks'>,
  now: number,
): Promise<ConfigFault[]> {
  const found = await Promise.all(
    readinessChecks.map(async ({ setting, faults }) => (await faults(now)).map((detail) => ({ setting, detail }))),
  );
  return [...config.faults, ...found.flat()];
}
