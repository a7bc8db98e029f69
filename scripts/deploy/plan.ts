// Says what a deployment is going to do, step by step, from what is wanted and what was found.

import type { CloudflareAccount } from './account.ts';
import { isWorkersDev } from './configuration.ts';
import type { Names } from './configuration.ts';
import type { Found } from './find-deployment.ts';
import type { MissingSecret } from './secrets.ts';

/** One step, in the order in which they are done. */
export interface PlannedStep {
  readonly name: string;
  readonly detail: string;
}

/** What the plan is made of. */
export interface Planned {
  readonly names: Names;
  /** Null if nobody is signed in, which a rehearsal may be. */
  readonly account: CloudflareAccount | null;
  /** Null if it is not known what the account has. */
  readonly found: Found | null;
  /** Null if wrangler reports the workers.dev address first. */
  readonly url: string | null;
  readonly secrets: readonly MissingSecret[];
}

/** The steps, each with what it is going to change. */
export function planSteps({ names, account, found, url, secrets }: Planned): PlannedStep[] {
  return [
    {
      name: 'sign-in',
      detail: account === null ? 'not checked, since nobody is signed in' : `${account.name} (${account.id})`,
    },
    {
      name: 'database',
      detail: made('D1 database', names.database, found === null ? null : found.databaseId !== null),
    },
    {
      name: 'cache',
      detail: made('KV namespace', names.namespace, found === null ? null : found.namespaceId !== null),
    },
    ...(names.bucket === null
      ? []
      : [{ name: 'archive', detail: made('R2 bucket', names.bucket, found === null ? null : found.hasBucket) }]),
    { name: 'schema', detail: 'apply the migrations that the database has not seen' },
    { name: 'secrets', detail: secretsDetail(found, secrets) },
    {
      name: 'upload',
      detail: `the Worker ${names.worker}${found === null ? '' : found.hasWorker ? ', a new version of it' : ', for the first time'}`,
    },
    { name: 'address', detail: addressDetail(names, found, url) },
    { name: 'readiness', detail: 'ask /readyz until it answers 200' },
  ];
}

function made(kind: string, name: string, isThere: boolean | null): string {
  if (isThere === null) return `use the ${kind} ${name}, or create it`;
  return isThere ? `use the ${kind} ${name}` : `create the ${kind} ${name}`;
}

function secretsDetail(found: Found | null, secrets: readonly MissingSecret[]): string {
  const sources = { made: 'make', environment: 'take from the environment', file: 'take from its file' } as const;
  const parts = secrets.map(({ name, from }) => `${sources[from]} ${name}`);
  if (found === null) return `${parts.join(', ')}, unless the Worker has them`;
  const kept = found.secrets.length === 0 ? [] : [`keep ${found.secrets.join(', ')}`];
  return [...kept, ...parts].join(', ');
}

function addressDetail(names: Names, found: Found | null, url: string | null): string {
  if (url === null) return `https://${names.worker}.….workers.dev as wrangler reports it, pinned as ISSUER_URL`;
  if (found?.url === url) return `${url}, as it is`;
  if (found !== null && found.url !== null)
    return `${url} instead of ${found.url}: tokens and trust of the old one end`;
  return isWorkersDev(url)
    ? `${url}, pinned as ISSUER_URL`
    : `${url}, a custom domain: Cloudflare makes DNS record and certificate`;
}
