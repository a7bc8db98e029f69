// A whole deployment for a demo: the Worker on workerd with a state that is thrown away, its IAM API as root, and its log of decisions.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildBundle } from '../local/bundle.ts';
import { workerSettings } from '../local/settings.ts';
import { adminToken, keySecrets, openStateDir } from '../local/state-dir.ts';
import { freePort, startLocalWorker } from '../local/worker.ts';
import type { CleanUp } from './story.ts';

export interface Reply {
  readonly status: number;
  readonly json: Record<string, unknown>;
}

export interface DemoDeployment {
  /** Its ISSUER_URL. */
  readonly origin: string;
  /** Creates an object of the IAM API as root. */
  readonly create: (path: string, body: unknown) => Promise<{ readonly identity: string }>;
  /** What the operator's log says of the request. */
  readonly decisionOf: (requestId: string) => Promise<Record<string, unknown>>;
}

/** Sends a request whose answer is JSON. */
export async function call(url: string, init?: RequestInit): Promise<Reply> {
  const response = await fetch(url, init);
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

/** Starts the deployment on a free port and waits until it is ready. */
export async function startDeployment(atEnd: (undo: CleanUp) => void): Promise<DemoDeployment> {
  const directory = mkdtempSync(join(tmpdir(), 'cambist-demo-'));
  atEnd(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  const port = await freePort();
  const state = await openStateDir(directory, port);
  atEnd(state.release);
  const settings = workerSettings({}, port);
  const root = adminToken(state, undefined);
  const decisions: Record<string, unknown>[] = [];
  const worker = await startLocalWorker({
    port,
    bundle: await buildBundle(join(directory, 'bundle')),
    storage: join(directory, 'storage'),
    settings: { ...settings, ADMIN_TOKEN: root.value, ...keySecrets(state, {}) },
    onLog: (line, level) => {
      if (line.startsWith('{')) decisions.push(JSON.parse(line) as Record<string, unknown>);
      else if (level === 'error' || level === 'warn') console.error(line);
    },
    onWorkerd: state.recordWorkerd,
  });
  atEnd(worker.stop);
  const ready = await call(`${worker.url}/readyz`);
  assert.equal(ready.status, 200, `the Worker is not ready: ${JSON.stringify(ready.json)}`);
  const origin = String(settings['ISSUER_URL']);
  return {
    origin,
    create: async (path, body) => {
      const { status, json } = await call(`${origin}/v1/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${root.value}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      assert.equal(status, 201, `POST /v1/${path} answered ${status}: ${JSON.stringify(json)}`);
      return { identity: String(json['identity']) };
    },
    // The log line arrives beside the answer, not before it.
    decisionOf: async (requestId) => {
      for (let attempt = 0; attempt < 100; attempt += 1) {
        const found = decisions.find((line) => line['request_id'] === requestId);
        if (found !== undefined) return found;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error(`no decision was logged for request ${requestId}`);
    },
  };
}
