// Two Workers of the production bundle on one D1 and one KV, as two places of Cloudflare's network would be, in this process.

import { dirname } from 'node:path';

import { exportJWK, generateKeyPair } from 'jose';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';

import { wranglerBindings } from '../../scripts/local/wrangler-bindings.ts';
import { migrate } from '../../scripts/local/migrate.ts';

export interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export type WorkerName = 'a' | 'b';

export interface TwoWorkers {
  readonly url: string;
  readonly db: D1Database;
  /** The IAM API as root, of one of them. */
  readonly iam: (worker: WorkerName, method: string, path: string, body?: object) => Promise<Reply>;
  /** A token exchange (RFC 8693 §2.1) at one of them. */
  readonly exchange: (worker: WorkerName, subjectToken: string) => Promise<Reply>;
  readonly stop: () => Promise<void>;
}

/** Starts both on an empty database. */
export async function startTwoWorkers(): Promise<TwoWorkers> {
  const url = 'https://cambist.test';
  const root = `${crypto.randomUUID()}${crypto.randomUUID()}`;
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const keys = [{ ...(await exportJWK(privateKey)), kid: 'own', alg: 'ES256' }];
  const { TEST_BUNDLE = '' } = process.env as Record<string, string | undefined>;
  const worker = (name: WorkerName) => ({
    ...wranglerBindings(),
    name,
    modulesRoot: dirname(TEST_BUNDLE),
    modules: [{ type: 'ESModule' as const, path: TEST_BUNDLE }],
    d1Databases: { DB: 'shared' },
    kvNamespaces: { CACHE: 'shared' },
    bindings: { ISSUER_URL: url, ADMIN_TOKEN: root, SIGNING_KEYS: JSON.stringify({ keys }) },
  });
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      telemetry: { enabled: false },
      handleStructuredLogs: () => undefined,
      workers: [worker('a'), worker('b')],
    }),
  );
  await miniflare.ready;
  const db = await miniflare.getD1Database('DB', 'a');
  await migrate(db);
  const fetchers = { a: await miniflare.getWorker('a'), b: await miniflare.getWorker('b') };
  const send = async (
    name: WorkerName,
    path: string,
    init: { method: string; headers: Record<string, string>; body?: string },
  ): Promise<Reply> => {
    const response = await fetchers[name].fetch(url + path, init);
    const text = await response.text();
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
  };
  return {
    url,
    db,
    iam: (name, method, path, body) =>
      send(name, path, {
        method,
        headers: { authorization: `Bearer ${root}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    exchange: (name, subjectToken) =>
      send(name, '/oidc/token', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token: subjectToken,
          subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        }).toString(),
      }),
    stop: () => miniflare.dispose(),
  };
}
