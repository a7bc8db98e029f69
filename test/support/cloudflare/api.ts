// The part of Cloudflare's API that wrangler 4 asks while deploying and removing, on loopback, over an account in memory. It fails on a call that it does not know.

import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { DatabaseSync } from 'node:sqlite';

import { addDatabase, addNamespace, bindingsOf, databaseOf, uploadVersion } from './account.ts';
import type { Account, Binding } from './account.ts';

export interface CloudflareApi {
  /** For CLOUDFLARE_API_BASE_URL. */
  readonly url: string;
  readonly token: string;
  /** Every call, as `METHOD path`, in order. */
  readonly calls: string[];
  /** Calls that it did not know; a test expects none. */
  readonly unknown: string[];
  readonly close: () => Promise<void>;
}

interface Call {
  readonly account: Account;
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  readonly request: Request;
}

interface Failure {
  readonly status: number;
  readonly code: number;
  readonly message: string;
}

type Answer = { readonly result: unknown; readonly page?: boolean } | { readonly failure: Failure };
type Handler = (call: Call) => Answer | Promise<Answer>;

const ok = (result: unknown): Answer => ({ result });
const fail = (status: number, code: number, message: string): Answer => ({ failure: { status, code, message } });
const noLimits = fail(400, 100_328, 'CPU limits are not supported for the Free plan.');
const noWorker = fail(404, 10_007, 'This Worker does not exist on your account.');

