// A whole deployment inside workerd for a test: the real application over real D1 and KV, with a clock and a network of the test's own.

import { env } from 'cloudflare:workers';
import { compose } from '../../src/wiring.ts';
import type { Settings } from '../../src/config.ts';
import { createApp } from '../../src/http/app.ts';
import type { TestIssuer } from './issuer.ts';
import { onEachTrip } from './d1-trips.ts';
import type { CarryTrip } from './d1-trips.ts';
import { freshDatabase } from './schema.ts';

export const ISSUER_URL = 'https://cambist.test';
export const ADMIN_TOKEN = 'test-root-token-of-at-least-32-characters';
/** The clock every deployment starts at: 2026-09-09, the time of the platform fixtures. */
export const START = 1_789_000_000;

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
export const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';
export const JWT = 'urn:ietf:params:oauth:token-type:jwt';

/** What left the Worker or reached its storage, counted. */
export interface Counts {
  d1Trips: number;
  d1Reads: number;
  d1Writes: number;
  kvReads: number;
  kvWrites: number;
  fetches: string[];
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into bodies of many shapes
  readonly body: any;
}

export interface Deployment {
  readonly db: D1Database;
  /** Set it to move time. */
  readonly clock: { now: number };
  readonly counts: Counts;
  /** Set its `carry` to see or change what becomes of the service's round trips to D1; `db` itself is not affected. */
  readonly d1: { carry: CarryTrip };
  readonly logs: Record<string, unknown>[];
  /** Puts an issuer on the network. */
  readonly connect: (issuer: TestIssuer) => void;
  /** At the issuer's own origin, unless another one is given. */
  readonly fetch: (path: string, init?: RequestInit, origin?: string) => Promise<Response>;
  readonly send: (path: string, init?: RequestInit) => Promise<Answer>;
  /** The IAM API as root. */
  readonly iam: (method: string, path: string, body?: unknown) => Promise<Answer>;
  /** Posts a form to the token endpoint. */
  readonly token: (parameters: Record<string, string | readonly string[]>) => Promise<Answer>;
  /** A token exchange with the usual parameters, others laid over. */
  readonly exchange: (subjectToken: string, more?: Record<string, string | readonly string[]>) => Promise<Answer>;
  /** Forgets everything that an isolate keeps in memory; `settings` are laid over those so far, as after a deployment. */
  readonly coldStart: (settings?: Partial<Settings>) => void;
  /** Requests to the isolate of now, also after a cold start made another one. */
  readonly keepIsolate: () => (path: string, init?: RequestInit) => Promise<Response>;
  /** What the schedule does for our own keys. */
  readonly tendKeys: () => Promise<object>;
  readonly resetCounts: () => void;
  readonly events: () => Promise<Record<string, unknown>[]>;
}

/** Work that outlives its answer, as under a Worker's waitUntil. */
const background: Promise<unknown>[] = [];

