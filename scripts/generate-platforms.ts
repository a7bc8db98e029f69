// Writes docs/platforms.md from the presets and the platforms' fixtures; `--check` only says whether it is up to date.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { EVERY_FACTS } from '../src/platforms/every-facts.ts';
import { presetByName } from '../src/platforms/presets.ts';
import { shownSubject } from '../src/rules/tenant.ts';
import { readPlatformFixtures } from '../test/platforms/platform-fixtures.ts';
import type { PlatformFixture } from '../test/platforms/platform-fixtures.ts';

export const PLATFORMS_DOC: string = join(import.meta.dirname, '../docs/platforms.md');

/** What fits beside a diff. */
const MAX_LINE_CHARS = 120;

const INTRODUCTION = `# Platforms

Where a workload's ID token can come from, and a rule that is safe for each. \`https://tokens.example.com\` stands for
your deployment's \`ISSUER_URL\`, and so does \`{audience}\`. Every rule below is a test: it accepts the platform's normal
token, and refuses the neighbours that its section lists (\`test/platforms/platforms.test.ts\`).

An issuer selects its preset by itself if it has one of the forms that its section names; else set \`preset\` on the
provider. What a preset refuses by default is let through if the identity's \`conditions\` list that very value: a scalar, a list, \`anyOf\` or
\`allOf\`. Patterns, \`not\` and \`exists\` lift nothing.

Many tenants share some issuers. A rule there must name one, or it is refused (400), and matches nothing if it is in the
database all the same (\`tenant_missing\`). Each section says what names a tenant. The issuer decides, whatever the preset.
`;

/** The whole of docs/platforms.md. */
export function renderPlatforms(): string {
  const platforms = readPlatformFixtures().toSorted((a, b) => titleOf(a).localeCompare(titleOf(b), 'en'));
  const rows = platforms.map((platform) => {
    const { fixedAudience, tenancy } = presetByName(platform.preset);
    return row([
      `[${titleOf(platform)}](#${platform.platform})`,
      code(platform.preset),
      fixedAudience === null ? 'chosen by the job' : 'fixed',
      tenancy === null ? 'one for each tenant' : 'shared by many',
    ]);
  });
  const head = ['Platform', 'Preset', 'Audience', 'Issuer'];
  // The formatter would pad every row to the longest cell.
  const table = ['<!-- prettier-ignore -->', row(head), row(head.map(() => '---')), ...rows].join('\n');
  return `${[INTRODUCTION.trimEnd(), table, ...platforms.map(section)].join('\n\n')}\n`;
}

function section(platform: PlatformFixture): string {
  const { guards } = presetByName(platform.preset);
  const { subjectGrammar, stableClaims, risks } = EVERY_FACTS[platform.preset];
  const { purpose, provider, federatedIdentity, refuses } = platform.rules[0];
  const { environment, request, file, notes } = platform.obtaining;
  return [
    `<a id="${platform.platform}"></a>`,
    `## ${titleOf(platform)}`,
    'Issuer:',
    list(platform.issuer.forms.map(code)),
    wrap(platform.issuer.notes),
    presetOf(platform),
    `**Audience:** ${audienceOf(platform)}.`,
    wrap(`**The token:** ${request}.${file === null ? '' : ` File: ${file}.`} ${notes}`),
    ...(environment.length === 0 ? [] : [wrap(`**Environment:** ${environment.map(code).join(', ')}.`)]),
    `The provider, \`POST /v1/federated-identity-providers\`:`,
    json({ name: platform.platform, ...provider }),
    `${purpose}, \`POST /v1/federated-identities\`:`,
    json({
      name: purpose,
      serviceAccountIdentity: 'sa_…',
      providerIdentity: 'idp_…',
      ...federatedIdentity,
      allowedScopes: ['api:read'],
    }),
    `It refuses:`,
    list(refuses.map(({ who, reasons }) => `${who} (${reasons.map(code).join(', ')})`)),
    `Subjects:`,
    list(subjectGrammar.map(code)),
    ...(stableClaims.length === 0
      ? []
      : [wrap(`**Claims that survive renames:** ${stableClaims.map(code).join(', ')}.`)]),
    wrap(tenantOf(platform)),
    ...guards.map(({ why, liftedBy }) =>
      wrap(`**Refused by default**, unless \`conditions\` list its ${code(liftedBy)}: ${why}`),
    ),
    `Risks:`,
    list(risks),
    wrap(`**How sure this is:** ${platform.confidence}`),
  ].join('\n\n');
}

function tenantOf({ preset }: PlatformFixture): string {
  const { tenancy } = presetByName(preset);
  if (tenancy === null) return '**Tenants:** each issuer belongs to one.';
  const { sharedIssuers, subjects, tenantClaims } = tenancy;
  const claims =
    tenantClaims.length === 0 ? '' : `, or a condition that lists a value of ${tenantClaims.map(code).join(', ')}`;
  return `**Tenants:** many share ${sharedIssuers.map(code).join(', ')}. A rule there must name one: a subject that begins with ${subjects.map((subject) => code(shownSubject(subject))).join(' or ')}${claims}.`;
}

function titleOf({ preset }: PlatformFixture): string {
  return presetByName(preset).title;
}

function presetOf({ preset }: PlatformFixture): string {
  const { issuers } = presetByName(preset);
  if (issuers.length === 0) return `**Preset:** ${code(preset)}; name it, since no issuer selects it.`;
  return wrap(`**Preset:** ${code(preset)}, by itself for ${issuers.map(code).join(', ')}.`);
}

function audienceOf({ preset, audienceSetBy }: PlatformFixture): string {
  const { fixedAudience } = presetByName(preset);
  return fixedAudience === null ? code(audienceSetBy) : `fixed: ${code(fixedAudience)}`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function list(items: readonly string[]): string {
  return items.map((item) => wrap(`- ${item}`, '  ')).join('\n');
}

/** Breaks a paragraph at spaces, but never inside code, so that each line fits beside a diff; further lines begin with `indent`. */
function wrap(text: string, indent: string = ''): string {
  const words = text.match(/(?:`[^`]*`|[^\s`])+/g) ?? [];
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    // A marker at the beginning of a line would make a list of it.
    const mayBreak = line !== '' && line !== '-' && !/^(?:[-+*#>|]|\d+[.)])/.test(word);
    if (mayBreak && line.length + 1 + word.length > MAX_LINE_CHARS) {
      lines.push(line);
      line = indent + word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}

function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

function json(value: object): string {
  // As the formatter writes it: a list of scalars on one line.
  const text = JSON.stringify(value, null, 2).replaceAll(/\[\n\s+([^[\]{}]*?)\n\s+\]/g, (_, items: string) => {
    return `[${items.replaceAll(/,\n\s+/g, ', ')}]`;
  });
  return `\`\`\`json\n${text}\n\`\`\``;
}

/** Writes the page, or with `check` only compares it; true if the file is as it should be. */
export function platformsPage(check: boolean): boolean {
  const wanted = renderPlatforms();
  if (check) return readFileSync(PLATFORMS_DOC, 'utf8') === wanted;
  writeFileSync(PLATFORMS_DOC, wanted);
  return true;
}

if (import.meta.main && !platformsPage(process.argv.includes('--check'))) {
  console.error('docs/platforms.md is out of date: run `node scripts/generate-platforms.ts`');
  process.exitCode = 1;
}