/** `:` stands for one part of a path. */
const CALLS: Readonly<Record<string, Handler>> = {
  'GET /user/tokens/verify': () => ok({ id: 'token', status: 'active' }),
  'GET /user': () => ok({ id: 'user', email: 'operator@acme.example' }),
  'GET /memberships': ({ account }) => ({
    result: [{ id: 'membership', roles: [], account: { id: account.id, name: account.name } }],
    page: true,
  }),
  'GET /accounts': ({ account }) => ({ result: [{ id: account.id, name: account.name }], page: true }),
  'GET /accounts/:/d1/database': ({ account, query }) => ({
    result: query.get('page') === '1' ? [...account.databases].map(([uuid, { name }]) => ({ uuid, name })) : [],
    page: true,
  }),
  'POST /accounts/:/d1/database': async ({ account, request }) => {
    const { name } = (await request.json()) as { readonly name: string };
    if (databaseOf(account, name) !== null) return fail(400, 7502, 'database with that name already exists');
    return ok({ uuid: addDatabase(account, name), name });
  },
  'GET /accounts/:/d1/database/:': ({ account, parts }) => {
    const found = databaseOf(account, decodeURIComponent(parts[4] ?? ''));
    return found === null ? fail(404, 7404, 'The database was not found') : ok({ uuid: found.id, name: found.name });
  },
  'DELETE /accounts/:/d1/database/:': ({ account, parts }) =>
    account.databases.delete(parts[4] ?? '') ? ok(null) : fail(404, 7404, 'The database was not found'),
  'POST /accounts/:/d1/database/:/query': async ({ account, parts, request }) => {
    const found = databaseOf(account, parts[4] ?? '');
    if (found === null) return fail(404, 7404, 'The database was not found');
    const { sql } = (await request.json()) as { readonly sql: string };
    try {
      return ok([{ success: true, results: runSql(found.db, sql), meta: { duration: 0 } }]);
    } catch (error) {
      return fail(400, 7500, String(error));
    }
  },
  'GET /accounts/:/storage/kv/namespaces': ({ account, query }) => ({
    result: query.get('page') === '2' ? [] : [...account.namespaces].map(([id, title]) => ({ id, title })),
    page: true,
  }),
  'POST /accounts/:/storage/kv/namespaces': async ({ account, request }) => {
    const { title } = (await request.json()) as { readonly title: string };
    if ([...account.namespaces.values()].includes(title))
      return fail(400, 10_014, 'a namespace with this title exists');
    return ok({ id: addNamespace(account, title), title });
  },
  'DELETE /accounts/:/storage/kv/namespaces/:': ({ account, parts }) =>
    account.namespaces.delete(parts[5] ?? '') ? ok(null) : fail(404, 10_013, 'namespace not found'),
  'GET /accounts/:/r2/buckets/:': ({ account, parts }) =>
    account.buckets.has(parts[4] ?? '')
      ? ok({ name: parts[4] })
      : fail(404, 10_006, 'The specified bucket does not exist.'),
  'POST /accounts/:/r2/buckets': async ({ account, request }) => {
    const { name } = (await request.json()) as { readonly name: string };
    account.buckets.add(name);
    return ok({ name });
  },
  'GET /accounts/:/workers/subdomain': ({ account }) =>
    account.subdomain === null ? fail(404, 10_007, 'no subdomain') : ok({ subdomain: account.subdomain }),
  'GET /accounts/:/workers/services/:': ({ account, parts }) =>
    account.workers.has(parts[4] ?? '')
      ? ok({
          default_environment: {
            environment: 'production',
            script: { tag: parts[4], tags: [], last_deployed_from: 'wrangler' },
          },
        })
      : noWorker,
  'DELETE /accounts/:/workers/services/:': ({ account, parts }) =>
    account.workers.delete(parts[4] ?? '') ? ok(null) : noWorker,
  'GET /accounts/:/workers/scripts/:/secrets': ({ account, parts }) => {
    const worker = account.workers.get(parts[4] ?? '');
    return worker === undefined
      ? noWorker
      : ok([...worker.secrets.keys()].map((name) => ({ name, type: 'secret_text' })));
  },
  'GET /accounts/:/workers/scripts/:/settings': ({ account, parts }) => {
    const worker = account.workers.get(parts[4] ?? '');
    return worker === undefined ? noWorker : ok({ bindings: bindingsOf(worker) });
  },
  'GET /accounts/:/workers/scripts/:/deployments': ({ account, parts }) => {
    const worker = account.workers.get(parts[4] ?? '');
    if (worker === undefined) return noWorker;
    const deployments = worker.versions.toReversed().map(({ id }) => ({
      id,
      source: 'wrangler',
      strategy: 'percentage',
      versions: [{ version_id: id, percentage: 100 }],
    }));
    return ok({ deployments });
  },
  'GET /accounts/:/workers/scripts/:/versions/:': ({ account, parts }) => {
    const worker = account.workers.get(parts[4] ?? '');
    const version = worker?.versions.find(({ id }) => id === parts[6]);
    if (worker === undefined || version === undefined) return noWorker;
    return ok({
      id: version.id,
      metadata: {},
      resources: { bindings: bindingsOf(worker), script: {}, script_runtime: {} },
    });
  },
  'PUT /accounts/:/workers/scripts/:': async (call) => {
    const id = await storeUpload(call);
    if (id === null) return noLimits;
    return ok({ id: call.parts[4], tag: call.parts[4], deployment_id: id.replaceAll('-', ''), startup_time_ms: 7 });
  },
  'POST /accounts/:/workers/scripts/:/versions': async (call) => {
    const id = await storeUpload(call);
    if (id === null) return noLimits;
    return ok({ id, startup_time_ms: 7, resources: { script: { etag: 'etag' } } });
  },
  'POST /accounts/:/workers/scripts/:/deployments': () => ok({ id: 'deployment' }),
  'PATCH /accounts/:/workers/scripts/:/script-settings': () => ok({}),
  'GET /accounts/:/workers/scripts/:/subdomain': ({ account, parts }) => {
    const worker = account.workers.get(parts[4] ?? '');
    return worker === undefined ? noWorker : ok({ enabled: worker.isOnWorkersDev, previews_enabled: false });
  },
  'GET /accounts/:/workers/workers/:': ({ account, parts }) => {
    const worker = account.workers.get(parts[4] ?? '');
    return worker === undefined
      ? noWorker
      : ok({ subdomain: { enabled: worker.isOnWorkersDev, previews_enabled: false } });
  },
  'POST /accounts/:/workers/scripts/:/subdomain': async ({ account, parts, request }) => {
    const worker = account.workers.get(parts[4] ?? '');
    if (worker === undefined) return noWorker;
    const { enabled } = (await request.json()) as { readonly enabled: boolean };
    worker.isOnWorkersDev = enabled;
    return ok({ enabled: worker.isOnWorkersDev, previews_enabled: false });
  },
  'PUT /accounts/:/workers/scripts/:/schedules': () => ok({ schedules: [] }),
  'POST /accounts/:/workers/scripts/:/domains/changeset': async ({ request }) => {
    await request.text();
    return ok({ added: [], removed: [], updated: [], conflicting: [] });
  },
  'PUT /accounts/:/workers/scripts/:/domains/records': async ({ account, parts, request }) => {
    const worker = account.workers.get(parts[4] ?? '');
    if (worker === undefined) return noWorker;
    const { origins } = (await request.json()) as { readonly origins: readonly { readonly hostname: string }[] };
    worker.domains = origins.map(({ hostname }) => hostname);
    return ok(null);
  },
};

