// What there is to complete, read from the command literals: commands, their options, and what each value can be.

import { COMMANDS } from '../commands/registry.ts';
import type { Command, CommandOption, Completes } from '../command.ts';
import { GLOBAL_OPTIONS } from '../settings.ts';
import { SOURCE_NAMES } from '../sources/known-sources.ts';

/** What a value is completed with; `look-up` asks `cambist` itself. */
export type Value =
  | { readonly kind: 'none' | 'files' | 'directories' }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'look-up'; readonly what: string };

export interface CompletedOption {
  /** `--file`, or `-f` and `--file`. */
  readonly names: readonly string[];
  readonly description: string;
  /** Null for a flag. */
  readonly value: Value | null;
}

export interface CompletedCommand {
  /** `bootstrap github`; empty for `cambist` itself. */
  readonly path: string;
  readonly commands: readonly (readonly [name: string, summary: string])[];
  readonly options: readonly CompletedOption[];
  /** By place; what is behind `--` belongs to another command. */
  readonly arguments: readonly Value[];
}

const HELP: CompletedOption = { names: ['-h', '--help'], description: 'show this help', value: null };
const VERSION: CompletedOption = { names: ['--version'], description: 'show the version', value: null };
/** What every command takes. */
export const SHARED_OPTIONS: readonly CompletedOption[] = [...GLOBAL_OPTIONS.map(optionOf), HELP];

/** `cambist` itself, then every group and command. */
export async function completedCommands(): Promise<readonly CompletedCommand[]> {
  const below = await Promise.all(
    COMMANDS.map(async ({ kind, name, load }): Promise<readonly CompletedCommand[]> => {
      const commands = await load();
      const own = kind === 'command' ? commands.find((command) => command.name === name) : undefined;
      const others = commands.filter((command) => command !== own);
      const wordOf = (command: Command): string => command.name.split(' ').at(-1) ?? '';
      return [
        {
          path: name,
          commands: others.map((command) => [wordOf(command), command.summary]),
          options: own?.options.map(optionOf) ?? [],
          arguments: own?.arguments.map(argumentOf) ?? [],
        },
        ...others.map((command) => ({
          path: `${name} ${wordOf(command)}`,
          commands: [],
          options: command.options.map(optionOf),
          arguments: command.arguments.map(argumentOf),
        })),
      ];
    }),
  );
  const root = { path: '', commands: COMMANDS.map(({ name, summary }) => [name, summary] as const), arguments: [] };
  return [{ ...root, options: [VERSION] }, ...below.flat()];
}

function optionOf({ flags, description, choices, completes }: CommandOption): CompletedOption {
  const names = flags.split(/,? /).filter((word) => word.startsWith('-'));
  const placeholder = /[<[](.+)[>\]]$/.exec(flags)?.[1];
  return { names, description, value: placeholder === undefined ? null : valueOf(placeholder, choices ?? completes) };
}

function argumentOf({ name, completes }: Command['arguments'][number]): Value {
  return valueOf(name.replaceAll(/[<>[\].]/g, ''), completes);
}

/** A value that is named as a path is one. */
function valueOf(placeholder: string, completes: Completes | undefined): Value {
  if (completes === 'sources') return { kind: 'words', words: [...SOURCE_NAMES, 'env:', 'file:'] };
  if (typeof completes === 'string') return { kind: 'look-up', what: completes };
  if (completes !== undefined) return { kind: 'words', words: completes };
  if (placeholder === 'directory') return { kind: 'directories' };
  return { kind: /^(?:path|file|file or JSON|template)$/.test(placeholder) ? 'files' : 'none' };
}
