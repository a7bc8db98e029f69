// GET /healthz says that the Worker runs, GET /readyz that it can do its work, naming every fault at once.

import type { Handler } from 'hono';
import type { ConfigFault, SettingName } from '../config.ts';
import { withinTime } from '../timeout.ts';
import type { AppDeps, AppEnv } from './deps.ts';
import { READINESS_TIMEOUT_MS, RETRY_AFTER_SECONDS } from './limits.ts';

/** One thing that has to work, under the setting that gives it. */
export interface ReadinessCheck {
  readonly setting: SettingName;
  /** What was found at `now`, each in one sentence. */
  readonly examine: (now: number) => Promise<ReadinessFindings>;
}

export interface ReadinessFindings {
  /** The setting that they are about, if it is not that of the check. */
  readonly setting?: SettingName;
  /** What an operator must mend, since the deployment cannot do its work. */
  readonly faults: readonly string[];
  /** What an operator should know although it works. */
  readonly warnings?: readonly string[];
}

/** Everything that was found, each under its setting. */
export interface Readiness {
  readonly faults: readonly ConfigFault[];
  readonly warnings: readonly ConfigFault[];
}

/** Liveness: no dependency is asked. */
export const healthHandler: Handler<AppEnv> = (c) => c.json({ status: 'ok' });

/** Readiness: 200, or 503 with every setting, table and key that is missing or wrong; warnings in both. Anyone may ask, so load is shed first. */
export function readinessHandler(deps: AppDeps): Handler<AppEnv> {
  return async (c) => {
    if (!(await deps.mayProceed(c.req.header('cf-connecting-ip') ?? 'unknown'))) {
      return c.json({ status: 'rate_limited', request_id: c.get('requestId') }, 429, RETRY_LATER);
    }
    const { faults, warnings } = await readiness(deps, Math.floor(deps.now()));
    const noted = warnings.length === 0 ? {} : { warnings };
    if (faults.length === 0) return c.json({ status: 'ready', ...noted });
    return c.json({ status: 'not_ready', faults, ...noted, request_id: c.get('requestId') }, 503, RETRY_LATER);
  };
}

const RETRY_LATER = { 'retry-after': String(RETRY_AFTER_SECONDS) };

/** Everything that keeps the deployment from its work at `now` (epoch seconds), or soon will: settings, storage, keys. */
export async function readiness(
  {
    config,
    readinessChecks,
  }: Pick<AppDeps, 'readinessChecks'> & { readonly config: Pick<AppDeps['config'], 'faults'> },
  now: number,
): Promise<Readiness> {
  const found = await Promise.all(
    readinessChecks.map(async ({ setting: ofCheck, examine }) => {
      const {
        faults,
        warnings = [],
        setting = ofCheck,
      } = await withinTime(
        READINESS_TIMEOUT_MS,
        () => examine(now),
        (): ReadinessFindings => ({ faults: [`${ofCheck} was not examined within ${READINESS_TIMEOUT_MS} ms`] }),
      );
      return {
        faults: faults.map((detail) => ({ setting, detail })),
        warnings: warnings.map((detail) => ({ setting, detail })),
      };
    }),
  );
  return {
    faults: [...config.faults, ...found.flatMap(({ faults }) => faults)],
    warnings: found.flatMap(({ warnings }) => warnings),
  };
}
