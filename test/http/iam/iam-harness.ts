// The IAM API over a real, empty D1 database, with a clock and a count of round trips that tests control.

import { newId } from '../../../src/new-id.ts';
import { createIamApp } from '../../../src/http/iam/app.ts';
import { refuse } from '../../../src/exchange/result.ts';
import type { IamDeps } from '../../../src/http/iam/app.ts';
import { readLocalKeys, validateLocalJwks } from '../../../src/issuers/jwk-set.ts';
import { createIamStore } from '../../../src/store/iam-store.ts';
import { onEachTrip } from '../../support/d1-trips.ts';
import { freshDatabase } from '../../support/schema.ts';

export const ROOT_TOKEN = 'test-root-token-of-at-least-32-characters';
const ORIGIN = 'https://cambist.test';
export const NOW = 1_800_000_000;

export interface Answer {
  readonly status: number;
  // Tests look into answers of every shape.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
  readonly headers: Headers;
}

export interface Harness {
  readonly db: D1Database;
  /** D1 round trips since the harness was made. */
  readonly roundTrips: () => number;
  readonly setNow: (seconds: number) => void;
  readonly log: Record<string, unknown>[];
  /** Calls the API as root; `body` is sent as JSON, a string as it is. */
  readonly call: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
  /** The audit events of the organisation `default`, oldest first. */
  readonly events: () => Promise<AuditRow[]>;
}

export interface AuditRow {
  readonly action: string;
  readonly outcome: string;
  readonly actor: string;
  readonly request_id: string;
  readonly service_account_id: string | null;
  readonly federated_identity_id: string | null;
  readonly issuer: string | null;
  readonly changes: string;
}

/** A fresh API; call it in beforeEach. */
export async function iamHarness(overrides: Partial<IamDeps> = {}): Promise<Harness> {
  const db = await freshDatabase();
  let trips = 0;
  let now = NOW;
  const log: Record<string, unknown>[] = [];
  const counted = onEachTrip(db, async ({ carryOut }) => {
    trips += 1;
    return carryOut();
  });
  const app = createIamApp({
    store: createIamStore(counted),
    config: { issuerUrl: ORIGIN, defaultAudience: ORIGIN, adminToken: ROOT_TOKEN, allowLoopbackIssuers: false },
    mayWrite: async () => true,
    now: () => now,
    newId: orderedIds(),
    validateLocalJwks,
    readLocalKeys,
    inspectToken: async () => refuse('malformed'),
    signingKeys: null,
    explain: null,
    issuers: null,
    log: (event) => log.push(event),
    ...overrides,
  });
  return {
    db,
    log,
    roundTrips: () => trips,
    setNow: (seconds) => {
      now = seconds;
    },
    async call(method, path, body, headers = {}) {
      const response = await app.fetch(
        new Request(`${ORIGIN}${path}`, {
          method,
          headers: {
            authorization: `Bearer ${ROOT_TOKEN}`,
            'x-request-id': 'req-1',
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...headers,
          },
          ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        }),
      );
      const text = await response.text();
      return { status: response.status, body: text === '' ? null : JSON.parse(text), headers: response.headers };
    },
    async events() {
      const { results } = await db
        .prepare(
          'SELECT action, outcome, actor, request_id, service_account_id, federated_identity_id, issuer, changes FROM audit_event ORDER BY id',
        )
        .all<AuditRow>();
      return results;
    },
  };
}

/** TypeIDs that sort in the order they are made, also within a millisecond. */
function orderedIds(): IamDeps['newId'] {
  let count = 0;
  return (prefix) => `${prefix}_${(count += 1).toString(8).padStart(26, '0')}`;
}

/** Adds an organisation and answers its id. */
export async function addOrganisation(db: D1Database, slug: string): Promise<string> {
  const id = newId('org');
  await db
    .prepare('INSERT INTO organisation (id, slug, name, created_at, updated_at) VALUES (?, ?, ?, 0, 0)')
    .bind(id, slug, slug)
    .run();
  return id;
}

/** Where the faults of a problem are: pointers into the body, or `?` and the name of a query parameter. */
export function pointers(answer: Answer): string[] {
  return answer.body.errors.map(({ pointer, parameter }: { pointer?: string; parameter?: string }) =>
    parameter === undefined ? pointer : `?${parameter}`,
  );
}

/** The statuses of several answers, lowest first. */
export function statuses(answers: readonly Answer[]): number[] {
  return answers.map(({ status }) => status).sort((left, right) => left - right);
}
