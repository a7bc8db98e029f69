// Reads what the agent is asked for, from its file or from options, into one form; a fault is named with its line.

import type { CommandContext, World } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { nameOfFile, readGivenFile } from '../given-file.ts';
import { readSettings } from '../settings.ts';
import type { JsonObject } from '../../token/json.ts';
import type { Fault } from '../apply/read-document.ts';
import { readExchangeSettings } from '../token/exchange-settings.ts';
import type { ExchangeSettings } from '../token/exchange-settings.ts';
import { readListen } from './health.ts';
import type { Listen } from './health.ts';
import { FILE_MEMBERS, OUTPUT_MEMBERS, OUTPUT_TYPES } from './output-members.ts';
import type { FileMemberName, OutputMember, OutputType } from './output-members.ts';
import { readOutputs } from './read-outputs.ts';
import type { WantedOutput } from './read-outputs.ts';

export interface AgentWishes {
  readonly settings: ExchangeSettings;
  readonly listen: Listen;
  readonly outputs: readonly WantedOutput[];
}

/** The variable that stands for a member of the file where an option does not. */
const VARIABLES: Readonly<Partial<Record<FileMemberName, string>>> = {
  url: 'CAMBIST_URL',
  serviceAccount: 'CAMBIST_SERVICE_ACCOUNT',
  organisation: 'CAMBIST_ORGANISATION',
  project: 'CAMBIST_PROJECT',
  lifetime: 'CAMBIST_LIFETIME',
  source: 'CAMBIST_SOURCE',
  idTokenAudience: 'CAMBIST_ID_TOKEN_AUDIENCE',
};
/** Options that describe an output, and so belong beside --output only. */
const OUTPUT_OPTIONS = ['role', 'region', 'registry', 'template', 'mode', 'command', 'signal', 'pid-file'] as const;
const LISTEN = '127.0.0.1:0';

/** Reads `--config`, or the options. An option comes before the file, and the file before a variable. Throws a CliFailure. */
export async function readAgentWishes(context: CommandContext): Promise<AgentWishes> {
  const { options, world } = context;
  const file = options.text('config');
  if (file === undefined) {
    const faults: Fault[] = [];
    const outputs = readOutputs(outputsOfOptions(context), ['outputs'], collect(faults));
    const [fault] = faults;
    if (fault !== undefined) throw usageFailure(inOptions(fault));
    return { settings: readExchangeSettings(context), listen: listenOf(options.text('listen') ?? LISTEN), outputs };
  }
  for (const name of ['output', 'scope', 'audience', ...OUTPUT_OPTIONS])
    if (options.list(name).length > 0)
      throw usageFailure(`--${name} and --config do not go together: the file says it.`);
  const text = await readGivenFile({ file, by: '--config' }, world);
  const { data, lineOf, faults, outputs } = await readFileData(text, nameOfFile(file));
  const { faultyFile } = await import('../apply/read-document.ts');
  if (faults.length > 0) throw faultyFile(nameOfFile(file), faults, lineOf);
  const listen = listenOf(options.text('listen') ?? textOf(data, 'listen') ?? LISTEN);
  return { settings: readExchangeSettings(await withFile(context, data)), listen, outputs };
}

async function readFileData(text: string, name: string) {
  const { readDocument } = await import('../apply/read-document.ts');
  const { data, lineOf } = readDocument(text, name);
  const faults: Fault[] = [];
  for (const [key, value] of Object.entries(data)) {
    if (key === 'outputs') continue;
    if (!Object.hasOwn(FILE_MEMBERS, key))
      faults.push({
        place: [key],
        detail: `is no member; those are ${[...Object.keys(FILE_MEMBERS), 'outputs'].join(', ')}`,
      });
    else if (key === 'lifetime' && typeof value === 'number' && Number.isSafeInteger(value) && value > 0) continue;
    else if (typeof value !== 'string' || value.trim() === '')
      faults.push({ place: [key], detail: 'must be a text that is not empty' });
  }
  const listen = textOf(data, 'listen');
  if (listen !== undefined && readListen(listen) === null)
    faults.push({ place: ['listen'], detail: 'must be an address of loopback and a port, such as 127.0.0.1:9181' });
  const outputs = readOutputs(data['outputs'], ['outputs'], collect(faults));
  return { data, lineOf, faults, outputs };
}

