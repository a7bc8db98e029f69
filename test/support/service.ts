// The service as `npm start` runs it, for a test that talks to it over a real socket.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { freePort } from '../../scripts/local/worker.ts';
import { endAll, printed, startWorker, temporaryDirectory } from './local-process.ts';

export interface ServiceAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Service {
  /** Its ISSUER_URL. */
  readonly url: string;
  readonly rootToken: string;
  /** Posts to the IAM API as root; the identity of what was created. */
  readonly create: (path: string, body: Readonly<Record<string, unknown>>) => Promise<string>;
  /** A token exchange (RFC 8693 §2.1). */
  readonly exchange: (subjectToken: string, more?: Readonly<Record<string, string>>) => Promise<ServiceAnswer>;
  readonly stop: () => Promise<void>;
}

/** Starts it on a free port with a state directory of its own, and the given variables. */
export async function startService(variables: Readonly<Record<string, string>> = {}): Promise<Service> {
  const [state, port] = [temporaryDirectory(), await freePort()];
  await printed(startWorker(state, port, variables), 'cambist: ready');
  const url = `http://localhost:${port}`;
  const rootToken = readFileSync(join(state, 'admin-token'), 'utf8').trim();
  const send = async (path: string, init: RequestInit): Promise<ServiceAnswer> => {
    const response = await fetch(url + path, { method: 'POST', ...init });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return {
    url,
    rootToken,
    create: async (path, body) => {
      const headers = { authorization: `Bearer ${rootToken}`, 'content-type': 'application/json' };
      const answer = await send(path, { headers, body: JSON.stringify(body) });
      if (answer.status !== 201) throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
      return String(answer.body['identity']);
    },
    exchange: (subjectToken, more = {}) =>
      send('/oidc/token', {
        body: new URLSearchParams({
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token: subjectToken,
          subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
          ...more,
        }),
      }),
    stop: endAll,
  };
}
