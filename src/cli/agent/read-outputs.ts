// Turns the data of outputs into what is wanted, or names every fault at its place; gets nothing and writes nothing.

import { constants } from 'node:os';
import { resolve } from 'node:path';

import type { JsonObject, JsonValue } from '../../token/json.ts';
import { isJsonObject } from '../../token/json.ts';
import type { Fault, Place } from '../apply/read-document.ts';
import { MAX_OUTPUTS } from './limits.ts';
import { OUTPUT_MEMBERS, OUTPUT_TYPES } from './output-members.ts';
import type { OutputMember, OutputMemberName, OutputType } from './output-members.ts';
import { placesIn } from './template-places.ts';

/** One output as it is wanted. Lists are empty if nothing was said. */
export interface WantedOutput {
  readonly type: OutputType;
  /** Absolute. */
  readonly path: string;
  readonly scope: readonly string[];
  readonly audience: readonly string[];
  readonly role: string | undefined;
  readonly region: string | undefined;
  readonly registry: readonly string[];
  readonly template: string | undefined;
  readonly server: string | undefined;
  readonly certificateAuthority: string | undefined;
  readonly namespace: string | undefined;
  readonly mode: number;
  readonly command: readonly string[] | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly pidFile: string | undefined;
}

type Report = (place: Place, detail: string) => void;

/** Reads the list of outputs at a place; what is faulty is reported and left out. A child takes signals without a receiver. */
export function readOutputs(
  value: JsonValue | undefined,
  place: Place,
  report: Report,
  hasChild = false,
): readonly WantedOutput[] {
  if (!Array.isArray(value) || value.length === 0) {
    report(place, 'must be a list of at least one output');
    return [];
  }
  if (value.length > MAX_OUTPUTS) report(place, `must have at most ${MAX_OUTPUTS} outputs`);
  const wanted = value.flatMap((one: JsonValue, index) => {
    const at = [...place, index];
    if (isJsonObject(one)) return readOutput(one, at, report, hasChild).map((output) => ({ output, index }));
    report(at, 'must be a map of members');
    return [];
  });
  const taken = new Set<string>();
  for (const { output, index } of wanted)
    for (const path of filesOf(output)) {
      if (taken.has(path)) report([...place, index, 'path'], `is written by another output, too: ${path}`);
      taken.add(path);
    }
  return wanted.map(({ output }) => output);
}

/** Every file that an output writes. */
export function filesOf({ type, path }: Pick<WantedOutput, 'type' | 'path'>): readonly string[] {
  return type === 'gcp' || type === 'kubeconfig' ? [tokenFileOf(path), path] : [path];
}

/** Where the token lies to which the file at this path refers. */
export function tokenFileOf(path: string): string {
  return `${path}.token`;
}

function readOutput(data: JsonObject, place: Place, report: Report, hasChild: boolean): WantedOutput[] {
  const faults: Fault[] = [];
  const fault = (name: OutputMemberName, detail: string): void => void faults.push({ place: [...place, name], detail });
  const type = OUTPUT_TYPES.find((one) => one === data['type']);
  if (type === undefined) {
    report([...place, 'type'], `must be one of ${OUTPUT_TYPES.join(', ')}`);
    return [];
  }
  checkNames(data, type, place, (at, detail) => void faults.push({ place: at, detail }));
  const text = (name: OutputMemberName): string | undefined => {
    const value = data[name] ?? undefined;
    if (value === undefined || (typeof value === 'string' && value.trim() !== '')) return value;
    fault(name, 'must be a text that is not empty');
    return undefined;
  };
  const texts = (name: OutputMemberName): readonly string[] => {
    const value = [data[name] ?? []].flat();
    if (value.every((one) => typeof one === 'string' && one.trim() !== '')) return value as readonly string[];
    fault(name, 'must be a text or a list of texts, none of them empty');
    return [];
  };
  const path = text('path');
  const signal = text('signal');
  const output: WantedOutput = {
    type,
    path: path === undefined ? '' : resolve(path),
    scope: texts('scope').flatMap((one) => one.trim().split(/\s+/)),
    audience: texts('audience'),
    role: text('role'),
    region: text('region'),
    registry: texts('registry'),
    template: text('template'),
    server: text('server'),
    certificateAuthority: text('certificateAuthority'),
    namespace: text('namespace'),
    mode: readMode(data['mode'], (detail) => fault('mode', detail)),
    command: readCommand(data['command'], (detail) => fault('command', detail)),
    signal: signal === undefined ? undefined : readSignal(signal, (detail) => fault('signal', detail)),
    pidFile: text('pidFile'),
  };
  if (faults.length === 0) checkMeaning(output, hasChild, fault);
  for (const one of faults) report(one.place, one.detail);
  return faults.length === 0 ? [output] : [];
}

