// Speaks the runner's protocol: commands on stdout, and files for everything that has a name and a value; no text of others can become a command.

import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';

import { CliFailure } from '../cli/failure.ts';
import { visible, visibleLines } from '../cli/terminal-text.ts';
import type { Variables } from '../platforms/source.ts';

export interface Runner {
  /** From here on the log shows `***` in its place. */
  readonly mask: (secret: string) => void;
  /** A line of the log. */
  readonly say: (text: string) => void;
  /** An annotation of the run. */
  readonly annotate: (level: 'error' | 'warning', text: string) => void;
  /** Kept for `post`, which gets it as STATE_name. */
  readonly saveState: (name: string, value: string) => void;
  readonly setOutput: (name: string, value: string) => void;
  /** For every later step of the job. */
  readonly exportVariable: (name: string, value: string) => void;
  /** Markdown for the page of the run; nothing where the server has no such page. */
  readonly summarise: (markdown: string) => void;
}

/** The runner that set these variables and reads what `write` gets. */
export function runnerOf(variables: Variables, write: (text: string) => unknown): Runner {
  const print = (line: string): void => void write(`${withoutCommands(line)}\n`);
  const append = (file: string, name: string, value: string): void => {
    const path = variables[file];
    if (!path) {
      throw new CliFailure(`${file} is not set: this program is started by a runner of GitHub Actions.`, {
        code: 'no_runner',
      });
    }
    appendFileSync(path, entry(name, value));
  };
  return {
    // Empty, it would mask every gap between two letters.
    mask: (secret) => void (secret === '' || write(`::add-mask::${escapeData(secret)}\n`)),
    say: (text) => print(visible(text)),
    annotate: (level, text) => print(`::${level} title=Cambist::${escapeData(visibleLines(text))}`),
    saveState: (name, value) => append('GITHUB_STATE', name, value),
    setOutput: (name, value) => append('GITHUB_OUTPUT', name, value),
    exportVariable: (name, value) => append('GITHUB_ENV', name, value),
    summarise: (markdown) => {
      const path = variables['GITHUB_STEP_SUMMARY'];
      if (path) appendFileSync(path, `${markdown}\n`);
    },
  };
}

/** `name<<delimiter`, the value, the delimiter: one that no value can hold, since it is new each time. */
function entry(name: string, value: string): string {
  const delimiter = `cambist_${randomUUID()}`;
  return `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** Runners still obey the older form `##[command]`, wherever in a line it stands. */
function withoutCommands(line: string): string {
  return line.replaceAll('##[', '## [');
}
