// Turns measurements into bench/REPORT.md, bench/report.json and the chart; measures nothing.

import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

import type { AnswerCost, Spread, Standing } from './contest.ts';
import type { Grown } from './growth.ts';
import type { Counted } from './round-trips.ts';
import type { Start } from './start.ts';

export interface Report {
  readonly measuredAt: string;
  readonly machine: string;
  readonly workerd: readonly Contest[];
  readonly node: readonly Contest[];
  /** Milliseconds of workerd's CPU for the cryptography alone, RS256 in and ES256 out. */
  readonly cryptographyMs: number;
  readonly refusals: { readonly workerd: readonly AnswerCost[]; readonly node: readonly AnswerCost[] };
  /** On workerd with D1 answered for from memory: an empty answer, then a grant. */
  readonly ownWork: readonly AnswerCost[];
  readonly roundTrips: readonly Counted[];
  readonly bytesPerEvent: number;
  readonly growth: readonly Grown[];
  readonly start: Start;
  readonly firstExchangeMs: Spread;
  readonly stampede: { readonly exchanges: number; readonly fetches: number; readonly slowestMs: number };
  readonly matching: readonly { readonly rule: string; readonly perSecond: number }[];
}

export interface Contest {
  readonly title: string;
  /** By connections; everybody else is compared with the first, which is ours. */
  readonly standings: readonly Standing[];
}

/** What no durable exchange on D1 can avoid, in the words of the report. */
export const FLOORS = {
  old: 'the floor of a read and a write',
  new: 'the floor of one guarded write',
} as const;

/** What the machine is, as far as a reader needs to know. */
export function describeMachine(): string {
  return `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, Node.js ${process.version}`;
}

