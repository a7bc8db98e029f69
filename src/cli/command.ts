// What a command is: a literal that names its options, and a handler that gets everything from its context; no parsing here.

import type { Api } from './api.ts';
import type { Output } from './output.ts';
import type { Send } from './send.ts';
import type { Settings } from './settings.ts';

/** One option, in the syntax of the help: `-f, --file <path>`; one without a value is a flag. */
export interface CommandOption {
  readonly flags: string;
  readonly description: string;
  /** The value if the option is absent. */
  readonly default?: string;
  readonly choices?: readonly string[];
  /** May be given several times; read with `options.list()`. */
  readonly repeatable?: boolean;
  /** Refused if it is absent (exit 2). */
  readonly required?: boolean;
  /** A variable that is read if the option is absent. */
  readonly env?: string;
  /** What a shell completes its value with, if `choices` does not say it. */
  readonly completes?: Completes;
}

/** What a shell completes a value with: these words, objects of the deployment, or names that this machine knows. */
export type Completes =
  | readonly string[]
  | 'providers'
  | 'service-accounts'
  | 'identities'
  | 'identity-ids'
  | 'roles'
  | 'organisations'
  | 'keys'
  | 'deployments'
  | 'sources';

/** A positional argument: `<file>` is required, `[file]` may be absent, `[command...]` takes the rest. */
export interface CommandArgument {
  readonly name: string;
  readonly description: string;
  readonly completes?: Completes;
}

/**
 * A command. Its file imports only types and data, and `run` imports the work (`await import(…)`), so that
 * `cambist --help` stays fast.
 */
export interface Command {
  /** One word; of a command that is named behind another one, both. */
  readonly name: string;
  /** Half a line, for lists. */
  readonly summary: string;
  /** A paragraph, for the help of the command and docs/cli.md. */
  readonly description: string;
  readonly options: readonly CommandOption[];
  readonly arguments: readonly CommandArgument[];
  /** Whole command lines that work as they stand. */
  readonly examples: readonly string[];
  /** Resolves with the exit code, nothing meaning 0; throws CliFailure for what a user can do something about. */
  readonly run: (context: CommandContext) => Promise<number | void>;
}

/** A command without what the list of commands says of it. */
export type CommandBody = Omit<Command, 'name' | 'summary'>;

/**
 * One line of the list of commands: a command, with those that are named behind it (`cambist audit verify`), or several under
 * one word (`cambist keys rotate`); loaded when it is used.
 */
export interface CommandEntry {
  readonly kind: 'command' | 'group';
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<readonly Command[]>;
}

/** The world outside, replaced in tests. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch: Send;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** The whole of standard input. */
  readonly readStdin: () => Promise<string>;
  /** Asks the person at the terminal; absent if nobody sits there. */
  readonly ask?: (question: string) => Promise<string>;
}

export interface TextSink {
  readonly write: (text: string) => unknown;
  readonly isTTY?: boolean | undefined;
  /** False once whoever read it has gone; what never ends by itself must end then. */
  readonly hasReader?: () => boolean;
}

/** What the user gave, by the long name of the option (`service-account`). */
export interface OptionReader {
  readonly text: (name: string) => string | undefined;
  readonly list: (name: string) => readonly string[];
  readonly flag: (name: string) => boolean;
  /** A whole number of at least `min`; anything else is refused by name. */
  readonly wholeNumber: (name: string, min?: number) => number | undefined;
}

export interface CommandContext {
  readonly arguments: readonly string[];
  readonly options: OptionReader;
  readonly settings: Settings;
  readonly output: Output;
  readonly world: World;
  /** The IAM API as the settings say; refuses if one of them is missing. */
  readonly api: () => Promise<Api>;
}
