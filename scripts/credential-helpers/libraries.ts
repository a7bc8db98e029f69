// Brings the vendors' own libraries in pinned versions: Python's into an environment that is kept, Go's into programs that are built here.

import { createHash } from 'node:crypto';
import { accessSync, constants, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

import { ROOT } from '../local/bundle.ts';
import { machinePath, machineVariables } from './lab.ts';
import type { Lab } from './lab.ts';
import { findProgram, runProgram } from './programs.ts';
import { LeftOut } from './tool.ts';

const FIXTURES = join(ROOT, 'test/fixtures/credential-helpers');

/** The program of the fixtures that drives a vendor's library. */
export function fixture(name: string): string {
  return join(FIXTURES, name);
}

/** The directory with the executables of the Python environment; the first call makes it. Throws LeftOut without Python or packages. */
export async function pythonEnvironment(lab: Lab): Promise<string> {
  return await (environment ??= makeEnvironment(lab));
}

let environment: Promise<string> | undefined;

async function makeEnvironment({ workshop }: Lab): Promise<string> {
  const requirements = join(FIXTURES, 'requirements.txt');
  const python = findProgram('python3', machinePath().join(delimiter));
  if (python === null)
    throw new LeftOut('there is no python3 on this machine; a system package `python3-venv` brings it');
  const version = createHash('sha256').update(readFileSync(requirements)).update(python).digest('hex').slice(0, 12);
  const kept = join(cacheDirectory() ?? workshop, `credential-helpers-${version}`);
  const ready = join(kept, 'ready');
  if (existsSync(ready)) return join(kept, 'bin');
  rmSync(kept, { recursive: true, force: true });
  mkdirSync(kept, { recursive: true });
  const run = async (program: string, ...args: string[]): Promise<void> => {
    const { code, stderr } = await runProgram(program, args, { env: machineVariables(), cwd: kept });
    if (code !== 0) throw new LeftOut(`Python's packages cannot be installed: ${stderr.trim().split('\n').at(-1)}`);
  };
  await run(python, '-m', 'venv', kept);
  await run(join(kept, 'bin/pip'), 'install', '--quiet', '--requirement', requirements);
  cpSync(requirements, `${ready}.part`);
  renameSync(`${ready}.part`, ready);
  return join(kept, 'bin');
}

/** Where a user's programs keep what they can make again; null if nothing can be kept there. */
function cacheDirectory(): string | null {
  const directory = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'cambist');
  try {
    mkdirSync(directory, { recursive: true });
    accessSync(directory, constants.W_OK);
    return directory;
  } catch {
    return null;
  }
}

/** Builds a Go program of the fixtures with this module, and says where it is. Throws LeftOut without Go or the module. */
export async function goProgram({ workshop }: Lab, source: string, module: string): Promise<string> {
  const go = findProgram('go', machinePath().join(delimiter));
  if (go === null) throw new LeftOut('there is no go on this machine; https://go.dev/dl has it');
  const folder = join(workshop, source);
  mkdirSync(folder);
  cpSync(fixture(source), join(folder, 'main.go'));
  const run = async (...args: string[]): Promise<string | null> => {
    const env = { ...machineVariables(), GOFLAGS: '-mod=mod' };
    const { code, stderr } = await runProgram(go, args, { env, cwd: folder });
    return code === 0 ? null : stderr;
  };
  await run('mod', 'init', 'program');
  const missing = await run('get', module);
  if (missing !== null) throw new LeftOut(`${module} cannot be had: ${missing.trim().split('\n').at(-1)}`);
  const faults = await run('build', '-o', 'program', '.');
  if (faults !== null) throw new Error(faults);
  return join(folder, 'program');
}
