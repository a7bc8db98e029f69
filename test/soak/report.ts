// Judges a soak and says what it came to; measures nothing.

import type { Reconciled } from './ledger.ts';
import type { Mode } from './signing-life.ts';
import { JWKS_CACHE_SECONDS } from './verifiers.ts';

/** MiB that the Worker may keep more at the end than when it was warm, of the 128 that an isolate may have. */
const MAX_KEPT_GROWTH_MIB = 4;
/** The same for all of workerd with Miniflare's D1 and KV in it, as a share, and the exchanges below which it is not warm. */
const MAX_RESIDENT_GROWTH = 0.25;
const MIN_EXCHANGES_FOR_RESIDENT = 100_000;

export interface Memory {
  /** What the Worker kept after a garbage collection, at equal distances; the first is that of a cold one. */
  readonly keptMiB: readonly number[];
  /** Resident memory of workerd, the medians of the second and the last quarter. */
  readonly warmMiB: number;
  readonly endMiB: number;
}

export interface SoakReport {
  readonly exchanges: number;
  readonly seconds: number;
  readonly simulatedSeconds: number;
  readonly grants: number;
  readonly refusals: number;
  readonly byReason: ReadonlyMap<string, number>;
  /** Server errors that the soak asked for. */
  readonly provoked: number;
  readonly reconciled: Reconciled;
  readonly changes: number;
  readonly rotations: Readonly<Record<Mode, number>>;
  readonly rotationEvents: number;
  readonly deployments: number;
  readonly verifiers: number;
  readonly jwksFetches: number;
  readonly tokensReviewed: number;
  readonly revokedKnownSeconds: number;
  readonly issuerFetches: number;
  readonly mayFetch: number;
  readonly memory: Memory;
  readonly faults: readonly string[];
}

/** Everything that is wrong; empty where the soak has passed. */
export function faultsOf(report: SoakReport): string[] {
  const { memory, reconciled, rotations } = report;
  const faults = [...report.faults];
  const expect = (isRight: boolean, text: string): void => void (isRight || faults.push(text));
  expect(report.grants >= report.exchanges, `only ${report.grants} of ${report.exchanges} exchanges were granted`);
  expect(
    reconciled.grantedEvents === report.grants,
    `${reconciled.grantedEvents} granted events, ${report.grants} grants`,
  );
  expect(reconciled.refusalRows < reconciled.refusalsCounted, 'no equal refusals were collapsed');
  expect(rotations.graceful > 0 && rotations.emergency > 0, 'no rotation of one kind');
  expect(
    report.rotationEvents === rotations.graceful + rotations.emergency,
    `${report.rotationEvents} audited rotations, ${rotations.graceful + rotations.emergency} made`,
  );
  expect(report.tokensReviewed > 0, 'no token was looked at again');
  expect(report.provoked > 0, 'the issuer that was down was not noticed');
  expect(
    report.revokedKnownSeconds > 0 && report.revokedKnownSeconds < JWKS_CACHE_SECONDS,
    `a verifier knew a revoked key for ${report.revokedKnownSeconds} s`,
  );
  expect(
    report.issuerFetches <= report.mayFetch,
    `the issuer of the random kids was asked ${report.issuerFetches} times, ${report.mayFetch} at most are right`,
  );
  const [warm = 0, end = 0] = [memory.keptMiB[2], memory.keptMiB.at(-1)];
  expect(
    end - warm <= MAX_KEPT_GROWTH_MIB,
    `the Worker keeps ${(end - warm).toFixed(1)} MiB more than when it was warm`,
  );
  const grown = memory.endMiB / memory.warmMiB - 1;
  expect(
    report.exchanges < MIN_EXCHANGES_FOR_RESIDENT || grown <= MAX_RESIDENT_GROWTH,
    `workerd grew by ${(grown * 100).toFixed(0)} % since it was warm`,
  );
  return faults;
}

/** What a person reads. */
export function summaryOf(report: SoakReport): string {
  const { memory, reconciled, rotations } = report;
  const reasons = [...report.byReason].toSorted(([, a], [, b]) => b - a).map(([reason, count]) => `${reason} ${count}`);
  const rows: readonly (readonly [string, string])[] = [
    ['time', `${report.seconds.toFixed(0)} s, in which ${(report.simulatedSeconds / 3_600).toFixed(1)} h passed`],
    ['granted', `${report.grants}, each with its audit event (${reconciled.grantedEvents})`],
    ['refused', `${report.refusals}: ${reasons.join(', ')}`],
    [
      'refusals audited',
      `${reconciled.refusalsCounted} in ${reconciled.refusalRows} events; the others only in the log`,
    ],
    ['server errors', `${report.provoked}, all of them asked for (an issuer that is down)`],
    ['rules', `${report.changes} changes, each seen by the next request`],
    [
      'signing keys',
      `${rotations.graceful} graceful and ${rotations.emergency} emergency rotations, ${report.deployments} deployments`,
    ],
    [
      'verifiers',
      `${report.verifiers}, each with a JWKS up to ${JWKS_CACHE_SECONDS} s old (${report.jwksFetches} fetched); no unknown key; ` +
        `a revoked key known for ${report.revokedKnownSeconds} s at most; ${report.tokensReviewed} looks at tokens of before`,
    ],
    ['issuer', `asked for its keys ${report.issuerFetches} times, ${report.mayFetch} at most allowed`],
    [
      'memory kept',
      `by the Worker after each collection: ${memory.keptMiB.map((one) => one.toFixed(1)).join(', ')} MiB`,
    ],
    [
      'memory resident',
      `of workerd with Miniflare's D1 and KV: ${memory.warmMiB.toFixed(0)} MiB warm, ${memory.endMiB.toFixed(0)} MiB at the end`,
    ],
  ];
  return rows.map(([name, text]) => `${name.padEnd(18)}${text}`).join('\n');
}
