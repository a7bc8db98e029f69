// Keeps test/hostile/README.md the list of the tables, and the tables as large and as distinct as they claim; `npx vitest run test/hostile/readme.test.ts -u` writes the list anew.

import { describe, expect, it } from 'vitest';

import { algorithmAndKey } from './algorithm-and-key.cases.ts';
import { audience } from './audience.cases.ts';
import type { HostileClass } from './case.ts';
import { iamApi } from './iam-api.cases.ts';
import { issuerAndKeys } from './issuer-and-keys.cases.ts';
import { ownKeys } from './own-keys.cases.ts';
import { platforms } from './platforms.cases.ts';
import { protocol } from './protocol.cases.ts';
import { replayAndConcurrency } from './replay-and-concurrency.cases.ts';
import { rules } from './rules.cases.ts';
import { time } from './time.cases.ts';
import { tokenShape } from './token-shape.cases.ts';
import { widening } from './widening.cases.ts';

const CLASSES: readonly HostileClass[] = [
  tokenShape,
  algorithmAndKey,
  time,
  issuerAndKeys,
  audience,
  rules,
  platforms,
  replayAndConcurrency,
  protocol,
  ownKeys,
  iamApi,
  widening,
];
const LEAST_CASES = 300;

describe('the battery', () => {
  it('has at least 300 cases, no two of one class with the same name', () => {
    expect(CLASSES.reduce((sum, one) => sum + countOf(one), 0)).toBeGreaterThanOrEqual(LEAST_CASES);
    const names = CLASSES.flatMap(({ title, groups }) =>
      groups.flatMap(({ cases }) => cases.map(({ name }) => `${title}: ${name}`)),
    );
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('is listed in README.md', async () => {
    await expect(render()).toMatchFileSnapshot('README.md');
  });
});

function countOf({ groups }: HostileClass): number {
  return groups.reduce((sum, { cases }) => sum + cases.length, 0);
}

function render(): string {
  const total = CLASSES.reduce((sum, one) => sum + countOf(one), 0);
  const head = `# The hostile battery

${total} requests that an attacker, a broken platform or an unlucky user could send, each against the whole application in workerd over real D1 and KV.
Written by \`npx vitest run test/hostile/readme.test.ts -u\` from the tables (\`*.cases.ts\`); the tests (\`*.worker.test.ts\`) run the same tables.

Each case goes through one matcher ([refusal.ts](refusal.ts)), which asserts the status, \`error\`, the reason in the decision log line and the audit event, that nothing was fetched which should not be,
that an unverifiable token stored nothing and any other exactly one event, that there was no 5xx but a stated 503, and that no token, signature, private key or root token stands in an answer, a log line or a row.
After each attack its twin, the same with the one tampered thing right, is granted.

| class | cases | what it is about |
|---|---|---|
${CLASSES.map((one) => `| [${one.title}](#${one.title.toLowerCase().replaceAll(' ', '-')}) | ${countOf(one)} | ${cell(one.about)} |`).join('\n')}
`;
  return [head, ...CLASSES.map(section)].join('\n');
}

function section({ title, groups }: HostileClass): string {
  const rows = groups.flatMap(({ cases }) =>
    cases.map(
      ({ name, taught, refused }) =>
        `| ${cell(name)} | ${refused.reason ?? refused.error ?? refused.status ?? ''} | ${cell(taught)} |`,
    ),
  );
  return `## ${title}\n\n| refuses | with | taught by |\n|---|---|---|\n${rows.join('\n')}\n`;
}

/** Text for a cell: on one line, with nothing that Markdown or a terminal would read as more than text. */
function cell(text: string): string {
  const printable = text.replaceAll(
    /[^\P{C}]|[\u2028\u2029]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return printable.replaceAll(/[\\`*_{}[\]<>#|~$]/g, String.raw`\$&`);
}
