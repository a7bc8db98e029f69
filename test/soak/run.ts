// The soak itself: rounds of half a minute of simulated time, each with its traffic, its changes and its drills.

import { setTimeout as sleep } from 'node:timers/promises';

import { createChanges } from './changes.ts';
import { createDrills } from './drills.ts';
import { createExchanger } from './exchanges.ts';
import { startIssuers } from './issuers.ts';
import { createLedger } from './ledger.ts';
import { keptMiB, median, residentMiB } from './memory.ts';
import type { SoakReport } from './report.ts';
import { startSoakedService } from './service.ts';
import type { Service } from './service.ts';
import { startSigningLife } from './signing-life.ts';
import type { Algorithm, Mode } from './signing-life.ts';
import { GRANTS, pick, REFUSALS, stranger, unreachableKey } from './traffic.ts';
import type { Make, TrafficContext } from './traffic.ts';
import { createVerifiers } from './verifiers.ts';
import type { PublishedSet } from './verifiers.ts';
import { buildWorld } from './world.ts';

/** Simulated time starts here (epoch seconds) and goes on by so much a round. */
const START = 1_789_000_000;
const ROUND_SECONDS = 30;
/** Longer than any token lives, so that every cache and every retiring key has to go. */
const IDLE_DAY_SECONDS = 25 * 3_600;
/** So many that each kind of change and drill happens. */
const MIN_ROUNDS = 66;
const MAX_EXCHANGES_PER_ROUND = 125;
const REFUSALS_PER_EXCHANGE = 0.25;
const CONCURRENCY = 32;
/** More strangers than have an audit event of their own within a minute. */
const FLOOD = 75;
const VERIFIERS = 10;
/** The longest the last lines of the log are waited for (milliseconds). */
const LOG_WAIT_MS = 5_000;

const ROTATIONS: readonly (readonly [alg: Algorithm, mode: Mode])[] = [
  ['ES256', 'graceful'],
  ['ES256', 'emergency'],
  ['RS256', 'graceful'],
];

/** Runs until so many tokens have been granted; `say` is told about progress. */
export async function runSoak(exchanges: number, say: (text: string) => void): Promise<SoakReport> {
  const issuers = await startIssuers();
  const service = await startSoakedService();
  try {
    return await soak(exchanges, service, issuers, say);
  } finally {
    await service.stop();
    issuers.stop();
  }
}

