// Turns measurements into bench/REPORT.md, bench/report.json and the chart; measures nothing.

import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

import type { Spread, Standing } from './contest.ts';
import type { Grown } from './growth.ts';

export interface Report {
  readonly measuredAt: string;
  readonly machine: string;
  readonly workerd: readonly Contest[];
  readonly node: readonly Contest[];
  readonly growth: readonly Grown[];
  readonly size: { readonly rawKiB: number; readonly gzipKiB: number };
  readonly firstExchangeMs: Spread;
  readonly stampede: { readonly exchanges: number; readonly fetches: number; readonly slowestMs: number };
  readonly matching: readonly { readonly rule: string; readonly perSecond: number }[];
}

export interface Contest {
  readonly title: string;
  /** Everybody else is compared with this one. */
  readonly ours: string;
  readonly standings: readonly Standing[];
}

/** What the machine is, as far as a reader needs to know. */
export function describeMachine(): string {
  return `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, Node.js ${process.version}`;
}

/** Writes the three files and returns the text. */
export function writeReport(report: Report): string {
  const text = render(report);
  writeFileSync(join(import.meta.dirname, 'REPORT.md'), text);
  writeFileSync(join(import.meta.dirname, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(import.meta.dirname, 'chart.svg'), chart(report.node[0]));
  return text;
}

function render(report: Report): string {
  const { size, firstExchangeMs, stampede } = report;
  return [
    '# Benchmark report',
    '',
    `Measured ${report.measuredAt} on ${report.machine}, all contenders in one run, taking turns. Medians of the rounds, with the lowest and the highest.`,
    'The ratio is the median throughput of Cambist divided by that of the row.',
    '',
    '## A warm exchange on workerd, durable',
    '',
    ...report.workerd.flatMap(renderContest),
    '## A warm exchange on Node, store in memory',
    '',
    ...report.node.flatMap(renderContest),
    '## Growth',
    '',
    '| identities | issuers | audit events | rows read, account named | rows read, by the token | read batch, ms |',
    '|---:|---:|---:|---:|---:|---|',
    ...report.growth.map(
      (grown) =>
        `| ${grown.identities} | ${grown.issuers} | ${grown.auditEvents} | ${grown.rowsNamed} | ${grown.rowsUnnamed} | ${spread(grown.read, 2)} |`,
    ),
    '',
    '## Start and stampede',
    '',
    `- Bundle: ${size.rawKiB.toFixed(0)} KiB, ${size.gzipKiB.toFixed(0)} KiB gzip (IAM API and schema code included; they are evaluated when \`/v1\` is first asked).`,
    `- First exchange of a cold process, from connecting to the answer: ${spread(firstExchangeMs, 0)} ms.`,
    `- ${stampede.exchanges} first exchanges of one new issuer at once: ${stampede.fetches} requests to the issuer, slowest answer ${stampede.slowestMs.toFixed(0)} ms.`,
    '',
    '## Rule matching alone',
    '',
    '| rule | matches per second, one thread |',
    '|---|---:|',
    ...report.matching.map(({ rule, perSecond }) => `| ${rule} | ${Math.round(perSecond).toLocaleString('en')} |`),
    '',
  ].join('\n');
}

function renderContest({ title, ours, standings }: Contest): string[] {
  const own = (connections: number): number =>
    standings.find((standing) => standing.name === ours && standing.connections === connections)?.throughput.median ??
    0;
  return [
    `### ${title}`,
    '',
    '| contender | connections | exchanges/s | p50 ms | p99 ms | CPU ms per exchange | ratio |',
    '|---|---:|---|---|---|---|---:|',
    ...standings.map(
      ({ name, connections, throughput, p50, p99, cpu }) =>
        `| ${name} | ${connections} | ${spread(throughput, 0)} | ${spread(p50, 2)} | ${spread(p99, 2)} | ${spread(cpu, 2)} | ${(own(connections) / throughput.median).toFixed(2)} |`,
    ),
    '',
  ];
}

function spread({ median, low, high }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}

/** Bars of the throughput on Node, one group for each number of connections. */
function chart(contest: Contest | undefined): string {
  const standings = contest?.standings ?? [];
  const most = Math.max(1, ...standings.map(({ throughput }) => throughput.median));
  const [rowHeight, width, left] = [26, 720, 230];
  const bars = standings.map(({ name, connections, throughput }, index) => {
    const y = 40 + index * rowHeight;
    const length = ((width - left - 90) * throughput.median) / most;
    const colour = name === contest?.ours ? '#d9480f' : '#868e96';
    return (
      `<text x="${left - 10}" y="${y + 14}" text-anchor="end">${name}, ${connections} conn.</text>` +
      `<rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="18" fill="${colour}"/>` +
      `<text x="${(left + length + 6).toFixed(1)}" y="${y + 14}">${Math.round(throughput.median)}/s</text>`
    );
  });
  const height = 50 + standings.length * rowHeight;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12"><title>Exchanges per second on Node</title><rect width="100%" height="100%" fill="#fff"/><text x="10" y="22" font-size="14" font-weight="bold">Exchanges per second on Node, store in memory</text>${bars.join('')}</svg>\n`;
}
