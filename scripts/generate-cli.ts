// Writes docs/cli.md from the command literals; with `check` it only says whether it is up to date.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Command, CommandOption } from '../src/cli/command.ts';
import { COMMANDS } from '../src/cli/commands/registry.ts';
import { GLOBAL_OPTIONS } from '../src/cli/settings.ts';

export const CLI_DOC: string = join(import.meta.dirname, '../docs/cli.md');

const INTRODUCTION = `# The command line

In a clone: \`npm run --silent cambist -- …\`. Elsewhere: \`npm run pack\` in a clone writes \`dist/cambist-0.1.0.tgz\`, and
\`npm install --global ./cambist-0.1.0.tgz\` makes \`cambist …\` of it, on Node.js 20.12 or newer. Exit code 0 is success, 1 a failure, 2 a
command that was used wrongly. With \`--json\` the result is JSON on stdout and an error one JSON object on stderr:
\`{"error", "message", "next", "status", "request_id", "errors"}\`; each warning is an object \`{"warning"}\` on a line before it. Colour and progress only on a terminal, and no colour with
\`NO_COLOR\`. A token is never an option: it would stay in the history of the shell and in the list of processes.

This page is generated from the commands themselves (\`npm run generate\`).`;

/** The whole of docs/cli.md. */
export async function renderCli(): Promise<string> {
  const sections: string[] = [];
  const rows: string[] = [];
  for (const entry of COMMANDS) {
    const commands = (await entry.load()).map((command) => ({
      name: entry.kind === 'command' ? command.name : `${entry.name} ${command.name}`,
      command,
    }));
    for (const { name, command } of commands) {
      rows.push(`| [\`${name}\`](#${anchor(name)}) | ${cell(command.summary)} |`);
      sections.push(section(name, command));
    }
  }
  return `${[
    INTRODUCTION,
    ['<!-- prettier-ignore -->', '| Command | |', '| --- | --- |', ...rows].join('\n'),
    '## Settings',
    'Every command takes these.',
    options(GLOBAL_OPTIONS),
    ...sections,
  ].join('\n\n')}\n`;
}

function section(name: string, command: Command): string {
  const usage = [
    'cambist',
    name,
    ...command.arguments.map((argument) => argument.name),
    ...(command.options.length > 0 ? ['[options]'] : []),
  ].join(' ');
  return [
    `<a id="${anchor(name)}"></a>`,
    `## cambist ${name}`,
    command.description,
    `\`\`\`\n${usage}\n\`\`\``,
    ...(command.arguments.length === 0
      ? []
      : [command.arguments.map((argument) => `- \`${argument.name}\`: ${argument.description}`).join('\n')]),
    ...(command.options.length === 0 ? [] : [options(command.options)]),
    ...(command.examples.length === 0 ? [] : [`\`\`\`sh\n${command.examples.join('\n')}\n\`\`\``]),
  ].join('\n\n');
}

function options(list: readonly CommandOption[]): string {
  const rows = list.map((option) => `| \`${cell(option.flags)}\` | ${cell(describe(option))} |`);
  return ['<!-- prettier-ignore -->', '| Option | |', '| --- | --- |', ...rows].join('\n');
}

function describe({ description, env, choices, required, repeatable, default: preset }: CommandOption): string {
  const more = [
    ...(required === true ? ['required'] : []),
    ...(repeatable === true ? ['repeatable'] : []),
    ...(choices === undefined ? [] : [`one of ${choices.map((choice) => `\`${choice}\``).join(', ')}`]),
    ...(preset === undefined ? [] : [`default \`${preset}\``]),
    ...(env === undefined ? [] : [`or the variable \`${env}\``]),
  ];
  return more.length === 0 ? description : `${description} (${more.join('; ')})`;
}

function anchor(name: string): string {
  return `cambist-${name.replaceAll(' ', '-')}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** Writes the page, or with `check` only compares it; true if the file is as it should be. */
export async function cliPage(check: boolean): Promise<boolean> {
  const wanted = await renderCli();
  if (check) return existsSync(CLI_DOC) && readFileSync(CLI_DOC, 'utf8') === wanted;
  writeFileSync(CLI_DOC, wanted);
  return true;
}

if (import.meta.main && !(await cliPage(process.argv.includes('--check')))) {
  console.error('docs/cli.md is out of date: run `node scripts/generate-cli.ts`');
  process.exitCode = 1;
}
