// Reads what `cambist agent` and `cambist exec` are to keep fresh, from a file or from options; a fault is named with its line.

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
import { FILE_MEMBERS } from './output-members.ts';
import type { FileMemberName } from './output-members.ts';
import { NARROWING_OPTIONS, optionOf, OUTPUT_OPTIONS, outputsOfOptions } from './output-options.ts';
import { filesOf, readOutputs } from './read-outputs.ts';
import type { WantedOutput } from './read-outputs.ts';

export interface AgentWishes {
  /** What the outputs are asked for with. */
  readonly settings: ExchangeSettings;
  /** The same with the scope and the audience of the options, for a token in a variable. */
  readonly variableSettings: ExchangeSettings;
  /** Undefined if nobody said it. */
  readonly listen: Listen | undefined;
  readonly outputs: readonly WantedOutput[];
}

/** What a command adds around which outputs are kept fresh. */
export interface AroundCommand {
  /** Outputs that options of its own name. */
  readonly outputs: readonly JsonObject[];
  /** True if it gets an access token, which options may narrow. */
  readonly hasAccessToken: boolean;
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
/** Reads `--config`, or the options. An option comes before the file, and the file before a variable. Throws a CliFailure. */
export async function readAgentWishes(context: CommandContext, around?: AroundCommand): Promise<AgentWishes> {
  const { options, world } = context;
  const file = options.text('config');
  if (file === undefined) {
    const outputs = namedOutputs(context, around);
    if (outputs.length === 0 && around === undefined)
      throw usageFailure(
        'Nothing is asked for.',
        'Name a file with --config, or outputs: --output token=/run/secrets/api-token',
      );
    const settings = readExchangeSettings(context);
    return { settings, variableSettings: settings, listen: listenOf(options.text('listen')), outputs };
  }
  const useless = around?.hasAccessToken === true ? OUTPUT_OPTIONS : [...NARROWING_OPTIONS, ...OUTPUT_OPTIONS];
  for (const name of ['output', ...useless])
    if (options.list(name).length > 0)
      throw usageFailure(`--${name} and --config do not go together: the file says it.`);
  const named = namedOutputs(context, around);
  const name = nameOfFile(file);
  const text = await readGivenFile({ file, by: '--config' }, world);
  const { data, lineOf, faults, outputs } = await readFileData(text, name, around !== undefined);
  const { faultyFile } = await import('../apply/read-document.ts');
  if (faults.length > 0) throw faultyFile(name, faults, lineOf);
  const taken = new Set(outputs.flatMap(filesOf));
  const twice = named.flatMap(filesOf).find((path) => taken.has(path));
  if (twice !== undefined) throw usageFailure(`${twice} is written by an output of ${name}, too.`);
  const variableSettings = readExchangeSettings(await withFile(context, data));
  return {
    settings: { ...variableSettings, scope: undefined, audience: undefined },
    variableSettings,
    listen: listenOf(options.text('listen') ?? textOf(data, 'listen')),
    outputs: [...outputs, ...named],
  };
}

/** The outputs that options name. Throws a usage failure for the first fault. */
function namedOutputs(context: CommandContext, around: AroundCommand | undefined): readonly WantedOutput[] {
  const data = outputsOfOptions(context, around?.outputs, around?.hasAccessToken);
  if (data.length === 0) return [];
  const faults: Fault[] = [];
  const outputs = readOutputs(data, ['outputs'], collect(faults), around !== undefined);
  const [fault] = faults;
  if (fault !== undefined) throw usageFailure(inOptions(fault));
  return outputs;
}

async function readFileData(text: string, name: string, hasChild: boolean) {
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
  const outputs = readOutputs(data['outputs'], ['outputs'], collect(faults), hasChild);
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

function listenOf(text: string | undefined): Listen | undefined {
  if (text === undefined) return undefined;
  const listen = readListen(text);
  if (listen !== null) return listen;
  throw usageFailure(
    `${JSON.stringify(text)} is not an address of loopback and a port.`,
    'It looks like 127.0.0.1:9181.',
  );
}

function inOptions({ place, detail }: Fault): string {
  const name = place.at(-1);
  return name === 'path' ? `The path of an output ${detail}.` : `--${optionOf(String(name))} ${detail}.`;
}
