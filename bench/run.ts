// `npm run bench [-- --quick]`: every measurement of one exchange against its contenders; no network, one machine, one run.

import { join } from 'node:path';

import { compete, measureGrant, measureRefusals, spreadOf, startNode } from './contest.ts';
import type { AnswerCost, Entrant, Spread, Terms } from './contest.ts';
import { QUICK, WHOLE } from './effort.ts';
import { measureGrowth } from './growth.ts';
import { measureMatching } from './matching.ts';
import { describeMachine, FLOORS, writeReport } from './report.ts';
import type { Contest } from './report.ts';
import { countRoundTrips } from './round-trips.ts';
import { measureStart } from './start.ts';
import { cryptographyOnWorkerd, signingKey, startCambist, startFloor } from './workerd.ts';
import type { Contender, SigningKey } from './workerd.ts';
import { exchangeForm, startWorkload } from './workload.ts';
import type { Workload } from './workload.ts';
import { readUsage } from '../scripts/local/usage.ts';

readUsage(import.meta.filename, ['--quick']);

const isQuick = process.argv.includes('--quick');
const effort = isQuick ? QUICK : WHOLE;
const { terms } = effort;
const ACCOUNT_ON_NODE = { path: '/oidc/token', form: { service_account_id: 'sa_bench' } };

const say = (text: string): void => console.error(text);
const workload = await startWorkload();
const [ec, rsa] = [await signingKey('ES256'), await signingKey('RS256')];

say('on workerd, durable …');
const workerd = [
  await contestOnWorkerd('RS256 in, ES256 out', [ec, rsa], ec, terms),
  await contestOnWorkerd('RS256 in, RS256 out', [rsa], rsa, { ...terms, connections: [8] }),
];
say('on Node, in memory …');
const node = [
  await contestOnNode('RS256 in, ES256 out', ec, terms),
  await contestOnNode('RS256 in, RS256 out', rsa, { ...terms, connections: [8] }),
];
say('refusals, cryptography, round trips …');
const refusals = await refusalCosts();
const ownWork = await ownWorkCosts();
const cryptographyMs = await cryptographyOnWorkerd(workload, ec);
const counted = await countRoundTrips(effort.eventsWeighed);
say('growth …');
const growth = await measureGrowth(effort);
say('start, stampede, matching …');
const report = {
  measuredAt: new Date().toISOString().slice(0, 10),
  machine: describeMachine(),
  workerd,
  node,
  cryptographyMs,
  refusals,
  ownWork,
  ...counted,
  growth,
  start: await measureStart(effort.starts),
  ...(await firstsAndStampede()),
  matching: measureMatching(effort.matchingMs),
};
if (isQuick) say('every measurement ran; their figures mean nothing and were not written');
else console.log(writeReport(report));
workload.close();
process.exit(0);

async function contestOnWorkerd(
  title: string,
  keys: readonly SigningKey[],
  key: SigningKey,
  terms: Terms,
): Promise<Contest> {
  const enter = async (): Promise<Entrant[]> => [
    entrantOf('Cambist', await startCambist(workload, keys)),
    entrantOf(FLOORS.old, await startFloor('floor', workload, key)),
    entrantOf(FLOORS.new, await startFloor('guarded-floor', workload, key)),
  ];
  return { title, standings: await compete(enter, workload, terms, effort.warmUpMs) };
}

function entrantOf(name: string, { port, audience, serviceAccount, workerdPid, stop }: Contender): Entrant {
  return {
    name,
    port,
    path: '/oidc/token',
    audience,
    form: { service_account_id: serviceAccount },
    pid: workerdPid,
    stop,
  };
}

async function contestOnNode(title: string, key: SigningKey, terms: Terms): Promise<Contest> {
  const enter = async (): Promise<Entrant[]> => [
    await startNode('cambist', workload, key, rsa, ACCOUNT_ON_NODE),
    await startNode('handwritten', workload, key, rsa, ACCOUNT_ON_NODE),
    await startNode('oidc-provider', workload, key, rsa, { path: '/token', form: { client_id: 'deployer' } }),
  ];
  return { title, standings: await compete(enter, workload, terms, effort.warmUpMs) };
}

async function refusalCosts(): Promise<{ workerd: AnswerCost[]; node: AnswerCost[] }> {
  const stranger = await startWorkload();
  const onWorkerd = entrantOf('Cambist', await startCambist(workload, [ec, rsa]));
  const costs = { workerd: await measureRefusals(onWorkerd, workload, stranger, effort) };
  await onWorkerd.stop();
  const onNode = await startNode('cambist', workload, ec, rsa, ACCOUNT_ON_NODE);
  const both = { ...costs, node: await measureRefusals(onNode, workload, stranger, effort) };
  await onNode.stop();
  stranger.close();
  return both;
}

async function ownWorkCosts(): Promise<AnswerCost[]> {
  const entry = join(import.meta.dirname, 'contenders', 'answered.ts');
  const entrant = entrantOf('Cambist', await startCambist(workload, [ec, rsa], entry));
  const costs = await measureGrant(entrant, workload, effort);
  await entrant.stop();
  return costs;
}

async function firstsAndStampede(): Promise<{
  firstExchangeMs: Spread;
  stampede: { exchanges: number; fetches: number; slowestMs: number };
}> {
  const firsts: number[] = [];
  const { coldStarts, stampede: exchanges } = effort;
  let stampede = { exchanges, fetches: 0, slowestMs: 0 };
  // The last start is the stampede's.
  for (let start = 0; start <= coldStarts; start += 1) {
    const isLast = start === coldStarts;
    const fresh: Workload = await startWorkload();
    const contender = await startCambist(fresh, [ec, rsa]);
    const timed = async (token: string): Promise<number> => {
      const started = performance.now();
      const response = await fetch(`http://127.0.0.1:${contender.port}/oidc/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: exchangeForm(token, { service_account_id: contender.serviceAccount }),
      });
      if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
      await response.arrayBuffer();
      return performance.now() - started;
    };
    const tokens = await Promise.all(
      Array.from({ length: isLast ? exchanges : 1 }, () => fresh.sign(contender.audience)),
    );
    const times = await Promise.all(tokens.map(timed));
    if (isLast) stampede = { exchanges, fetches: fresh.requests(), slowestMs: Math.max(...times) };
    else firsts.push(...times);
    await contender.stop();
    fresh.close();
  }
  return { firstExchangeMs: spreadOf(firsts), stampede };
}
