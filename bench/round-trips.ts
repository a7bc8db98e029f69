// Counts what an exchange sends to D1, KV and the issuer, on workerd, by the result it has; times nothing.

import { join } from 'node:path';

import { signingKey, startCambist } from './workerd.ts';
import { exchangeForm, startWorkload } from './workload.ts';

export interface Counts {
  readonly d1Reads: number;
  readonly d1Writes: number;
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly kvReads: number;
  readonly kvWrites: number;
  readonly fetches: number;
}

/** What the audit events of exchanges take in D1, indexes and free space in pages included. */
export interface EventSize {
  readonly bytesPerEvent: number;
}

export interface Counted extends Counts {
  readonly exchange: string;
  readonly status: number;
}

/** Runs one exchange of each kind, then many of one. Throws if one has another status than it should. */
export async function countRoundTrips(eventsWeighed: number): Promise<{ readonly roundTrips: Counted[] } & EventSize> {
  const workload = await startWorkload();
  const stranger = await startWorkload();
  const keys = [await signingKey('ES256'), await signingKey('RS256')];
  const cambist = await startCambist(workload, keys, join(import.meta.dirname, 'contenders', 'counted.ts'));
  const url = `http://127.0.0.1:${cambist.port}`;
  const account = { service_account_id: cambist.serviceAccount };
  const counted: Counted[] = [];
  const counts = async (): Promise<Counts & { databaseBytes: number }> =>
    (await (await fetch(`${url}/counts`)).json()) as Counts & { databaseBytes: number };
  const post = async (exchange: string, status: number, token: string, form: object): Promise<void> => {
    const answer = await fetch(`${url}/oidc/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: exchangeForm(token, { ...form }),
    });
    const text = await answer.text();
    if (answer.status !== status) throw new Error(`${exchange}: ${answer.status} ${text}`);
  };
  const count = async (exchange: string, status: number, token: string, form = account as object): Promise<void> => {
    await counts();
    await post(exchange, status, token, form);
    const { databaseBytes: _, ...crossed } = await counts();
    counted.push({ exchange, status, ...crossed });
  };
  const { audience } = cambist;
  // Records our own keys, which the first of all requests does.
  await fetch(`${url}/readyz`);
  await count('granted, the first of an issuer', 200, await workload.sign(audience));
  await count('granted, warm, account named', 200, await workload.sign(audience));
  await post('granted, the first by the token alone', 200, await workload.sign(audience), {});
  await count('granted, warm, by the token alone', 200, await workload.sign(audience), {});
  await cambist.restart();
  await count('granted, the first of an isolate', 200, await workload.sign(audience));
  await count(
    'refused: rule does not match',
    400,
    await workload.sign(audience, { sub: 'repo:acme/other:ref:refs/heads/x' }),
  );
  await count(
    'refused: the same again',
    400,
    await workload.sign(audience, { sub: 'repo:acme/other:ref:refs/heads/x' }),
  );
  const signed = await workload.sign(audience);
  await count('refused: expired', 400, await workload.sign(audience, {}, -7_200));
  await count('refused: issuer not registered', 400, await stranger.sign(audience));
  await count('refused: token too large', 400, `${signed}${'A'.repeat(20_000)}`);
  const before = (await counts()).databaseBytes;
  for (let exchange = 0; exchange < eventsWeighed; exchange += 1) await post('granted', 200, signed, account);
  const bytesPerEvent = ((await counts()).databaseBytes - before) / eventsWeighed;
  await cambist.stop();
  workload.close();
  stranger.close();
  return { roundTrips: counted, bytesPerEvent };
}
