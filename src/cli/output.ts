// What a command says and how: text for people, JSON for programs, colour only on a terminal. Decides nothing about content.

import { stripVTControlCharacters, styleText } from 'node:util';

import type { JsonMap } from './api.ts';
import type { TextSink } from './command.ts';
import type { CliFailure } from './failure.ts';

export type Colour = 'green' | 'red' | 'yellow' | 'cyan' | 'dim' | 'bold';

export interface Output {
  /** `--json` was given: only `data()` reaches stdout. */
  readonly isJson: boolean;
  /** A line for people on stdout; nothing with `--json`. */
  readonly line: (text?: string) => void;
  /** The result: JSON on stdout with `--json`, else what `human` prints. */
  readonly data: (value: unknown, human: () => void) => void;
  /** Verbatim on stdout, also with `--json`: a token, a file. */
  readonly raw: (text: string) => void;
  /** Something to think about, on stderr. */
  readonly warn: (text: string) => void;
  /** What is happening right now, on stderr of a terminal only. */
  readonly progress: (text: string) => void;
  readonly failure: (failure: CliFailure) => void;
  /** For text that goes to stdout. */
  readonly paint: (colour: Colour, text: string) => string;
}

/** Builds the output of one run; each stream is coloured only where it is a terminal and NO_COLOR is unset (no-color.org). */
export function createOutput(
  streams: { readonly stdout: TextSink; readonly stderr: TextSink },
  env: Readonly<Record<string, string | undefined>>,
  isJson: boolean,
): Output {
  const painter = ({ isTTY }: TextSink): Output['paint'] => {
    const hasColour = isTTY === true && !isJson && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
    return (colour, text) => (hasColour ? styleText(colour, text, { validateStream: false }) : text);
  };
  const paint = painter(streams.stdout);
  const paintError = painter(streams.stderr);
  return {
    isJson,
    paint,
    line: (text = '') => {
      if (!isJson) streams.stdout.write(`${text}\n`);
    },
    data: (value, human) => {
      if (isJson) streams.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
      else human();
    },
    raw: (text) => void streams.stdout.write(text),
    warn: (text) => void streams.stderr.write(`${paintError('yellow', '⚠')} ${text}\n`),
    progress: (text) => {
      if (streams.stderr.isTTY === true && !isJson) streams.stderr.write(`${paintError('dim', text)}\n`);
    },
    failure: (failure) => void streams.stderr.write(isJson ? failureJson(failure) : failureText(failure, paintError)),
  };
}

function failureJson({ message, details }: CliFailure): string {
  const { code, next, requestId, status, errors } = details;
  return `${JSON.stringify({ error: code, message, next, status, request_id: requestId ?? undefined, errors })}\n`;
}

function failureText({ message, details }: CliFailure, paint: Output['paint']): string {
  const lines = [`${paint('red', '✖')} ${message}`];
  for (const { pointer, detail } of details.errors ?? []) {
    const member = pointer === '' ? '(body)' : pointer;
    // A problem with one fault is that fault's sentence already.
    if (!message.endsWith(`${member} ${detail}`))
      lines.push(message.endsWith(detail) ? `  ${member}` : `  ${member}: ${detail}`);
  }
  if (details.requestId !== undefined && details.requestId !== null) lines.push(`  request ${details.requestId}`);
  if (details.next !== undefined) lines.push(...details.next.split('\n').map((line) => `  ${line}`));
  return `${lines.join('\n')}\n`;
}

/** Rows under their headings, aligned; the last column is not padded. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))));
  return all
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `key  value` lines, aligned. */
export function formatPairs(pairs: readonly (readonly [key: string, value: string])[]): string {
  const width = Math.max(0, ...pairs.map(([key]) => widthOf(key)));
  return pairs.map(([key, value]) => `${pad(key, width)}  ${value}`).join('\n');
}

/** One thing that was done: `✔ Federated identity  created  fid_…`. */
export function formatStep(mark: string, what: string, outcome: string, identity: string): string {
  return `${mark} ${pad(what, 20)}  ${pad(outcome, 15)}  ${identity}`.trimEnd();
}

/** What differs, as `- before` and `+ after` lines under the member's name. */
export function formatDiff(
  changes: readonly { readonly member: string; readonly before: unknown; readonly after: unknown }[],
  paint: Output['paint'],
): string {
  return changes
    .map(({ member, before, after }) =>
      [
        `    ${member}`,
        paint('red', `    - ${JSON.stringify(before ?? null)}`),
        paint('green', `    + ${JSON.stringify(after ?? null)}`),
      ].join('\n'),
    )
    .join('\n');
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** One cell of a table: the member at a dotted path, lists by their size where they hold objects. */
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
