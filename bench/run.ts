// `npm run bench`: every measurement of one exchange against its contenders; no network, one machine, one run.

import { join } from 'node:path';

import { compete, measureGrant, measureRefusals, spreadOf, startNode } from './contest.ts';
import type { AnswerCost, Entrant, Spread, Terms } from './contest.ts';
import { measureGrowth } from './growth.ts';
import { measureMatching } from './matching.ts';
import { describeMachine, writeReport } from './report.ts';
import type { Contest } from './report.ts';
import { countRoundTrips } from './round-trips.ts';
import { measureStart } from './start.ts';
import { cryptographyOnWorkerd, signingKey, startCambist, startFloor } from './workerd.ts';
import type { Contender, SigningKey } from './workerd.ts';
import { exchangeForm, startWorkload } from './workload.ts';
import type { Workload } from './workload.ts';

const TERMS: Terms = { starts: 3, rounds: 5, milliseconds: 1_000, connections: [1, 8, 64] };
const STAMPEDE = 500;
const COLD_STARTS = 5;
const ACCOUNT_ON_NODE = { path: '/oidc/token', form: { service_account_id: 'sa_bench' } };

const say = (text: string): void => console.error(text);
const workload = await startWorkload();
const [ec, rsa] = [await signingKey('ES256'), await signingKey('RS256')];

say('on workerd, durable …');
const workerd = [
  await contestOnWorkerd('RS256 in, ES256 out', [ec, rsa], ec, TERMS),
  await contestOnWorkerd('RS256 in, RS256 out', [rsa], rsa, { ...TERMS, connections: [8] }),
];
say('on Node, in memory …');
const node = [
  await contestOnNode('RS256 in, ES256 out', ec, TERMS),
  await contestOnNode('RS256 in, RS256 out', rsa, { ...TERMS, connections: [8] }),
];
say('refusals, cryptography, round trips …');
const refusals = await refusalCosts();
const ownWork = await ownWorkCosts();
const cryptographyMs = await cryptographyOnWorkerd(workload, ec);
const counted = await countRoundTrips();
say('growth …');
const growth = await measureGrowth();
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
  start: await measureStart(),
  ...(await firstsAndStampede()),
  matching: measureMatching(),
};
console.log(writeReport(report));
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
    entrantOf('the floor', await startFloor(workload, key)),
  ];
  return { title, standings: await compete(enter, workload, terms) };
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
  return { title, standings: await compete(enter, workload, terms) };
}

async function refusalCosts(): Promise<{ workerd: AnswerCost[]; node: AnswerCost[] }> {
  const stranger = await startWorkload();
  const onWorkerd = entrantOf('Cambist', await startCambist(workload, [ec, rsa]));
  const costs = { workerd: await measureRefusals(onWorkerd, workload, stranger) };
  await onWorkerd.stop();
  const onNode = await startNode('cambist', workload, ec, rsa, ACCOUNT_ON_NODE);
  const both = { ...costs, node: await measureRefusals(onNode, workload, stranger) };
  await onNode.stop();
  stranger.close();
  return both;
}

async function ownWorkCosts(): Promise<AnswerCost[]> {
  const entry = join(import.meta.dirname, 'contenders', 'answered.ts');
  const entrant = entrantOf('Cambist', await startCambist(workload, [ec, rsa], entry));
  const costs = await measureGrant(entrant, workload);
  await entrant.stop();
  return costs;
}

async function firstsAndStampede(): Promise<{
  firstExchangeMs: Spread;
  stampede: { exchanges: number; fetches: number; slowestMs: number };
}> {
  const firsts: number[] = [];
  let stampede = { exchanges: STAMPEDE, fetches: 0, slowestMs: 0 };
  for (let start = 0; start < COLD_STARTS; start += 1) {
    const isLast = start === COLD_STARTS - 1;
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
      Array.from({ length: isLast ? STAMPEDE : 1 }, () => fresh.sign(contender.audience)),
    );
    const times = await Promise.all(tokens.map(timed));
    if (isLast) stampede = { exchanges: STAMPEDE, fetches: fresh.requests(), slowestMs: Math.max(...times) };
    else firsts.push(...times);
    await contender.stop();
    fresh.close();
  }
  return { firstExchangeMs: spreadOf(firsts), stampede };
}
