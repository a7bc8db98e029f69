// The service that is soaked: the simulated Worker on workerd as `npm start` runs the real one, and how it is spoken to.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildBundle } from '../../scripts/local/bundle.ts';
import type { ProcessStamp } from '../../scripts/local/processes.ts';
import { freePort, startLocalWorker } from '../../scripts/local/worker.ts';
import { SIMULATION_PATH } from './simulation.ts';
import type { Simulation } from './simulation.ts';

export interface Answer {
  readonly status: number;
  readonly requestId: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface AuditEvent {
  readonly action: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly requestId: string;
  readonly tokenId: string | null;
  readonly claims: { readonly jti?: string } | null;
  readonly count: number;
}

export interface Service {
  /** Its ISSUER_URL. */
  readonly url: string;
  /** Its ADMIN_TOKEN. */
  readonly rootToken: string;
  /** Where D1 and KV are. */
  readonly storage: string;
  readonly workerdPid: number;
  readonly inspectorPort: number;
  /** The reason that the log gives for each refused request, by request id. */
  readonly loggedReasons: ReadonlyMap<string, string>;
  /** Lines of the log that are no decision and no notice: exceptions, errors. */
  readonly troubles: readonly string[];
  readonly simulate: (change: Simulation) => Promise<void>;
  /** The IAM API as root. */
  readonly iam: (method: string, path: string, body?: object) => Promise<Answer>;
  /** The IAM API as root, for what must succeed. Throws with the whole answer where it does not. */
  readonly change: (method: string, path: string, body?: object) => Promise<Readonly<Record<string, unknown>>>;
  /** Posts a form to an OAuth endpoint. */
  readonly post: (path: string, form: Readonly<Record<string, string>>) => Promise<Answer>;
  /** Whether introspection says that a token counts. */
  readonly isActive: (token: string) => Promise<unknown>;
  readonly get: (path: string, token?: string) => Promise<Answer>;
  /** Every decision in the audit log, as its export gives it (contract §5.7). */
  readonly decisions: () => Promise<AuditEvent[]>;
  readonly stop: () => Promise<void>;
}

/** Starts it in a directory of its own. */
export async function startSoakedService(): Promise<Service> {
  const directory = mkdtempSync(join(tmpdir(), 'cambist-soak-'));
  const [port, inspectorPort] = [await freePort(), await freePort()];
  const url = `http://localhost:${port}`;
  const root = `Bearer ${crypto.randomUUID()}${crypto.randomUUID()}`;
  const loggedReasons = new Map<string, string>();
  const troubles: string[] = [];
  let workerd: ProcessStamp | null = null;
  const worker = await startLocalWorker({
    port,
    inspectorPort,
    bundle: await buildBundle(join(directory, 'bundle'), join(import.meta.dirname, 'worker.ts')),
    storage: join(directory, 'storage'),
    settings: { ISSUER_URL: url, ADMIN_TOKEN: root.slice('Bearer '.length), ALLOW_LOOPBACK_ISSUERS: 'true' },
    onLog: (line, level) => readLogLine(line, level, loggedReasons, troubles),
    onWorkerd: (stamp) => (workerd = stamp),
  });
  const send = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(worker.url + path, init);
    const text = await response.text();
    const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
    return { status: response.status, requestId: response.headers.get('x-request-id') ?? '', body };
  };
  const iam: Service['iam'] = (method, path, body) =>
    send(path, {
      method,
      headers: { authorization: root, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return {
    url,
    rootToken: root.slice('Bearer '.length),
    storage: join(directory, 'storage'),
    workerdPid: (workerd as ProcessStamp | null)?.pid ?? 0,
    inspectorPort,
    loggedReasons,
    troubles,
    simulate: async (change) => {
      const { status } = await send(SIMULATION_PATH, { method: 'POST', body: JSON.stringify(change) });
      if (status !== 200) throw new Error(`the simulation answered ${status}`);
    },
    iam,
    change: async (method, path, body) => {
      const answer = await iam(method, path, body);
      if (answer.status >= 300)
        throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    post: (path, form) => send(path, { method: 'POST', body: new URLSearchParams(form) }),
    isActive: async (token) => {
      const body = new URLSearchParams({ token });
      const answer = await send('/oidc/introspect', { method: 'POST', body, headers: { authorization: root } });
      return answer.body['active'];
    },
    get: (path, token) => send(path, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    decisions: async () => {
      const headers = { authorization: root, accept: 'application/x-ndjson' };
      const response = await fetch(`${worker.url}/v1/audit-events?action=token.exchange`, { headers });
      if (response.status !== 200) throw new Error(`the audit log answered ${response.status}`);
      const lines = (await response.text()).split('\n').filter((line) => line !== '');
      return lines.map((line) => JSON.parse(line) as AuditEvent);
    },
    stop: async () => {
      await worker.stop();
      rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

function readLogLine(line: string, level: string, loggedReasons: Map<string, string>, troubles: string[]): void {
  let entry: { event?: string; level?: string; outcome?: string; request_id?: string; reason?: string } | null;
  try {
    entry = JSON.parse(line) as typeof entry;
  } catch {
    entry = null;
  }
  if (entry?.event === 'token.exchange') {
    if (entry.outcome === 'refused') loggedReasons.set(entry.request_id ?? '', entry.reason ?? '');
  } else if (entry === null ? level !== 'log' : entry.level === 'error') troubles.push(line.slice(0, 300));
}
