// GET /metrics (contract §8): the numbers of the whole deployment in the OpenMetrics form, for a monitor with a credential; loaded when it is asked for.

import type { Handler } from 'hono';
import { faultsOf } from '../config.ts';
import type { SettingName } from '../config.ts';
import { StorageUnavailable } from '../exchange/ports.ts';
import { DEFAULT_ORGANISATION_ID } from '../objects/organisation.ts';
import type { StoredMetrics } from '../objects/metrics.ts';
import { VERSION } from '../version.ts';
import type { AppDeps, AppEnv } from './deps.ts';
import { readiness } from './health.ts';
import type { Readiness } from './health.ts';
import { authenticate } from './iam/authenticate.ts';
import type { Caller } from './iam/caller.ts';
import { STORAGE_RETRY_SECONDS } from './limits.ts';
import { problemResponse } from './problem.ts';
import type { Problem } from './problem.ts';

const SCOPE = 'metrics:read';
const CONTENT_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const NEEDS: readonly SettingName[] = ['DB', 'ISSUER_URL', 'ADMIN_TOKEN'];

/** Answers the root token, or a token of the organisation `default` with `metrics:read`; 401, 403 or 503 else. */
export function metricsHandler(deps: AppDeps): Handler<AppEnv> {
  return async (c) => {
    const refuse = (problem: Problem): Response => problemResponse(problem, c.req.path, c.get('requestId'));
    const unavailable = (detail: string): Response =>
      refuse({ kind: 'unavailable', detail, headers: { 'retry-after': String(STORAGE_RETRY_SECONDS) } });
    if (faultsOf(deps.config, NEEDS).length > 0)
      return unavailable('this deployment is not fully configured; its operator finds what is missing at /readyz');
    const now = Math.floor(deps.now());
    try {
      const iam = await deps.iam();
      const caller = await authenticate(c.req.raw, iam);
      if (!caller.ok) return refuse(caller.error);
      const forbidden = refusalOf(caller.value);
      if (forbidden !== null) return refuse(forbidden);
      const [ready, stored] = await Promise.all([readiness(deps, now), deps.readMetrics(now)]);
      return c.body(openMetrics(stored, ready, now, hotSecondsOf(deps.config)), 200, { 'content-type': CONTENT_TYPE });
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
      deps.log({
        level: 'error',
        event: 'metrics.failed',
        request_id: c.get('requestId'),
        detail: String(error.cause),
      });
      return unavailable('storage does not answer');
    }
  };
}

/** The numbers are of all organisations, so only the deployment's own may see them. */
function refusalOf({ isRoot, organisation, scopes }: Caller): Problem | null {
  if (isRoot) return null;
  if (organisation !== DEFAULT_ORGANISATION_ID)
    return {
      kind: 'forbidden',
      detail: 'the numbers are of the whole deployment: only the organisation default reads them',
    };
  if (scopes === 'every' || scopes.includes(SCOPE)) return null;
  return {
    kind: 'forbidden',
    detail: `this needs the scope ${SCOPE}`,
    headers: { 'www-authenticate': `Bearer realm="cambist", error="insufficient_scope", scope="${SCOPE}"` },
  };
}

interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'info';
  readonly unit?: 'bytes' | 'seconds';
  readonly help: string;
  readonly samples: readonly { readonly labels?: Readonly<Record<string, string>>; readonly value: number }[];
}

/** Seconds that an event stays in D1; null if there is no archive. */
function hotSecondsOf({ archive, auditHotDays }: AppDeps['config']): number | null {
  return archive === null || auditHotDays === null ? null : auditHotDays * 86_400;
}

/** The text of OpenMetrics 1.0. */
export function openMetrics(stored: StoredMetrics, ready: Readiness, now: number, hotSeconds: number | null): string {
  return `${[...familiesOf(stored, ready, now), ...archiveFamily(stored, now, hotSeconds)].map(familyText).join('')}# EOF\n`;
}

