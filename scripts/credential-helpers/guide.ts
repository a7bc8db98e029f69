// Reads the configuration blocks of docs/guides/credential-helpers.md, so that what runs is what the guide shows.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../local/bundle.ts';

interface GuideBlock {
  /** The heading that the block stands under. */
  readonly section: string;
  readonly language: string;
  readonly text: string;
}

/** The heading of the guide itself, under which the variables stand. */
export const VARIABLES = 'Credential helpers';

/** What the guide shows only to be read. */
const SHOWN_OUTPUT = 'text';

/** Every fenced block of the guide, in its order. */
function guideBlocks(): readonly GuideBlock[] {
  const guide = readFileSync(join(ROOT, 'docs/guides/credential-helpers.md'), 'utf8');
  const parts = guide.matchAll(/^#+ (?<section>.+)$|^```(?<language>\w*)\n(?<text>[\s\S]*?)^```$/gm);
  const blocks: GuideBlock[] = [];
  let section = '';
  for (const { groups = {} } of parts) {
    const { language, text } = groups;
    if (groups['section'] !== undefined) section = groups['section'];
    else if (language !== undefined && text !== undefined) blocks.push({ section, language, text });
  }
  return blocks;
}

/** The one block under a heading that is there to be run. Throws if there is none, or a second one that nobody would run. */
export function blockOf(section: string): string {
  const [block, ...others] = guideBlocks().filter((one) => one.section === section && one.language !== SHOWN_OUTPUT);
  if (block === undefined || others.length > 0) throw new Error(`the guide has not one block under "${section}"`);
  return block.text;
}

/** The sections with a block that none of these runs. */
export function sectionsNobodyRuns(run: readonly string[]): readonly string[] {
  const blocks = guideBlocks().filter(({ language }) => language !== SHOWN_OUTPUT);
  return blocks.map(({ section }) => section).filter((section) => section !== VARIABLES && !run.includes(section));
}
