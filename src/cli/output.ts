// What a command says and how: text for people, JSON for programs, colour only on a terminal. Other people's text cannot
// control the terminal, and messages repeat no secret.

import type { JsonMap } from './api.ts';
import type { TextSink } from './command.ts';
import type { CliFailure } from './failure.ts';
import { coloured, renderLine, visibleLines, widthOf } from './terminal-text.ts';
import type { Colour } from './terminal-text.ts';

export interface Output {
  /** `--json` was given: only `data()` reaches stdout. */
  readonly isJson: boolean;
  /** A line for people on stdout, or several; nothing with `--json`. A line break in one is shown, and breaks nothing. */
  readonly line: (text?: string | readonly string[]) => void;
  /** The result: JSON on stdout with `--json`, else what `human` prints. */
  readonly data: (value: unknown, human: () => void) => void;
  /** Verbatim on stdout, also with `--json`: a token, a file. On a terminal, control characters are made visible. */
  readonly raw: (text: string) => void;
  /** Something to think about, on stderr: with `--json` an object `{"warning"}` on a line of its own. */
  readonly warn: (text: string) => void;
  /** What is happening right now, on stderr of a terminal only. */
  readonly progress: (text: string) => void;
  readonly failure: (failure: CliFailure) => void;
  /** The text of a failure, to be shown as a result: it repeats no secret. */
  readonly conceal: (text: string) => string;
  /** A part of a line in a colour. */
  readonly paint: (colour: Colour, text: string) => string;
}

/**
 * Builds the output of one run. Each stream is coloured only if it is a terminal and NO_COLOR is unset (no-color.org);
 * `conceal` hides the secrets of this run in every message.
 */
export function createOutput(
  streams: { readonly stdout: TextSink; readonly stderr: TextSink },
  env: Readonly<Record<string, string | undefined>>,
  isJson: boolean,
  conceal: (text: string) => string = (text) => text,
): Output {
  const painter = ({ isTTY }: TextSink): Output['paint'] => {
    const hasColour = isTTY === true && !isJson && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
    return (colour, text) => (hasColour ? coloured(colour, text) : text);
  };
  const paint = painter(streams.stdout);
  const paintError = painter(streams.stderr);
  const forPeople = (sink: TextSink, lines: readonly string[]): void => {
    sink.write(lines.map((line) => `${renderLine(line)}\n`).join(''));
  };
  const exactly = (sink: TextSink, text: string): void => {
    // A program gets every byte; on a terminal the same JSON is written without characters that it would obey.
    sink.write(sink.isTTY === true ? visibleLines(text) : text);
  };
  return {
    isJson,
    paint,
    conceal,
    line: (text = '') => {
      if (!isJson) forPeople(streams.stdout, typeof text === 'string' ? [text] : text);
    },
    data: (value, human) => {
      if (isJson) exactly(streams.stdout, `${JSON.stringify(value, null, 2)}\n`);
      else human();
    },
    raw: (text) => exactly(streams.stdout, text),
    warn: (text) => {
      if (isJson) exactly(streams.stderr, `${JSON.stringify({ warning: conceal(text) })}\n`);
      else forPeople(streams.stderr, [`${paintError('yellow', '⚠')} ${conceal(text)}`]);
    },
    progress: (text) => {
      if (streams.stderr.isTTY === true && !isJson) forPeople(streams.stderr, [paintError('dim', conceal(text))]);
    },
    failure: (failure) => {
      if (isJson) exactly(streams.stderr, conceal(failureJson(failure)));
      else forPeople(streams.stderr, failureLines(failure, paintError).map(conceal));
    },
  };
}

function failureJson({ message, details }: CliFailure): string {
  const { code, next, requestId, status, errors } = details;
  return `${JSON.stringify({ error: code, message, next, status, request_id: requestId ?? undefined, errors })}\n`;
}

function failureLines({ message, details }: CliFailure, paint: Output['paint']): readonly string[] {
  const lines = [`${paint('red', '✖')} ${message}`];
  for (const { pointer, detail } of details.errors ?? []) {
    const member = pointer === '' ? '(body)' : pointer;
    // A problem with one fault is that fault's sentence already.
    if (!message.endsWith(`${member} ${detail}`))
      lines.push(message.endsWith(detail) ? `  ${member}` : `  ${member}: ${detail}`);
  }
  if (details.requestId !== undefined && details.requestId !== null) lines.push(`  request ${details.requestId}`);
  if (details.next !== undefined) lines.push(...details.next.split('\n').map((line) => `  ${line}`));
  return lines;
}

/** Rows under their headings, aligned; the last column is not padded. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))));
  return all.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** `key  value` lines, aligned. */
export function formatPairs(pairs: readonly (readonly [key: string, value: string])[]): readonly string[] {
  const width = Math.max(0, ...pairs.map(([key]) => widthOf(key)));
  return pairs.map(([key, value]) => `${pad(key, width)}  ${value}`);
}

/** One thing that was done: `✔ Federated identity  created  fid_…`. */
export function formatStep(mark: string, what: string, outcome: string, identity: string): string {
  return `${mark} ${pad(what, 20)}  ${pad(outcome, 15)}  ${identity}`.trimEnd();
}

/** What differs, as `- before` and `+ after` lines under the member's name. */
export function formatDiff(
  changes: readonly { readonly member: string; readonly before: unknown; readonly after: unknown }[],
  paint: Output['paint'],
): readonly string[] {
  return changes.flatMap(({ member, before, after }) => [
    `    ${member}`,
    paint('red', `    - ${JSON.stringify(before ?? null)}`),
    paint('green', `    + ${JSON.stringify(after ?? null)}`),
  ]);
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** One cell of a table: the member at a dotted path, lists by their size if they hold objects. */
export function cellOf(view: JsonMap, path: string): string {
  let value: unknown = view;
  for (const part of path.split('.'))
    value = typeof value === 'object' && value !== null ? (value as JsonMap)[part] : undefined;
  if (Array.isArray(value))
    return value.every((item) => typeof item === 'string') ? value.join(' ') : String(value.length);
  return textOf(value);
}

/** A value as a person reads it: texts as they are, everything else as JSON. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null || value === '') return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