function familiesOf(stored: StoredMetrics, { faults, warnings }: Readiness, now: number): readonly Family[] {
  const active = stored.keys.filter(({ status }) => status === 'active');
  const algorithms = [...new Set(stored.keys.map(({ alg }) => alg))];
  const one = (value: number): Family['samples'] => [{ value }];
  return [
    {
      name: 'cambist',
      type: 'info',
      help: 'The release that answers.',
      samples: [{ labels: { version: VERSION }, value: 1 }],
    },
    { name: 'cambist_grants', type: 'counter', help: 'Tokens granted.', samples: one(stored.grants) },
    {
      name: 'cambist_refusals',
      type: 'counter',
      help: 'Refusals of verified tokens and of access credentials, by reason. Tokens that cannot be verified are only logged.',
      samples: stored.refusals.map(({ reason, total }) => ({ labels: { reason }, value: total })),
    },
    {
      name: 'cambist_shadow_decisions',
      type: 'counter',
      help: 'Decisions of rules in shadow mode, which grant nothing.',
      samples: one(stored.shadowDecisions),
    },
    { name: 'cambist_changes', type: 'counter', help: 'Changes by the IAM API.', samples: one(stored.changes) },
    {
      name: 'cambist_issuers_failing',
      type: 'gauge',
      help: 'Identity providers whose keys could not be fetched lately: by the isolate that answers, or by a refresh.',
      samples: one(stored.failingIssuers),
    },
    {
      name: 'cambist_signing_keys',
      type: 'gauge',
      help: 'Signing keys by algorithm and status.',
      samples: algorithms.flatMap((alg) =>
        ['standby', 'active', 'retiring'].map((status) => ({
          labels: { alg, status },
          value: stored.keys.find((key) => key.alg === alg && key.status === status)?.number ?? 0,
        })),
      ),
    },
    {
      name: 'cambist_signing_key_age_seconds',
      type: 'gauge',
      unit: 'seconds',
      help: 'How long the active key of an algorithm has been signing.',
      samples: active.map(({ alg, since }) => ({ labels: { alg }, value: Math.max(0, now - since) })),
    },
    {
      name: 'cambist_database_size_bytes',
      type: 'gauge',
      unit: 'bytes',
      help: 'What D1 holds.',
      samples: one(stored.databaseBytes),
    },
    {
      name: 'cambist_database_limit_bytes',
      type: 'gauge',
      unit: 'bytes',
      help: 'What one D1 database can hold.',
      samples: one(stored.databaseLimitBytes),
    },
    {
      name: 'cambist_readiness_faults',
      type: 'gauge',
      help: 'What /readyz names as a fault; 0 means ready.',
      samples: one(faults.length),
    },
    {
      name: 'cambist_readiness_warnings',
      type: 'gauge',
      help: 'What /readyz names as a warning.',
      samples: one(warnings.length),
    },
  ];
}

/** How far the archive is behind, of a deployment that has one. */
function archiveFamily({ oldestEventAt }: StoredMetrics, now: number, hotSeconds: number | null): readonly Family[] {
  if (hotSeconds === null) return [];
  const lag = oldestEventAt === null ? 0 : Math.max(0, now - oldestEventAt - hotSeconds);
  return [
    {
      name: 'cambist_archive_lag_seconds',
      type: 'gauge',
      unit: 'seconds',
      help: 'For how long the oldest audit event in D1 should have been in the archive.',
      samples: [{ value: lag }],
    },
  ];
}

function familyText({ name, type, unit, help, samples }: Family): string {
  const suffix = { counter: '_total', gauge: '', info: '_info' }[type];
  return [
    `# TYPE ${name} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${escaped(help)}`,
    ...samples.map(({ labels, value }) => `${name}${suffix}${labelsText(labels ?? {})} ${value}`),
    '',
  ].join('\n');
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
