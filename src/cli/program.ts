// Builds the parser (commander) from the command literals; knows nothing of what a command does.

import { Command as Parser, Argument, CommanderError, InvalidArgumentError, Option } from 'commander';

import type { Command, CommandEntry, CommandOption, OptionReader } from './command.ts';
import { holdsSecret } from './conceal-secrets.ts';
import { usageFailure } from './failure.ts';
import { GLOBAL_OPTIONS } from './settings.ts';

export interface Parsed {
  readonly command: Command;
  readonly arguments: readonly string[];
  readonly options: OptionReader;
}

export type Outcome =
  | { readonly kind: 'run'; readonly parsed: Parsed }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'usage'; readonly message: string; readonly next: string };

/** Parses a command line into the command it means, the help it asks for, or what is wrong with it. */
export async function parseCommandLine(
  argv: readonly string[],
  entries: readonly CommandEntry[],
  version: () => string,
): Promise<Outcome> {
  const given = secretArgument(argv);
  if (given !== null) return given;
  let parsed: Parsed | null = null;
  let printed = '';
  const say = (text: string): void => void (printed += text);
  const configured = (parser: Parser): Parser =>
    parser
      .exitOverride()
      .configureOutput({ writeOut: say, writeErr: () => {}, outputError: () => {} })
      // Not those of a command that this one is named behind, which it does not take.
      .configureHelp({
        showGlobalOptions: true,
        visibleGlobalOptions: (shown) => (shown === program ? [] : [...program.options]),
      })
      .helpOption('-h, --help', 'show this help')
      .helpCommand(false);
  const program = configured(new Parser('cambist'))
    .description('Exchanges the ID tokens of workloads for short-lived access tokens, and manages who may.')
    .usage('<command> [options]')
    .addHelpText('after', '\n`cambist <command> --help` explains one command.');
  if (argv.includes('--version')) program.version(version(), '--version', 'show the version');
  else program.option('--version', 'show the version');
  for (const option of GLOBAL_OPTIONS) program.addOption(parserOption(option));

  const add = (parent: Parser, command: Command): Parser => {
    const name = command.name.split(' ').at(-1) ?? '';
    const parser = configured(parent.command(name)).summary(command.summary).description(command.description);
    for (const { name, description } of command.arguments) parser.addArgument(new Argument(name, description));
    for (const option of command.options) parser.addOption(parserOption(option));
    if (command.examples.length > 0)
      parser.addHelpText('after', `\nExamples:\n${command.examples.map((line) => `  ${line}`).join('\n')}`);
    parser.action(() => {
      const untaken = parent === program ? undefined : givenOption(parent);
      if (untaken !== undefined) parser.error(`error: \`${command.name}\` does not take ${untaken}`);
      parsed = { command, arguments: parser.args, options: optionReader(parser.optsWithGlobals()) };
    });
    return parser;
  };
  for (const { kind, name, summary, load } of entries) {
    // Reading every command would make the help slow; a word that is not the command's name cannot need it.
    const commands = argv.includes(name) ? await load() : [];
    const [first, ...below] = commands;
    if (kind === 'command' && first !== undefined) {
      const parser = add(program, first);
      for (const command of below) add(parser, command);
    } else {
      const parser = configured(program.command(name)).summary(summary).description(summary);
      for (const command of commands) add(parser, command);
      parser.usage(kind === 'group' ? '<command> [options]' : '[options]');
    }
  }

  if (argv.length === 0) return { kind: 'help', text: program.helpInformation() };
  // `cambist help keys rotate` is what other programs have taught people to type.
  const words = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv;
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'help', text: printed };
    const message = error.code === 'commander.help' ? missingCommand(program, argv) : error.message;
    const next = whereToRead(program, argv);
    const shown = message.replace(/^error: /, '').replace(/\n\(Did/, ' (Did');
    return { kind: 'usage', message: shown + longerOption(shown, program, argv), next };
  }
  return parsed === null
    ? { kind: 'usage', message: missingCommand(program, argv), next: whereToRead(program, argv) }
    : { kind: 'run', parsed };
}

