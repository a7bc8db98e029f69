// The options that describe outputs, and the outputs that they mean; each takes of the options what its type has.

import type { CommandContext, CommandOption } from '../command.ts';
import { usageFailure } from '../failure.ts';
import type { JsonObject } from '../../token/json.ts';
import { OUTPUT_MEMBERS, OUTPUT_TYPES } from './output-members.ts';
import type { OutputMember, OutputType } from './output-members.ts';

/** The options of a command that keeps outputs fresh; a signal goes to `receiver` if no option names another. */
export function outputOptions(receiver: string): readonly CommandOption[] {
  return [
    { flags: '--role <role>', description: 'the ARN of the role (aws), or the Google service account (gcp)' },
    { flags: '--region <region>', description: 'the region of AWS (aws)', env: 'AWS_REGION' },
    { flags: '--registry <host>', description: 'a registry that may have the token (docker-config)', repeatable: true },
    { flags: '--template <template>', description: 'the text with {{ token }} in it, or a file with that (template)' },
    { flags: '--mode <mode>', description: 'who may read the files, such as 0640 for the group too; others never may' },
    { flags: '--command <line>', description: 'what the shell runs after each change' },
    { flags: '--signal <signal>', description: `the signal at each change: for --pid-file, else for ${receiver}` },
    { flags: '--pid-file <path>', description: 'the file with the number of the process to signal' },
  ];
}

/** Names of options that belong beside an output alone. */
export const OUTPUT_OPTIONS = [
  'role',
  'region',
  'registry',
  'template',
  'mode',
  'command',
  'signal',
  'pid-file',
] as const;
/** Options that narrow an access token; it may be an output. */
export const NARROWING_OPTIONS = ['scope', 'audience'] as const;

/**
 * Each `--output TYPE=PATH` and each output that is named otherwise, with what the options say and its type takes. Throws a usage
 * failure for an option that no output takes, unless it narrows the access token besides.
 */
export function outputsOfOptions(
  { options }: CommandContext,
  others: readonly JsonObject[] = [],
  hasAccessToken = false,
): readonly JsonObject[] {
  const named = [...options.list('output').map(namedOutput), ...others];
  const said: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
    [...OUTPUT_OPTIONS, ...NARROWING_OPTIONS].map((name) => [memberOf(name), options.list(name)]),
  );
  const takes = (output: JsonObject, name: string): boolean =>
    MEMBERS[name]?.types.includes(output['type'] as OutputType) === true && !Object.hasOwn(output, name);
  for (const [name, values] of Object.entries(said)) {
    const hasOtherUse = hasAccessToken && NARROWING_OPTIONS.some((one) => one === name);
    if (values.length > 0 && !hasOtherUse && !named.some((output) => takes(output, name)))
      throw usageFailure(`--${optionOf(name)} means nothing for these outputs.`);
  }
  return named.map((output) => ({
    ...Object.fromEntries(
      Object.entries(said)
        .filter(([name, values]) => values.length > 0 && takes(output, name))
        .map(([name, values]) => [name, MEMBERS[name]?.kind === 'texts' ? values : (values.at(-1) ?? '')]),
    ),
    ...output,
  }));
}

/** The option of a member. */
export function optionOf(member: string): string {
  return member === 'pidFile' ? 'pid-file' : member;
}

const MEMBERS: Readonly<Record<string, OutputMember>> = OUTPUT_MEMBERS;

function memberOf(option: string): string {
  return option === 'pid-file' ? 'pidFile' : option;
}

function namedOutput(text: string): JsonObject {
  const at = Math.max(0, text.indexOf('='));
  const type = text.slice(0, at);
  if (OUTPUT_TYPES.some((one) => one === type)) return { type, path: text.slice(at + 1) };
  throw usageFailure(`--output ${JSON.stringify(text)} is not TYPE=PATH.`, `The types are ${OUTPUT_TYPES.join(', ')}.`);
}
