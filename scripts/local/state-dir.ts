// STATE_DIR of the local Worker: who may use it, what was left running in it, and its generated secrets. Never prints a secret.

import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

import { endProcess, findProcess, isRunning } from './processes.ts';
import type { ProcessStamp } from './processes.ts';
import { Refusal } from './refusal.ts';
import { setting } from './settings.ts';
import type { Environment } from './settings.ts';
import { makeDirectories } from '../../src/cli/make-directories.ts';
import { SEALING_KEY_BYTES } from '../../src/objects/limits.ts';

export interface StateDir {
  /** Absolute. */
  readonly path: string;
  /** Remembers the workerd to end if this process is killed without a chance to do it itself. */
  readonly recordWorkerd: (workerd: ProcessStamp) => void;
  /** Gives the directory back after a clean stop. */
  readonly release: () => void;
}

/** A secret and where it came from; `path` is null if the environment set it. */
export interface LocalSecret {
  readonly value: string;
  readonly path: string | null;
}

interface RunRecord {
  readonly pid: number;
  readonly port: number;
  readonly workerd: ProcessStamp | null;
}

const LOCK_WAIT_MS = 3_000;
const LOCK_POLL_MS = 100;

/** Takes STATE_DIR for this process alone and ends what a killed predecessor left running in it. Throws Refusal. */
export async function openStateDir(directory: string, port: number): Promise<StateDir> {
  const path = resolve(directory);
  try {
    await makeDirectories(path, 0o700);
  } catch (error) {
    throw new Refusal(`STATE_DIR ${path} cannot be created: ${String(error)}`);
  }
  const runFile = join(path, 'run.json');
  const lock = await acquireLock(path, runFile);
  const left = readRun(runFile)?.workerd ?? null;
  if (left !== null && isRunning(left) && !(await endProcess(left))) {
    lock.close();
    throw new Refusal(`workerd (process ${left.pid}), left by a run that was killed, does not end; end it by hand`);
  }
  const record = (workerd: ProcessStamp | null): void =>
    writePrivately(runFile, JSON.stringify({ pid: process.pid, port, workerd } satisfies RunRecord));
  record(null);
  return {
    path,
    recordWorkerd: record,
    release: () => {
      rmSync(runFile, { force: true });
      lock.close();
    },
  };
}

/** The root administrator's token: the given one, else the one kept in STATE_DIR, generated once. */
export function adminToken(state: StateDir, given: string | undefined): LocalSecret {
  if (given !== undefined && given !== '') return { value: given, path: null };
  const path = join(state.path, 'admin-token');
  if (!existsSync(path)) writePrivately(path, randomBytes(32).toString('base64url'));
  return { value: readSecret(path), path };
}

/**
 * The secrets that signing keys come from: the given ones. If none of them is enough by itself, a SEALING_KEY kept in STATE_DIR,
 * generated once, and the private JWK Set that an earlier release kept there.
 */
export function keySecrets(state: StateDir, env: Environment): Record<string, string> {
  const given = Object.fromEntries(
    ['SIGNING_KEYS', 'SIGNING_KEYS_NEXT', 'SEALING_KEY'].flatMap((name) => {
      const value = setting(env, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const [bundle, sealing] = [join(state.path, 'signing-keys.json'), join(state.path, 'sealing-key')];
  const isEnough = given['SIGNING_KEYS'] !== undefined || given['SEALING_KEY'] !== undefined;
  if (!isEnough && !existsSync(sealing)) writePrivately(sealing, randomBytes(SEALING_KEY_BYTES).toString('base64url'));
  return {
    ...(!isEnough && existsSync(bundle) ? { SIGNING_KEYS: readSecret(bundle) } : {}),
    // Keys that were sealed here before stay in use, also beside a bundle that is given now.
    ...(existsSync(sealing) ? { SEALING_KEY: readSecret(sealing) } : {}),
    ...given,
  };
}

/** Writes a file that only its owner can read, whole or not at all. */
export function writePrivately(path: string, text: string): void {
  const partial = `${path}.${process.pid}.tmp`;
  writeFileSync(partial, text, { mode: 0o600, flush: true });
  renameSync(partial, path);
}

function readSecret(path: string): string {
  chmodSync(path, 0o600);
  return readFileSync(path, 'utf8').trim();
}

/** A lock of the operating system, held through SQLite: it ends with the process, however that ends, so it is never stale. */
async function acquireLock(path: string, runFile: string): Promise<DatabaseSync> {
  const lock = new DatabaseSync(join(path, 'lock.sqlite'));
  for (let waited = 0; ; waited += LOCK_POLL_MS) {
    try {
      lock.exec('BEGIN EXCLUSIVE');
      return lock;
    } catch (error) {
      if (!String(error).includes('locked')) throw error;
      if (waited >= LOCK_WAIT_MS) break;
      await sleep(LOCK_POLL_MS);
    }
  }
  lock.close();
  const run = readRun(runFile);
  const holder =
    run !== null && findProcess(run.pid) !== null ? ` by process ${run.pid}, serving port ${run.port}` : '';
  throw new Refusal(`STATE_DIR ${path} is in use${holder}; stop that one, or set another STATE_DIR and PORT`);
}

function readRun(runFile: string): RunRecord | null {
  try {
    return JSON.parse(readFileSync(runFile, 'utf8')) as RunRecord;
  } catch {
    return null;
  }
}