async function soak(
  exchanges: number,
  service: Service,
  issuers: Awaited<ReturnType<typeof startIssuers>>,
  say: (text: string) => void,
): Promise<SoakReport> {
  const perRound = Math.min(MAX_EXCHANGES_PER_ROUND, Math.ceil(exchanges / MIN_ROUNDS));
  const rounds = Math.max(MIN_ROUNDS, Math.ceil(exchanges / perRound));
  const rotationEvery = rounds < 400 ? 20 : 40;
  const started = performance.now();
  const elapsedSeconds = (): number => (performance.now() - started) / 1000;
  let now = START;

  const ledger = createLedger();
  const signing = await startSigningLife(service, ledger, now);
  const world = await buildWorld(service, issuers);
  const verifiers = createVerifiers(service.url, VERIFIERS, async () => {
    const { status, body } = await service.get('/.well-known/jwks.json');
    if (status !== 200) ledger.fault(`the JWKS answered ${status}`);
    return body as unknown as PublishedSet;
  });
  const exchanger = createExchanger(service, ledger, verifiers, signing, () => now);
  const changes = createChanges(service, world, exchanger, ledger);
  const drills = createDrills(service, ledger, exchanger, signing);
  const resident: number[] = [];
  const kept: number[] = [];

  const pass = async (seconds: number, sweep: boolean): Promise<void> => {
    now += seconds;
    await service.simulate({ now, sweep });
    await verifiers.pass(now);
    signing.review(verifiers, now);
  };
  const keepsMiB = (): Promise<number> => keptMiB(service.inspectorPort, () => service.simulate({ now }));
  const sendAll = async (makers: readonly Make[], context: TrafficContext): Promise<void> => {
    const queue = makers.values();
    const workers = Array.from({ length: CONCURRENCY }, async () => {
      for (const make of queue) {
        const attempt = await make(context);
        if (attempt !== null) await exchanger.send(attempt);
      }
    });
    await Promise.all(workers);
  };

  let round = 0;
  for (; round < rounds || ledger.grants() < exchanges; round += 1) {
    await pass(ROUND_SECONDS, round % 60 === 59);
    // A round of the second half in which every issuer is up.
    if (round === Math.floor(rounds / 80) * 40 + 20 + (rounds < 80 ? 40 : 0)) {
      await pass(IDLE_DAY_SECONDS, true);
      await drills.afterIdleDay();
    }
    const moment = now;
    const context: TrafficContext = { world, serviceUrl: service.url, now, used: () => exchanger.used(moment) };
    await drills.turnIssuers(round, context);
    const [alg, mode] = ROTATIONS[Math.floor(round / rotationEvery) % ROTATIONS.length] ?? ['ES256', 'graceful'];
    const step = round % rotationEvery;
    if (step === 2) await signing.deploy(alg, now);

    const makers = [
      ...pick(GRANTS, perRound, round),
      ...pick(REFUSALS, Math.ceil(perRound * REFUSALS_PER_EXCHANGE), round),
      ...(round % 10 === 6 ? Array.from({ length: FLOOD }, () => stranger) : []),
      ...(world.issuers.flaky.isUp ? [] : Array.from({ length: 3 }, () => unreachableKey)),
    ];
    await Promise.all([
      sendAll(makers, context),
      changes.run(round, context),
      step === 7 ? signing.rotateTooEarly(alg) : undefined,
      step === 12 ? drills.rotate(alg, mode, context) : undefined,
      round % 9 === 4 ? drills.revoke(context) : undefined,
    ]);
    resident.push(residentMiB(service.workerdPid));
    if (round % Math.floor(rounds / 8) === 0) kept.push(await keepsMiB());
    if (round % 100 === 99) {
      say(
        `  round ${round + 1}: ${ledger.grants()} granted, ${ledger.refusals()} refused, ` +
          `workerd ${resident.at(-1)?.toFixed(0)} MiB, ${elapsedSeconds().toFixed(0)} s`,
      );
    }
  }

  const events = await service.decisions();
  for (let waited = 0; service.loggedReasons.size < ledger.refusals() && waited < LOG_WAIT_MS; waited += 50)
    await sleep(50);
  const reconciled = ledger.reconcile(events, service.loggedReasons);
  for (const line of service.troubles) ledger.fault(`the log has an error: ${line}`);
  const rotationEvents = await service.iam('GET', '/v1/audit-events?action=signing_key.rotate');
  const quarter = Math.floor(resident.length / 4);
  return {
    exchanges,
    seconds: elapsedSeconds(),
    simulatedSeconds: now - START,
    grants: ledger.grants(),
    refusals: ledger.refusals(),
    byReason: ledger.byReason,
    provoked: ledger.provoked(),
    reconciled,
    changes: changes.made(),
    rotations: signing.rotations,
    rotationEvents: (rotationEvents.body as unknown as readonly unknown[]).length,
    deployments: signing.deployments(),
    verifiers: verifiers.count,
    jwksFetches: verifiers.fetches(),
    tokensReviewed: signing.tokensReviewed(),
    revokedKnownSeconds: signing.revokedKnownSeconds(),
    issuerFetches: Math.ceil(world.issuers.steady.requests / 2),
    // One a round for random kids, one for each cold isolate; a refresh that was asked for starts both anew.
    mayFetch: round + 1 + signing.deployments() + 2 * changes.refreshes(),
    memory: {
      keptMiB: [...kept, await keepsMiB()],
      warmMiB: median(resident.slice(quarter, 2 * quarter)),
      endMiB: median(resident.slice(-quarter)),
    },
    faults: [...ledger.faults],
  };
}
