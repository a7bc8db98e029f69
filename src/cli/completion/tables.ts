// What the scripts of all shells look up: the commands and options at a place, and the value of an option or an argument, each as
// few patterns as possible.

import { SHARED_OPTIONS } from './model.ts';
import type { CompletedCommand, CompletedOption, Value } from './model.ts';

/** A word and its description. */
export type Item = readonly [word: string, description: string];

/** One line of a table: for a place that fits one of the patterns (`bootstrap github`, `bootstrap *`), these. */
export interface Line<T> {
  readonly patterns: readonly string[];
  readonly entry: T;
}

export interface Tables {
  readonly commands: readonly Line<readonly Item[]>[];
  /** Tables of options, to be added up: what commands of a group share, then what is their own, then what all take. */
  readonly options: readonly (readonly Line<readonly Item[]>[])[];
  /** Places are `path --option`, or `path #1` for an argument. */
  readonly values: readonly Line<Value>[];
}

/** The tables of the commands. */
export function tablesOf(commands: readonly CompletedCommand[]): Tables {
  return {
    commands: commands
      .filter((command) => command.commands.length > 0)
      .map((command) => ({ patterns: [command.path], entry: command.commands })),
    options: [...optionTables(commands), [{ patterns: ['*'], entry: SHARED_OPTIONS.flatMap(itemsOf) }]],
    values: valueTable(commands),
  };
}

function optionTables(commands: readonly CompletedCommand[]): readonly (readonly Line<readonly Item[]>[])[] {
  const shared: Line<readonly Item[]>[] = [];
  const own: Line<readonly Item[]>[] = [];
  for (const { path, commands: below, options } of commands) {
    const children = commands.filter((command) => command.path.startsWith(`${path} `));
    const same = path === '' || below.length < 2 ? [] : commonOf(children);
    if (same.length > 0) shared.push({ patterns: [`${path} *`], entry: same });
    const group = shared.find(({ patterns }) => patterns[0] === `${path.split(' ')[0] ?? ''} *` && path.includes(' '));
    const rest = options.flatMap(itemsOf).filter((item) => !group?.entry.some((one) => isSame(one, item)));
    if (rest.length > 0) own.push({ patterns: [path], entry: rest });
  }
  return [shared, own];
}

/** The options that every one of the commands has, said in the same words. */
function commonOf(commands: readonly CompletedCommand[]): readonly Item[] {
  const [first = [], ...others] = commands.map(({ options }) => options.flatMap(itemsOf));
  return first.filter((item) => others.every((items) => items.some((one) => isSame(one, item))));
}

function isSame(a: Item, b: Item): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

function itemsOf({ names, description }: CompletedOption): readonly Item[] {
  return names.map((name) => [name, description]);
}

/** Lines with equal values are one, and an option that means the same everywhere has one pattern. */
function valueTable(commands: readonly CompletedCommand[]): readonly Line<Value>[] {
  /** By option or argument, by value: the paths of the commands. A flag has no value, and no line. */
  const places = new Map<string, Map<string, string[]>>();
  const add = (word: string, value: Value | null, path: string): void => {
    const said = places.get(word) ?? new Map<string, string[]>();
    const key = JSON.stringify(value);
    places.set(word, said.set(key, [...(said.get(key) ?? []), path]));
  };
  for (const { names, value } of SHARED_OPTIONS) for (const name of names) add(name, value, '*');
  for (const { path, options, arguments: given } of commands) {
    for (const { names, value } of options) for (const name of names) add(name, value, path);
    for (const [index, value] of given.entries()) add(`#${index + 1}`, value, path);
  }
  const lines = new Map<string, string[]>();
  for (const [word, said] of places)
    for (const [key, paths] of said) {
      const isEverywhere = said.size === 1 && word.startsWith('-');
      const patterns = isEverywhere ? [`* ${word}`] : paths.map((path) => `${path} ${word}`);
      if (key !== 'null') lines.set(key, [...(lines.get(key) ?? []), ...patterns]);
    }
  return [...lines].map(([key, patterns]) => ({ patterns, entry: JSON.parse(key) as Value }));
}