/** Writes the three files and returns the text. */
export function writeReport(report: Report): string {
  const text = render(report);
  writeFileSync(join(import.meta.dirname, 'REPORT.md'), text);
  writeFileSync(join(import.meta.dirname, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(import.meta.dirname, 'chart.svg'), chart(report));
  return text;
}

function render(report: Report): string {
  const { start, firstExchangeMs, stampede } = report;
  return [
    '# Benchmark report',
    '',
    `Measured ${report.measuredAt} on ${report.machine}, all contenders in one run, taking turns. Medians of the rounds, with the lowest and the highest.`,
    'The ratio is the throughput of Cambist divided by that of the row, round by round. The method is in [README.md](README.md).',
    '',
    '## Goals',
    '',
    ...table(['goal', 'wanted', 'measured', 'met'], goals(report)),
    '## A warm exchange on workerd, durable',
    '',
    ...report.workerd.flatMap(renderContest),
    '## A warm exchange on Node, store in memory',
    '',
    ...report.node.flatMap(renderContest),
    '## CPU of a refusal, ms',
    '',
    ...table(
      ['answer', 'workerd, with local D1', 'Node, in memory'],
      report.refusals.workerd.map(({ answer, cpu }, at) => [
        answer,
        spread(cpu, 3),
        spread(report.refusals.node[at]?.cpu ?? cpu, 3),
      ]),
    ),
    '## CPU of a grant without D1, ms',
    '',
    'Cloudflare counts the CPU of the Worker and not that of D1, which is another machine there. So here is a grant whose D1 is answered for from memory.',
    '',
    ...table(
      ['answer', 'workerd, D1 answered for'],
      report.ownWork.map(({ answer, cpu }) => [answer, spread(cpu, 3)]),
    ),
    `Of it, the cryptography (verify RS256, sign ES256) takes ${report.cryptographyMs.toFixed(3)} ms.`,
    '',
    '## Round trips, counted',
    '',
    ...table(
      [
        'exchange',
        'D1 reads',
        'D1 writes',
        'rows read',
        'rows written',
        'KV reads',
        'KV writes',
        'requests to the issuer',
      ],
      report.roundTrips.map((counted) => [
        counted.exchange,
        counted.d1Reads,
        counted.d1Writes,
        counted.rowsRead,
        counted.rowsWritten,
        counted.kvReads,
        counted.kvWrites,
        counted.fetches,
      ]),
    ),
    `An audit event of a grant takes ${Math.round(report.bytesPerEvent).toLocaleString('en')} bytes in D1, its indexes included.`,
    '',
    '## Growth',
    '',
    ...table(
      [
        'identities',
        'issuers',
        'audit events',
        'rows read, account named',
        'rows read, by the token',
        'read and write, ms',
        'ratio',
      ],
      report.growth.map((grown) => [
        grown.identities,
        grown.issuers,
        grown.auditEvents,
        grown.rowsNamed,
        grown.rowsUnnamed,
        spread(grown.exchange, 2),
        spread(grown.ratio, 2),
      ]),
    ),
    '## Start and stampede',
    '',
    `- Bundle: ${start.bundle.rawKiB.toFixed(0)} KiB, ${start.bundle.gzipKiB.toFixed(0)} KiB gzip, of which an exchange needs ${start.exchangePath.rawKiB.toFixed(0)} KiB, ${start.exchangePath.gzipKiB.toFixed(0)} KiB gzip. The IAM API, its schemas and the CEL evaluator are evaluated when they are first asked for.`,
    `- Start of an isolate, \`wrangler check startup\`: ${spread(start.cpuMs, 1)} ms of CPU.`,
    `- First exchange of a cold process, from connecting to the answer: ${spread(firstExchangeMs, 0)} ms.`,
    `- ${stampede.exchanges} first exchanges of one new issuer at once: ${stampede.fetches} requests to the issuer, slowest answer ${stampede.slowestMs.toFixed(0)} ms.`,
    '',
    '## Rule matching alone',
    '',
    ...table(
      ['rule', 'matches per second, one thread'],
      report.matching.map(({ rule, perSecond }) => [rule, Math.round(perSecond).toLocaleString('en')]),
    ),
  ].join('\n');
}

type Cell = string | number;

function goals({ workerd, node, refusals, ownWork, roundTrips, growth, start }: Report): Cell[][] {
  const goal = (what: string, wanted: number, measured: number, atLeast: boolean, unit = ''): Cell[] => [
    what,
    `${atLeast ? 'at least' : 'at most'} ${wanted}${unit}`,
    `${measured.toFixed(measured < 10 ? 2 : 0)}${unit}`,
    (atLeast ? measured >= wanted : measured <= wanted) ? 'yes' : 'no',
  ];
  const ratio = (contest: Contest | undefined, other: string): number =>
    contest?.standings.find(({ name, connections }) => name === other && connections === 8)?.ratio.median ?? NaN;
  const cpu = workerd[0]?.standings.find(({ connections }) => connections === 8)?.cpu;
  const counted = (exchange: string): Counted | undefined => roundTrips.find((one) => one.exchange === exchange);
  const trips = (exchange: string): number => {
    const { d1Reads = NaN, d1Writes = NaN } = counted(exchange) ?? {};
    return d1Reads + d1Writes;
  };
  const rows = (what: 'rowsRead' | 'rowsWritten'): number => counted('granted, warm, account named')?.[what] ?? NaN;
  const own = (costs: readonly AnswerCost[]): number =>
    Math.max(...costs.slice(1).map(({ cpu }) => cpu.median - (costs[0]?.cpu.median ?? 0)));
  return [
    goal(`workerd: throughput over ${FLOORS.old}, 8 connections`, 1.3, ratio(workerd[0], FLOORS.old), true),
    goal(`workerd: throughput over ${FLOORS.new}, 8 connections`, 0.85, ratio(workerd[0], FLOORS.new), true),
    goal('Node: throughput over hand-written, 8 connections', 0.8, ratio(node[0], 'handwritten'), true),
    goal('Node: throughput over oidc-provider, 8 connections', 1.2, ratio(node[0], 'oidc-provider'), true),
    goal('D1 trips of a warm grant', 1, trips('granted, warm, account named'), false),
    goal('D1 trips of the first grant of an isolate', 2, trips('granted, the first of an isolate'), false),
    goal('D1 trips of a refused verified token', 2, trips('refused: rule does not match'), false),
    goal('rows read by a warm grant', 5, rows('rowsRead'), false),
    goal('rows written by a warm grant', 4, rows('rowsWritten'), false),
    goal('CPU of an exchange on workerd, with Miniflare and its D1', 1, cpu?.median ?? NaN, false, ' ms'),
    goal('CPU of an exchange on workerd without D1, over an empty answer', 0.2, own(ownWork), false, ' ms'),
    goal('CPU of an early refusal on Node, over an empty answer', 0.05, own(refusals.node), false, ' ms'),
    goal(
      'rows read, largest over smallest',
      1,
      Math.max(...growth.map((g) => g.rowsUnnamed)) / (growth[0]?.rowsUnnamed ?? 1),
      false,
    ),
    goal('latency, largest over smallest', 1.1, Math.max(...growth.map((g) => g.ratio.median)), false),
    goal('exchange path, gzip', 60, start.exchangePath.gzipKiB, false, ' KiB'),
    goal('start of an isolate, CPU', 15, start.cpuMs.median, false, ' ms'),
  ];
}

function renderContest({ title, standings }: Contest): string[] {
  return [
    `### ${title}`,
    '',
    ...table(
      ['contender', 'connections', 'exchanges/s', 'p50 ms', 'p99 ms', 'CPU ms per exchange', 'ratio'],
      standings.map(({ name, connections, throughput, p50, p99, cpu, ratio }) => [
        name,
        connections,
        spread(throughput, 0),
        spread(p50, 2),
        spread(p99, 2),
        spread(cpu, 2),
        name === standings[0]?.name ? '' : spread(ratio, 2),
      ]),
    ),
  ];
}

function table(columns: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  const line = (cells: readonly Cell[]): string => `| ${cells.join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line), ''];
}

function spread({ median, low, high }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}

/** Throughput at 8 connections, both settings, each as a share of the fastest in it. */
function chart({ workerd, node, machine }: Report): string {
  const [width, left, rowHeight] = [720, 190, 26];
  const parts: string[] = [];
  let y = 30;
  for (const [heading, contest] of [
    ['On Node, store in memory', node[0]],
    ['On workerd, durable (local D1)', workerd[0]],
  ] as const) {
    const standings = (contest?.standings ?? []).filter(({ connections }) => connections === 8);
    const most = Math.max(1, ...standings.map(({ throughput }) => throughput.median));
    parts.push(`<text x="10" y="${y}" font-size="14" font-weight="bold">${heading}</text>`);
    for (const [place, { name, throughput }] of standings.entries()) {
      y += rowHeight;
      const length = ((width - left - 150) * throughput.median) / most;
      const colour = place === 0 ? '#d9480f' : '#868e96';
      parts.push(
        `<text x="${left - 10}" y="${y}" text-anchor="end">${name}</text>` +
          `<rect x="${left}" y="${y - 14}" width="${length.toFixed(1)}" height="18" fill="${colour}"/>` +
          `<text x="${(left + length + 6).toFixed(1)}" y="${y}">${Math.round(throughput.median)}/s</text>`,
      );
    }
    y += 2 * rowHeight;
  }
  parts.push(`<text x="10" y="${y - 20}" fill="#868e96">8 connections, RS256 in, ES256 out; ${machine}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" font-family="sans-serif" font-size="12"><title>Exchanges per second</title><rect width="100%" height="100%" fill="#fff"/>${parts.join('')}</svg>\n`;
}
