// Two real Workers on one D1 under load, while a rule is disabled and enabled: no grant after the disabling in the order of D1's writes (contract §7).

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createKey, signSegments } from '../support/issuer.ts';
import { startTwoWorkers } from '../support/two-workers.ts';
import type { Reply, TwoWorkers, WorkerName } from '../support/two-workers.ts';

const ISSUER = 'https://issuer.example.com';
const CALLERS = 6;
const CHANGES = 12;

let workers: TwoWorkers;
let identity: string;
let token: () => Promise<string>;

beforeAll(async () => {
  workers = await startTwoWorkers();
  const key = await createKey('ES256', 'issuer-key');
  const create = async (path: string, body: object): Promise<string> => {
    const answer = await workers.iam('a', 'POST', path, body);
    if (answer.status !== 201) throw new Error(JSON.stringify(answer));
    return String(answer.body['identity']);
  };
  const provider = await create('/v1/federated-identity-providers', {
    name: 'issuer',
    providerIssuer: ISSUER,
    status: 'active',
    localJwks: { keys: [key.publicJwk] },
  });
  const account = await create('/v1/service-accounts', { name: 'deployer' });
  identity = await create('/v1/federated-identities', {
    name: 'rule',
    serviceAccountIdentity: account,
    providerIdentity: provider,
    providerSubject: 'workload',
    allowedScopes: ['api:read'],
  });
  token = () => {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: ISSUER,
      sub: 'workload',
      aud: workers.url,
      jti: crypto.randomUUID(),
      iat: now,
      exp: now + 300,
    };
    return signSegments({ alg: 'ES256', kid: 'issuer-key' }, claims, key);
  };
});

afterAll(() => workers.stop());

interface Seen {
  readonly granted: number;
  readonly refused: number;
  /** Answers and events that the rule did not justify. */
  readonly wrong: readonly string[];
}

/** Exchanges at both without a pause, while the rule is switched; `version` is odd while nobody knows which it is. */
async function switchUnderLoad(): Promise<Seen> {
  const wrong: string[] = [];
  const counts = { granted: 0, refused: 0 };
  let version = 0;
  let isOn = true;
  const end = new AbortController();
  const note = ({ status, body }: Reply, wasOn: boolean | null): void => {
    if (status === 200) counts.granted += 1;
    else if (status === 400) counts.refused += 1;
    else wrong.push(`answered ${status}: ${JSON.stringify(body)}`);
    if (wasOn !== null && (status === 200) !== wasOn)
      wrong.push(`answered ${status} while the rule was ${wasOn ? 'on' : 'off'}`);
  };
  const call = async (name: WorkerName): Promise<void> => {
    while (!end.signal.aborted) {
      const [before, wasOn] = [version, isOn];
      const answer = await workers.exchange(name, await token());
      note(answer, before % 2 === 0 && before === version ? wasOn : null);
    }
  };
  const callers = Array.from({ length: CALLERS }, (_, index) => call(index % 2 === 0 ? 'a' : 'b'));
  for (let change = 0; change < CHANGES; change += 1) {
    version += 1;
    const status = isOn ? 'inactive' : 'active';
    const answer = await workers.iam(change % 3 === 0 ? 'a' : 'b', 'PATCH', `/v1/federated-identities/${identity}`, {
      status,
    });
    if (answer.status !== 200) wrong.push(`the change was answered ${answer.status}`);
    isOn = !isOn;
    version += 1;
    // The very next exchange of each Worker, whatever is in its memory.
    for (const name of ['a', 'b'] as const) note(await workers.exchange(name, await token()), isOn);
  }
  end.abort();
  await Promise.all(callers);
  return { ...counts, wrong: [...wrong, ...(await grantsAgainstTheRule())] };
}

/** In the order in which D1 wrote, every grant stands behind a change that had the rule on. */
async function grantsAgainstTheRule(): Promise<string[]> {
  const { results } = await workers.db
    .prepare(
      `SELECT outcome, request_id AS request, changes ->> '$.after.status' AS status FROM audit_event
       WHERE federated_identity_id = ?1 AND outcome IN ('granted', 'success') ORDER BY rowid`,
    )
    .bind(identity)
    .all<{ outcome: string; request: string; status: string | null }>();
  const wrong: string[] = [];
  let isOn = true;
  for (const { outcome, request, status } of results) {
    if (outcome === 'success') isOn = status === 'active';
    else if (!isOn) wrong.push(`granted while the rule was off: ${request}`);
  }
  return wrong;
}

describe('two Workers on one D1', () => {
  it('grant nothing after a rule was disabled, and refuse nothing after it was enabled (contract §7)', async () => {
    const { granted, refused, wrong } = await switchUnderLoad();
    expect(wrong).toEqual([]);
    expect(Math.min(granted, refused)).toBeGreaterThan(CHANGES);
  });

  it('are found out where the rules have lost the trigger that the guard rests on', async () => {
    await workers.db.prepare('DROP TRIGGER policy_of_federated_identity_updated').run();
    const { wrong } = await switchUnderLoad();
    expect(wrong.join()).toContain('granted while the rule was off');
  });
});