function collect(faults: Fault[]): (place: Fault['place'], detail: string) => void {
  return (place, detail) => void faults.push({ place, detail });
}

/** The context as if the file's members were variables: an option still comes before them. */
async function withFile(context: CommandContext, data: JsonObject): Promise<CommandContext> {
  const { options } = context;
  const said = Object.entries(VARIABLES).flatMap(([member, variable]) => {
    const value = textOf(data, member as FileMemberName);
    return value === undefined ? [] : [[variable, value] as const];
  });
  // What an output asks for stands in the file alone: a variable of some other command must not narrow it unseen.
  const { CAMBIST_SCOPE: _, CAMBIST_AUDIENCE: __, CAMBIST_DEPLOYMENT: named, ...env } = context.world.env;
  // A variable that names a deployment comes after a file that says its address.
  const deployment = textOf(data, 'url') === undefined ? { CAMBIST_DEPLOYMENT: named } : {};
  const world: World = { ...context.world, env: { ...env, ...deployment, ...Object.fromEntries(said) } };
  const settings = await readSettings(
    {
      url: options.text('url'),
      deployment: options.text('deployment'),
      tokenFile: undefined,
      organisation: options.text('organisation'),
    },
    world,
  );
  return { ...context, world, settings };
}

function textOf(data: JsonObject, name: FileMemberName): string | undefined {
  const value = data[name];
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;
}

function listenOf(text: string): Listen {
  const listen = readListen(text);
  if (listen !== null) return listen;
  throw usageFailure(
    `${JSON.stringify(text)} is not an address of loopback and a port.`,
    'It looks like 127.0.0.1:9181.',
  );
}

/** Each `--output TYPE=PATH`, with what the other options say and its type takes. */
function outputsOfOptions({ options }: CommandContext): readonly JsonObject[] {
  const given = options.list('output');
  if (given.length === 0)
    throw usageFailure(
      'Nothing is asked for.',
      'Name a file with --config, or outputs: --output token=/run/secrets/api-token',
    );
  const said: Readonly<Record<string, readonly string[]>> = {
    ...Object.fromEntries(OUTPUT_OPTIONS.map((name) => [name === 'pid-file' ? 'pidFile' : name, options.list(name)])),
    scope: options.list('scope'),
    audience: options.list('audience'),
  };
  const members: Readonly<Record<string, OutputMember>> = OUTPUT_MEMBERS;
  const types = given.map((text) => text.slice(0, Math.max(0, text.indexOf('='))));
  for (const [name, values] of Object.entries(said))
    if (values.length > 0 && !types.some((type) => members[name]?.types.includes(type as OutputType) === true))
      throw usageFailure(`--${name === 'pidFile' ? 'pid-file' : name} means nothing for these outputs.`);
  return given.map((text, index) => {
    const type = types[index] ?? '';
    if (!OUTPUT_TYPES.some((one) => one === type))
      throw usageFailure(
        `--output ${JSON.stringify(text)} is not TYPE=PATH.`,
        `The types are ${OUTPUT_TYPES.join(', ')}.`,
      );
    const taken = Object.entries(said).filter(
      ([name, values]) => values.length > 0 && members[name]?.types.includes(type as OutputType) === true,
    );
    return {
      type,
      path: text.slice(type.length + 1),
      ...Object.fromEntries(
        taken.map(([name, values]) => [name, members[name]?.kind === 'texts' ? values : (values.at(-1) ?? '')]),
      ),
    };
  });
}

function inOptions({ place, detail }: Fault): string {
  const name = place.at(-1);
  if (name === 'path') return `The path of an output ${detail}.`;
  return `--${name === 'pidFile' ? 'pid-file' : name} ${detail}.`;
}
