// Reads the file that names deployments (`~/.config/cambist/config.yaml`); it holds no token, only where each comes from.

import { dirname, isAbsolute, join, resolve } from 'node:path';

import { isJsonObject } from '../../token/json.ts';
import type { JsonValue } from '../../token/json.ts';
import type { Fault } from '../apply/read-document.ts';
import type { World } from '../command.ts';
import { originOf } from '../deployment-origin.ts';
import { readOwnFile } from './own-file.ts';

/** Where the credential of a deployment comes from; a command is a line for the shell, or a program and its words. */
export type TokenPlace =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'command'; readonly command: string | readonly string[] };

export interface Deployment {
  readonly name: string;
  readonly url: string;
  readonly organisation: string | undefined;
  readonly token: TokenPlace | null;
}

export interface DeploymentsFile {
  readonly path: string;
  readonly deployments: readonly Deployment[];
  /** The name of the one that is meant if nothing else is said. */
  readonly usual: string | null;
}

type Tell = (member: string | null, detail: string) => void;

export const DEPLOYMENT_NAME: RegExp = /^[A-Za-z0-9][\w.-]{0,62}$/;
const FILE_MEMBERS = ['default', 'deployments'];
const TOKEN_MEMBERS = ['tokenFile', 'tokenVariable', 'tokenCommand'];
const MEMBERS = ['url', 'organisation', ...TOKEN_MEMBERS];

/** The place of the file by the XDG Base Directory Specification; null if the user has no home. */
export function pathOfDeployments({ env }: Pick<World, 'env'>): string | null {
  const { XDG_CONFIG_HOME: configured = '', HOME: home = '', USERPROFILE: profile = '' } = env;
  // The specification ignores a relative one: it would be another file in every directory.
  if (isAbsolute(configured)) return join(configured, 'cambist/config.yaml');
  const owner = home === '' ? profile : home;
  return isAbsolute(owner) ? join(owner, '.config/cambist/config.yaml') : null;
}

/** The deployments of the file; null if there is no file. Throws a CliFailure that names each fault with its line. */
export async function readDeployments(world: Pick<World, 'env'>): Promise<DeploymentsFile | null> {
  const path = pathOfDeployments(world);
  const text = path === null ? null : await readOwnFile(path);
  if (path === null || text === null) return null;
  if (text.trim() === '') return { path, deployments: [], usual: null };
  const { faultyFile, readDocument } = await import('../apply/read-document.ts');
  const { data, lineOf } = readDocument(text, path);
  const faults: Fault[] = [];
  for (const key of Object.keys(data))
    if (!FILE_MEMBERS.includes(key))
      faults.push({ place: [key], detail: `is no member; those are ${FILE_MEMBERS.join(', ')}` });
  const { default: usual = null, deployments: named = {} } = data;
  if (!isJsonObject(named)) faults.push({ place: ['deployments'], detail: 'must be a map of names to deployments' });
  const deployments = Object.entries(isJsonObject(named) ? named : {}).map(([name, value]) =>
    readDeployment(
      name,
      value,
      (file) => placeOfFile(file, dirname(path), world),
      (member, detail) => faults.push({ place: ['deployments', name, ...(member === null ? [] : [member])], detail }),
    ),
  );
  if (usual !== null && !deployments.some(({ name }) => name === usual))
    faults.push({ place: ['default'], detail: 'must be the name of one of the deployments' });
  if (faults.length > 0) throw faultyFile(path, faults, lineOf);
  return { path, deployments, usual: typeof usual === 'string' ? usual : null };
}

/** A path as the file means it: from the home directory, or from the file's own. */
function placeOfFile(path: string, directory: string, { env }: Pick<World, 'env'>): string {
  return path.startsWith('~/') ? join(env['HOME'] ?? '', path.slice(2)) : resolve(directory, path);
}

function readDeployment(name: string, value: JsonValue, locate: (path: string) => string, tell: Tell): Deployment {
  if (!DEPLOYMENT_NAME.test(name)) tell(null, 'must be a name of letters, digits, dots, dashes and underscores');
  if (!isJsonObject(value)) tell(null, `must be a map with ${MEMBERS.join(', ')}`);
  const data = isJsonObject(value) ? value : {};
  for (const key of Object.keys(data))
    if (!MEMBERS.includes(key)) tell(key, `is no member; those are ${MEMBERS.join(', ')}`);
  const text = (member: string): string | undefined => {
    const given = data[member];
    if (given === undefined || (typeof given === 'string' && given.trim() !== '')) return given;
    tell(member, 'must be a text that is not empty');
    return undefined;
  };
  const [first, second] = TOKEN_MEMBERS.filter((member) => data[member] !== undefined);
  if (second !== undefined) tell(second, `cannot stand beside ${first ?? ''}: a token comes from one place`);
  const place = { name, url: readUrl(data['url'], tell), organisation: text('organisation') };
  const file = text('tokenFile');
  if (file !== undefined) return { ...place, token: { kind: 'file', path: locate(file) } };
  const variable = text('tokenVariable');
  if (variable !== undefined) {
    if (!/^[A-Za-z_]\w{0,127}$/.test(variable)) tell('tokenVariable', 'must be the name of a variable, not a token');
    return { ...place, token: { kind: 'variable', name: variable } };
  }
  const command = readCommand(data['tokenCommand'], tell);
  return { ...place, token: command === null ? null : { kind: 'command', command } };
}

function readUrl(value: JsonValue | undefined, tell: Tell): string {
  try {
    return originOf(typeof value === 'string' ? value : '');
  } catch (error) {
    tell('url', error instanceof Error ? error.message : 'is no address');
    return '';
  }
}

function readCommand(value: JsonValue | undefined, tell: Tell): string | readonly string[] | null {
  if (value === undefined) return null;
  if (typeof value === 'string' && value.trim() !== '') return value;
  if (Array.isArray(value)) {
    const words = value.filter((word): word is string => typeof word === 'string');
    if (words.length === value.length && (words[0] ?? '').trim() !== '') return words;
  }
  tell('tokenCommand', 'must be a line for the shell, or a list of words');
  return null;
}
