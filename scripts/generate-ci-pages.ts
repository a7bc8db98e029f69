// Writes the pages docs/guides/ci/*.md of platforms whose jobs need only the command line, from what src/platforms knows of each, and
// the list of all pages in docs/guides/use-from-ci.md; with `check` it only compares.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { EVERY_SOURCE } from '../src/platforms/every-source.ts';
import type { PresetName } from '../src/platforms/preset.ts';
import type { Source } from '../src/platforms/source.ts';
import { ROOT } from './local/bundle.ts';

const DIRECTORY = 'docs/guides/ci';
const INDEX = 'docs/guides/use-from-ci.md';
/** They have an action, a component and so on of their own, and pages that people write. */
export const BY_HAND = ['github', 'gitlab', 'circleci', 'buildkite', 'bitbucket'] as const;
const ADDRESS = 'https://cambist.example.com';
/** What fits beside a diff. */
const MAX_LINE_CHARS = 120;
/** More to read about one platform. */
const MORE: Readonly<Partial<Record<PresetName, string>>> = {
  kubernetes:
    '[Manifests](../../../deploy/kubernetes/README.md) keep the token fresh in a file beside the workload, and let the kubelet pull images.',
  'terraform-cloud': 'The token of a run that Terraform itself reads: [credential helpers](../credential-helpers.md).',
};

/** The pages that are generated, by platform. */
export function generatedPages(): ReadonlyMap<PresetName, string> {
  const others = (Object.entries(EVERY_SOURCE) as [PresetName, Source][]).filter(
    ([preset]) => !BY_HAND.some((name) => name === preset),
  );
  return new Map(others.map(([preset, source]) => [preset, pageOf(preset, source)]));
}

/** Writes the pages and the list, or says which are out of date. */
export function ciPages(check: boolean): readonly string[] {
  const index = readFileSync(join(ROOT, INDEX), 'utf8');
  const files = new Map([...generatedPages()].map(([preset, text]) => [`${DIRECTORY}/${preset}.md`, text]));
  files.set(INDEX, index.replace(/(?<=<!-- pages -->\n\n)[\s\S]*?(?=\n\n<!-- end of pages -->)/, listOfPages()));
  const stale: string[] = [];
  for (const [file, text] of files) {
    const path = join(ROOT, file);
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
    if (check) stale.push(file);
    else writeFileSync(path, text);
  }
  return stale;
}

function listOfPages(): string {
  return Object.entries(EVERY_SOURCE)
    .map(([preset, { title }]) => `- [${title}](ci/${preset}.md)`)
    .join('\n');
}

function pageOf(preset: PresetName, source: Source): string {
  const facts = { audience: ADDRESS, deployment: ADDRESS, variables: {} };
  const advice = source.audienceAdvice?.(facts) ?? null;
  const fixes = source.incomplete.map(({ missing, fix }) => `${wrap(`If ${missing}:`)}\n\n${shown(fix(facts))}`);
  const more = MORE[preset];
  return `${[
    `# Use it from ${source.title}`,
    wrap(
      `You need two things from whoever runs the deployment: its address, here \`${ADDRESS}\`, and the account that your ` +
        'workload may act as. You store no secret. [What holds for every platform](../use-from-ci.md) explains the rest, and ' +
        '[the command line](../../cli.md) how to get `cambist`.',
    ),
    '## Call an API',
    `\`\`\`sh
ACCESS_TOKEN=$(cambist token --url ${ADDRESS} --service-account sa_01h45ytscbebyvny4gc8cr8ma2)
printf 'authorization: Bearer %s' "$ACCESS_TOKEN" | curl --fail --silent --header @- https://api.example.com/
\`\`\``,
    wrap('Or hand the token to a program, in the variable `CAMBIST_TOKEN`; it is revoked at the end:'),
    `\`\`\`sh
cambist exec --url ${ADDRESS} --service-account sa_01h45ytscbebyvny4gc8cr8ma2 -- ./deploy.sh
\`\`\``,
    '## If there is no ID token',
    wrap(
      `\`cambist detect\` names \`${preset}\` if the ID token of this platform can be had where it is run, else what is missing.`,
    ),
    ...(fixes.length === 0
      ? [
          wrap(
            `Nothing has to be set for one: ${source.title} gives it to every ${source.layer === 'job' ? 'job' : 'machine'} that may have it.`,
          ),
        ]
      : fixes),
    ...(advice === null ? [] : [wrap(`If the audience of the ID token does not fit: ${advice}.`)]),
    ...(more === undefined ? [] : [wrap(more)]),
    wrap(
      `Without the command line: \`cambist bootstrap ${preset}\`, which the operator runs, prints a script that needs only a shell and curl, ` +
        'filled in.',
    ),
    '<!-- Written by `npm run generate` from src/platforms. -->',
  ].join('\n\n')}\n`;
}

/** Prose as it is, and lines that are indented as a block. */
function shown(text: string): string {
  const blocks: { readonly isCode: boolean; readonly lines: string[] }[] = [];
  for (const line of text.split('\n')) {
    const isCode = line.startsWith('    ');
    if (blocks.at(-1)?.isCode === isCode) blocks.at(-1)?.lines.push(line);
    else blocks.push({ isCode, lines: [line] });
  }
  return blocks
    .map(({ isCode, lines }) =>
      isCode ? `\`\`\`text\n${lines.map((line) => line.slice(4)).join('\n')}\n\`\`\`` : wrap(lines.join(' ')),
    )
    .join('\n\n');
}

function wrap(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= MAX_LINE_CHARS)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}