/** Serves the account on loopback to whoever has the token. */
export async function serveCloudflareApi(account: Account): Promise<CloudflareApi> {
  const token = 'stand-in-token-that-is-no-secret-of-anybody';
  const calls: string[] = [];
  const unknown: string[] = [];
  const server = createServer((incoming, outgoing) => {
    void answer(incoming).then(({ status, body }) => {
      outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  const answer = async (incoming: IncomingMessage): Promise<{ status: number; body: unknown }> => {
    const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
    const call = `${incoming.method ?? ''} ${url.pathname}`;
    const request = await toRequest(incoming, url);
    calls.push(call);
    if (request.headers.get('authorization') !== `Bearer ${token}`) return failed(401, 10_000, 'Authentication error');
    const parts = url.pathname.slice(1).split('/');
    if (parts[0] === 'accounts' && parts[1] !== undefined && parts[1] !== account.id)
      return failed(403, 10_000, 'Authentication error');
    const handler = CALLS[patternOf(call, parts)];
    if (handler === undefined) {
      unknown.push(call);
      return failed(501, 1, `the stand-in does not know ${call}`);
    }
    const result = await handler({ account, parts, query: url.searchParams, request });
    if ('failure' in result) return failed(result.failure.status, result.failure.code, result.failure.message);
    const count = Array.isArray(result.result) ? result.result.length : 0;
    const paged =
      result.page === true
        ? { result_info: { page: 1, per_page: 100, count, total_count: count, total_pages: 1 } }
        : {};
    return { status: 200, body: { success: true, errors: [], messages: [], result: result.result, ...paged } };
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    token,
    calls,
    unknown,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function failed(status: number, code: number, message: string): { status: number; body: unknown } {
  return { status, body: { success: false, errors: [{ code, message }], messages: [], result: null } };
}

/** Names of Workers, ids and the like become `:`; they stand in every second part of these paths. */
function patternOf(call: string, parts: readonly string[]): string {
  const [method = ''] = call.split(' ');
  const exact = `${method} /${parts.join('/')}`;
  if (exact in CALLS) return exact;
  const found = Object.keys(CALLS).find((pattern) => {
    const [wantedMethod, path = ''] = pattern.split(' ');
    const wanted = path.slice(1).split('/');
    return (
      wantedMethod === method &&
      wanted.length === parts.length &&
      wanted.every((part, index) => part === ':' || part === parts[index])
    );
  });
  return found ?? exact;
}

/** Null if the plan does not allow what the upload asks for. */
async function storeUpload({ account, parts, request }: Call): Promise<string | null> {
  const metadata = (await request.formData()).get('metadata');
  const { bindings, keep_bindings, limits } = JSON.parse(String(metadata)) as {
    readonly limits?: unknown;
    readonly bindings: readonly Binding[];
    readonly keep_bindings?: readonly string[];
  };
  if (limits !== undefined && account.isOnFreePlan) return null;
  return uploadVersion(account, parts[4] ?? '', { bindings, keepBindings: keep_bindings ?? [] });
}

/** The rows of the last statement; statements without rows are run all the same. */
export function runSql(db: DatabaseSync, sql: string): unknown[] {
  if (/^\s*select/i.test(sql)) return db.prepare(sql).all();
  db.exec('BEGIN');
  try {
    db.exec(sql);
    db.exec('COMMIT');
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
  return [];
}

async function toRequest(incoming: IncomingMessage, url: URL): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const headers = Object.entries(incoming.headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as [string, string]] : [],
  );
  const method = incoming.method ?? 'GET';
  return new Request(url, { method, headers, ...(method === 'GET' ? {} : { body: Buffer.concat(chunks) }) });
}