/** No option takes a token or a key itself: other users of the machine, and logs of CI, show command lines. */
function secretArgument(argv: readonly string[]): Outcome | null {
  const words = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  const at = words.findIndex(holdsSecret);
  if (at < 0) return null;
  const [named = ''] = [words[at]?.split('=')[0] ?? '', words[at - 1] ?? ''].filter(
    (word) => /^--?[a-z][a-z-]*$/.test(word) && !holdsSecret(word),
  );
  return {
    kind: 'usage',
    message: `${named === '' ? 'An argument' : named} is a token or a key itself, where others can read it. It is not repeated here.`,
    next:
      named === '--source'
        ? 'Say where the token is: --source env:NAME or --source file:PATH.'
        : 'Write it to a file that only you can read, and name the file; `-` stands for standard input.',
  };
}

/** An option that was given to this parser itself, such as `--since` in `cambist audit --since 1h verify`. */
function givenOption(parser: Parser): string | undefined {
  return (
    parser.options.find((option) => parser.getOptionValueSource(option.attributeName()) === 'cli')?.long ?? undefined
  );
}

/** For an option that was cut short (`--repo`): the options that begin so. */
function longerOption(message: string, program: Parser, argv: readonly string[]): string {
  const cut = /^unknown option '(--[a-z-]{2,})'$/.exec(message)?.[1];
  if (cut === undefined) return '';
  const known = [...(namedCommands(program, argv).at(-1)?.options ?? []), ...program.options];
  const longer = [...new Set(known.flatMap(({ long }) => (long?.startsWith(cut) === true ? [long] : [])))];
  if (longer.length === 0) return '';
  return ` (Did you mean ${longer.length === 1 ? '' : 'one of '}${longer.join(', ')}?)`;
}

function missingCommand(program: Parser, argv: readonly string[]): string {
  const [group] = namedCommands(program, argv);
  return group === undefined ? 'a command is missing' : `which command of ${group.name()}?`;
}

/** The help that is about what was meant: of the command, else of its group, else of everything. */
function whereToRead(program: Parser, argv: readonly string[]): string {
  const named = namedCommands(program, argv);
  const path = ['cambist', ...named.map((command) => command.name())].join(' ');
  const isLeaf = named.length > 0 && (named.at(-1)?.commands.length ?? 0) === 0;
  return `\`${path} --help\` ${isLeaf ? 'explains it' : 'lists what there is'}.`;
}

/** The group and the command that the words name, as far as there are such. */
function namedCommands(program: Parser, argv: readonly string[]): readonly Parser[] {
  const named: Parser[] = [];
  for (const word of argv) {
    const found = (named.at(-1) ?? program).commands.find((command) => command.name() === word);
    if (found !== undefined) named.push(found);
  }
  return named;
}

function parserOption(option: CommandOption): Option {
  const parser = new Option(option.flags, option.description);
  if (option.default !== undefined) parser.default(option.default);
  if (option.choices !== undefined) parser.choices(option.choices);
  if (option.required === true) parser.makeOptionMandatory();
  if (option.env !== undefined) parser.description = `${option.description} (env: ${option.env})`;
  const { choices } = option;
  if (option.repeatable === true)
    parser.argParser((value: string, before: readonly string[] | undefined) => {
      // A parser of one's own takes the place of commander's, which knows the choices.
      if (choices?.includes(value) === false)
        throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`);
      return [...(before ?? []), value];
    });
  return parser;
}

/** The name commander files an option under. */
function memberOf(name: string): string {
  return name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function optionReader(values: Readonly<Record<string, unknown>>): OptionReader {
  const text = (name: string): string | undefined => {
    const value = values[memberOf(name)];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    text,
    list: (name) => {
      const value = values[memberOf(name)];
      return Array.isArray(value) ? (value as readonly string[]) : typeof value === 'string' ? [value] : [];
    },
    flag: (name) => values[memberOf(name)] === true,
    wholeNumber: (name, min = 0) => {
      const value = text(name);
      if (value === undefined) return undefined;
      if (!/^\d{1,15}$/.test(value) || Number(value) < min)
        throw usageFailure(`--${name} must be a whole number of at least ${min}, not ${JSON.stringify(value)}.`);
      return Number(value);
    },
  };
}
