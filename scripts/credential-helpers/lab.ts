// The machine of a user: a home directory, the packed command line installed in a prefix of its own, and the variables that the guide shows.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

import { ROOT } from '../local/bundle.ts';
import type { Deployment } from './deployment.ts';
import { blockOf, VARIABLES } from './guide.ts';
import type { Network } from './network.ts';
import { findProgram, runProgram } from './programs.ts';
import type { Ended } from './programs.ts';
import { LeftOut } from './tool.ts';

export interface Lab {
  readonly deployment: Deployment;
  readonly network: Network;
  readonly home: string;
  /** A directory of the check's own, which the tools do not know. */
  readonly workshop: string;
  /** Where the installed executables are. */
  readonly bin: string;
  /** Writes a file below the home directory. */
  readonly write: (path: string, text: string) => string;
  /** Runs a program as the user does, with these variables added, or with the ones that are given as undefined taken away. */
  readonly run: (program: string, args: readonly string[], more?: Variables, stdin?: string) => Promise<Ended>;
  /** As `run`, for an executable of ours that is asked as a tool does: what it prints goes to the tool alone. */
  readonly runUnseen: Lab['run'];
  /** Where one of the user's programs is. Throws LeftOut with what brings it. */
  readonly need: (program: string, brings: string) => string;
  /** Everything that the tools printed. */
  readonly printed: () => string;
  /** Ends a program or server of a tool when the check ends. */
  readonly onClose: (end: () => Promise<void>) => void;
  readonly close: () => Promise<void>;
}

export type Variables = Readonly<Record<string, string | undefined>>;

/** Packs and installs the command line, and gives the user the variables of the guide. */
export async function openLab(directory: string, deployment: Deployment, network: Network): Promise<Lab> {
  const [home, workshop, prefix] = ['home of a user', 'workshop', 'installed here'].map((name) =>
    join(directory, name),
  );
  if (home === undefined || workshop === undefined || prefix === undefined) throw new Error('no directories');
  for (const folder of [home, workshop, prefix]) mkdirSync(folder);
  await installCommandLine(workshop, prefix);
  const bin = join(prefix, 'bin');
  const path = [bin, dirname(process.execPath), ...machinePath()].join(delimiter);
  const user = {
    PATH: path,
    HOME: home,
    // What Python keeps beside a program is not the repository's.
    PYTHONDONTWRITEBYTECODE: '1',
    ...network.variables,
    ...deployment.job,
  };
  const env = { ...user, ...(await guideVariables(home, user, deployment.url)) };
  let printed = '';
  const ends: (() => Promise<void>)[] = [];
  const runUnseen: Lab['run'] = async (program, args, more = {}, stdin = '') => {
    const all = Object.entries({ ...env, ...more }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    return await runProgram(program, args, { env: Object.fromEntries(all), cwd: home, stdin });
  };
  return {
    deployment,
    network,
    home,
    workshop,
    bin,
    write: (file, text) => {
      const whole = join(home, file);
      mkdirSync(dirname(whole), { recursive: true });
      writeFileSync(whole, text);
      return whole;
    },
    runUnseen,
    run: async (...call) => {
      const ended = await runUnseen(...call);
      printed += ended.stdout + ended.stderr;
      return ended;
    },
    need: (program, brings) => {
      const found = findProgram(program, path);
      if (found === null) throw new LeftOut(`there is no ${program} on this machine; ${brings}`);
      return found;
    },
    printed: () => printed,
    onClose: (end) => ends.push(end),
    close: async () => {
      await Promise.all(ends.splice(0).map(async (end) => await end()));
    },
  };
}

/** The PATH of this machine without what npm put before it. */
export function machinePath(): readonly string[] {
  return (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
}

/** Every file below a directory, as text. */
export function filesBelow(directory: string): readonly (readonly [string, string])[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => [file, readFileSync(file, 'latin1')] as const);
}

async function installCommandLine(workshop: string, prefix: string): Promise<void> {
  const npm = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runProgram('npm', args, { env: machineVariables(), cwd: ROOT });
    if (code !== 0) throw new Error(`npm ${args[0]} ended with ${code}: ${stderr}`);
    return stdout;
  };
  const packed = await npm('pack', '--workspace', 'packages/cli', '--silent', '--pack-destination', workshop);
  const tarball = join(workshop, packed.trim().split('\n').at(-1) ?? '');
  const quietly = ['--prefer-offline', '--no-audit', '--no-fund', '--silent'];
  await npm('install', '--global', '--prefix', prefix, ...quietly, tarball);
}

/** The variables of this process, for what is installed and built. */
export function machineVariables(): Readonly<Record<string, string>> {
  const entries = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries);
}

/** What a shell has after it read the first block of the guide. */
async function guideVariables(
  home: string,
  env: Readonly<Record<string, string>>,
  url: string,
): Promise<Record<string, string>> {
  writeFileSync(join(home, '.profile'), blockOf(VARIABLES).replace('https://tokens.example.com', url));
  const { stdout } = await runProgram('sh', ['-c', '. "$HOME/.profile" && env -0'], { env, cwd: home });
  const pairs = stdout.split('\0').map((pair) => /^(CAMBIST_\w+)=([\s\S]*)$/.exec(pair));
  return Object.fromEntries(pairs.flatMap((pair) => (pair === null ? [] : [[pair[1] ?? '', pair[2] ?? '']])));
}
