// The rules and the dashboard of deploy/monitoring: every metric that they name is one that /metrics has. `npm run check:clients` reads both with Prometheus' own parsers.

import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { openMetrics } from '../../src/http/metrics.ts';
import { COMMANDS } from '../../src/cli/commands/registry.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly next: string };
}
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}

const read = (file: string): string => readFileSync(`deploy/monitoring/${file}`, 'utf8');
const { groups }: { groups: readonly { readonly rules: readonly Rule[] }[] } = parse(read('prometheus-rules.yml'));
const rules = groups.flatMap((group) => group.rules);
const { panels }: { panels: readonly Panel[] } = JSON.parse(read('grafana-dashboard.json'));
const expressions = [
  ...rules.map(({ expr }) => expr),
  ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
];

const text = openMetrics(
  {
    grants: 1,
    shadowDecisions: 2,
    changes: 3,
    refusals: [{ reason: 'a "quoted" \\ one\nand more', total: 4 }],
    failingIssuers: 5,
    oldestEventAt: 10,
    keys: [{ alg: 'ES256', status: 'active', number: 1, since: 100 }],
    databaseBytes: 6,
    databaseLimitBytes: 7,
  },
  { faults: [], warnings: [{ setting: 'DB', detail: 'newer' }] },
  160,
  100,
);
const names = new Set([...text.matchAll(/^(\w+)(?:\{.*\})? /gm)].map(([, name = '']) => name));

describe('the text of /metrics (contract §8)', () => {
  it('escapes what a label holds (OpenMetrics 1.0 §4.2)', () => {
    expect(text).toContain('\ncambist_refusals_total{reason="a \\"quoted\\" \\\\ one\\nand more"} 4\n');
  });

  it('says type, unit and help before each family and ends as it must', () => {
    expect(text).toContain(
      '# TYPE cambist_signing_key_age_seconds gauge\n# UNIT cambist_signing_key_age_seconds seconds\n# HELP cambist_signing_key_age_seconds ',
    );
    expect(text).toContain('\ncambist_archive_lag_seconds 50\n');
    expect(text).toMatch(/\ncambist_signing_key_age_seconds\{alg="ES256"\} 60\n/);
    expect(text.endsWith('\n# EOF\n')).toBe(true);
    expect(text.split('\n').filter((line) => line.trim() === '')).toEqual(['']);
  });
});

describe('deploy/monitoring', () => {
  it('names metrics that /metrics has (contract §8)', () => {
    const named = expressions.flatMap((expr) => expr.match(/\bcambist_\w+/g) ?? []);
    expect(new Set(named).size).toBeGreaterThan(8);
    expect(named.filter((name) => !names.has(name))).toEqual([]);
  });

  it('leaves no metric unseen', () => {
    expect([...names].filter((name) => !expressions.some((expr) => expr.includes(name)))).toEqual([]);
  });

  it('says of each alert how urgent it is, what it means, and what to do, by commands that exist', () => {
    for (const { alert, labels, annotations } of rules) {
      expect(['page', 'ticket'], alert).toContain(labels.severity);
      expect(annotations.summary, alert).toMatch(/\.$/);
      const [, command] = /^cambist (\S+)/.exec(annotations.next) ?? [];
      if (command !== undefined)
        expect(
          COMMANDS.map(({ name }) => name),
          alert,
        ).toContain(command);
    }
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });

  it('is explained alert by alert in the page for operators', () => {
    const page = readFileSync('docs/operations.md', 'utf8');
    expect(rules.filter(({ alert }) => !page.includes(`\`${alert}\``)).map(({ alert }) => alert)).toEqual([]);
  });
});