/** Starts a deployment with an empty database; `settings` are laid over the usual ones. */
export async function deploy(settings: Partial<Settings> = {}): Promise<Deployment> {
  // What the deployment before left running must not meet a database that is being emptied.
  await Promise.race([Promise.all(background.splice(0)), new Promise((resolve) => setTimeout(resolve, 200))]);
  await freshDatabase();
  const counts: Counts = { d1Trips: 0, d1Reads: 0, d1Writes: 0, kvReads: 0, kvWrites: 0, fetches: [] };
  const d1: Deployment['d1'] = { carry: async ({ carryOut }) => carryOut() };
  const clock = { now: START };
  const logs: Record<string, unknown>[] = [];
  const network = new Map<string, TestIssuer>();
  let bindings: Settings = {
    ...(env as Settings),
    // A test sends more from one address than a deployment would take; tests of the limit bring their own.
    RATE_LIMITER: undefined as never,
    // Without an archive, unless a test brings one.
    ARCHIVE: undefined as never,
    DB: countedDatabase(env.DB, counts, (trip) => d1.carry(trip)),
    CACHE: countedCache(env.CACHE, counts),
    ...settings,
  };
  const outside = {
    fetch: async (request: Request): Promise<Response> => {
      counts.fetches.push(request.url);
      const issuer = [...network.entries()].find(([url]) => request.url.startsWith(url))?.[1];
      if (issuer === undefined) throw new TypeError('network: no such host');
      return issuer.fetch(request);
    },
    now: () => clock.now,
    waitUntil: (work: Promise<unknown>): void => void background.push(work.catch(() => undefined)),
    log: (event: Readonly<Record<string, unknown>>): void => void logs.push({ ...event }),
  };
  let composed = compose(bindings, outside);
  let app = createApp(composed);

  const fetchPath = async (path: string, init?: RequestInit, origin = ISSUER_URL): Promise<Response> =>
    app.fetch(new Request(origin + path, init));
  const send = async (path: string, init?: RequestInit): Promise<Answer> => {
    const response = await fetchPath(path, init);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true && text !== '';
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  const token: Deployment['token'] = (parameters) => {
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries(parameters)) for (const one of [value].flat()) form.append(name, one);
    return send('/oidc/token', { method: 'POST', body: form });
  };
  return {
    db: env.DB,
    clock,
    counts,
    d1,
    logs,
    connect: (issuer) => void network.set(issuer.issuer.replace(/\/$/, ''), issuer),
    fetch: fetchPath,
    send,
    iam: (method, path, body) =>
      send(path, {
        method,
        headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    token,
    exchange: (subjectToken, more = {}) =>
      token({ grant_type: TOKEN_EXCHANGE, subject_token: subjectToken, subject_token_type: ID_TOKEN, ...more }),
    coldStart: (changed = {}) => {
      bindings = { ...bindings, ...changed };
      composed = compose(bindings, outside);
      app = createApp(composed);
    },
    keepIsolate: () => {
      const kept = app;
      return async (path, init) => kept.fetch(new Request(ISSUER_URL + path, init));
    },
    tendKeys: () => composed.tendKeys(),
    resetCounts: () =>
      Object.assign(counts, { d1Trips: 0, d1Reads: 0, d1Writes: 0, kvReads: 0, kvWrites: 0, fetches: [] }),
    events: async () => (await env.DB.prepare('SELECT * FROM audit_event ORDER BY id').all()).results,
  };
}

/** Real D1, with its round trips counted. */
function countedDatabase(db: D1Database, counts: Counts, carry: CarryTrip): D1Database {
  return onEachTrip(db, async (trip) => {
    counts.d1Trips += 1;
    const results = await carry(trip);
    const wrote = results.some((result) => result.meta.changed_db || result.meta.rows_written > 0);
    counts[wrote ? 'd1Writes' : 'd1Reads'] += 1;
    return results;
  });
}

function countedCache(cache: KVNamespace, counts: Counts): KVNamespace {
  return new Proxy(cache, {
    get(target, property) {
      if (property === 'get') counts.kvReads += 1;
      if (property === 'put') counts.kvWrites += 1;
      return Reflect.get(target, property, target).bind(target);
    },
  });
}

/** The identities of the objects that a usual test needs. */
export interface Joined {
  readonly provider: string;
  readonly serviceAccount: string;
  readonly federatedIdentity: string;
}

/** Registers an issuer and lets a subject of it act as a new account; `rule` is laid over a plain exact rule. */
export async function join(
  deployment: Deployment,
  issuer: TestIssuer,
  rule: Record<string, unknown> & { readonly providerSubject: string },
  provider: Record<string, unknown> = {},
): Promise<Joined> {
  deployment.connect(issuer);
  const created = await expectCreated(
    deployment.iam('POST', '/v1/federated-identity-providers', {
      name: 'issuer',
      providerIssuer: issuer.issuer,
      status: 'active',
      ...provider,
    }),
  );
  const account = await expectCreated(deployment.iam('POST', '/v1/service-accounts', { name: 'deployer' }));
  const identity = await addIdentity(deployment, { provider: created, serviceAccount: account }, rule);
  return { provider: created, serviceAccount: account, federatedIdentity: identity };
}

/** Adds one more rule; answers its id. */
export function addIdentity(
  deployment: Deployment,
  { provider, serviceAccount }: Pick<Joined, 'provider' | 'serviceAccount'>,
  rule: Record<string, unknown> & { readonly providerSubject: string },
): Promise<string> {
  return expectCreated(
    deployment.iam('POST', '/v1/federated-identities', {
      name: `rule ${crypto.randomUUID()}`,
      serviceAccountIdentity: serviceAccount,
      providerIdentity: provider,
      allowedScopes: ['api:read', 'api:write'],
      ...rule,
    }),
  );
}

/** The id of what a request created; fails with the whole answer where it did not. */
export async function expectCreated(answer: Promise<Answer>): Promise<string> {
  const { status, body } = await answer;
  if (status !== 201) throw new Error(`expected 201, got ${status}: ${JSON.stringify(body)}`);
  return body.identity as string;
}
