// The tables as functions that bash and zsh both read; every text stands between single quotes, and none is evaluated.

import type { Value } from './model.ts';
import type { Item, Line, Tables } from './tables.ts';

/**
 * `_cambist_describe PATH` sets cambist_commands and cambist_options; `_cambist_value PATH OPTION` sets cambist_kind, empty for a
 * flag, and cambist_words.
 */
export function shellTables({ commands, options, values }: Tables): string {
  const items = (name: string, list: readonly Item[]): string =>
    `${name}+=(${list.map(([word, description]) => quoted(`${word}:${description}`)).join(' ')})`;
  const tables = [
    casesOf('$1', commands, (list) => items('cambist_commands', list)),
    ...options.map((table) => casesOf('$1', table, (list) => items('cambist_options', list))),
  ];
  return `_cambist_describe() {
  cambist_commands=()
  cambist_options=()
${tables.join('\n')}
}
_cambist_value() {
  cambist_kind=''
  cambist_words=()
${casesOf('$1 $2', values, assignmentOf)}
}`;
}

function assignmentOf(value: Value): string {
  const kind = `cambist_kind=${value.kind}`;
  if (value.kind === 'words') return `${kind} cambist_words=(${value.words.map(quoted).join(' ')})`;
  return value.kind === 'look-up' ? `${kind} cambist_words=(${quoted(value.what)})` : kind;
}

function casesOf<T>(subject: string, lines: readonly Line<T>[], body: (entry: T) => string): string {
  const cases = lines.map(({ patterns, entry }) => `    ${patterns.map(patternOf).join('|')}) ${body(entry)} ;;`);
  return `  case "${subject}" in\n${cases.join('\n')}\n  esac`;
}

/** A `*` stays one; everything else means itself. */
function patternOf(pattern: string): string {
  return pattern
    .split('*')
    .map((part) => (part === '' ? '' : quoted(part)))
    .join('*')
    .replace(/^$/, "''");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