function checkNames(data: JsonObject, type: OutputType, place: Place, report: Report): void {
  const members: Readonly<Record<string, OutputMember>> = OUTPUT_MEMBERS;
  for (const name of Object.keys(data)) {
    const member = Object.hasOwn(members, name) ? members[name] : undefined;
    if (member === undefined)
      report([...place, name], `is no member of an output; those are ${Object.keys(members).join(', ')}`);
    else if (!member.types.includes(type)) report([...place, name], `means nothing for the type ${type}`);
  }
  for (const [name, { required }] of Object.entries(members))
    if (required?.includes(type) === true && (data[name] ?? null) === null)
      report([...place, name], `is required for the type ${type}`);
}

function checkMeaning(
  {
    type,
    audience,
    role,
    registry,
    template,
    server,
    certificateAuthority,
    namespace,
    signal,
    pidFile,
    command,
  }: WantedOutput,
  hasChild: boolean,
  fault: (name: OutputMemberName, detail: string) => void,
): void {
  if ((type === 'aws' || type === 'gcp' || type === 'kubeconfig') && audience.length > 1)
    fault('audience', `must be one text for the type ${type}`);
  if (type === 'gcp' && !/^(?:https:)?\/\/iam\.googleapis\.com\/[\w./-]+$/.test(audience[0] ?? ''))
    fault(
      'audience',
      'must be //iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/NAME',
    );
  if (type === 'gcp' && role !== undefined && !/^[\w.-]+@[\w.-]+$/.test(role))
    fault('role', 'must be the e-mail address of a Google service account');
  if (registry.some((one) => !/^(?:https:\/\/)?[\w.-]+(?::\d{1,5})?(?:\/[\w./-]*)?$/.test(one)))
    fault('registry', 'must be a host such as registry.example.com or registry.example.com:5000');
  if (type === 'kubeconfig' && server === undefined && (certificateAuthority ?? namespace) !== undefined)
    fault('server', 'is required with certificateAuthority and namespace');
  if (server !== undefined && !/^https:\/\/[^\s@?#]+$/.test(server)) fault('server', 'must be an https address');
  if (template?.includes('{{') === true) checkTemplate(template, audience, (detail) => fault('template', detail));
  if (signal !== undefined && pidFile === undefined && command === undefined && !hasChild)
    fault('signal', 'has no receiver: add pidFile, or a command that is kept running');
  if (pidFile !== undefined && signal === undefined) fault('pidFile', 'needs a signal');
}

/** What is wrong with the places of a template; a file of one is checked whenever it is read. */
export function checkTemplate(text: string, audience: readonly string[], fault: (detail: string) => void): void {
  const { unknown, known } = placesIn(text);
  if (unknown.length > 0) fault(`has a place that means nothing: {{ ${unknown[0]} }}`);
  if (!known.has('token') && !known.has('idToken')) fault('has neither {{ token }} nor {{ idToken }}');
  if (known.has('token') && known.has('idToken'))
    fault('has both {{ token }} and {{ idToken }}: make two outputs of it');
  if (known.has('idToken') && known.has('scope')) fault('has {{ scope }}, which an ID token does not have');
  if (known.has('idToken') && audience.length === 0) fault('has {{ idToken }}, which needs an audience');
}

/** Digits as `chmod` takes them. YAML reads 0640 as 640 and 0o640 as 416; no number means two modes that are allowed. */
function readMode(value: JsonValue | undefined, fault: (detail: string) => void): number {
  if (value === undefined || value === null) return 0o600;
  const spellings = typeof value === 'number' ? [String(value), value.toString(8)] : [value];
  for (const digits of spellings)
    if (typeof digits === 'string' && /^0?[46][046]0$/.test(digits)) return Number.parseInt(digits, 8);
  fault('must be 0600, 0400, 0640, 0660 or 0440: the owner can read it, and nobody outside of the group');
  return 0o600;
}

function readCommand(value: JsonValue | undefined, fault: (detail: string) => void): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  const isUsable = (text: unknown): boolean => typeof text === 'string' && !text.includes('\0');
  if (typeof value === 'string' && value.trim() !== '' && isUsable(value)) return ['/bin/sh', '-c', value];
  if (Array.isArray(value) && value.every(isUsable) && (value[0] ?? '') !== '') return value as readonly string[];
  fault('must be a line for the shell, or a list of words');
  return undefined;
}

function readSignal(text: string, fault: (detail: string) => void): NodeJS.Signals | undefined {
  const name = `SIG${text.toUpperCase().replace(/^SIG/, '')}`;
  const known = (Object.keys(constants.signals) as NodeJS.Signals[]).find((one) => one === name);
  if (known === undefined || known === 'SIGKILL' || known === 'SIGSTOP')
    fault('must be the name of a signal, such as HUP');
  return known;
}
