// Tells processes apart in a way that survives the reuse of a pid, and ends only one that is surely the one meant. Knows nothing of Cambist.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process: two with the same pid but another start are different ones. */
export interface ProcessStamp {
  readonly pid: number;
  readonly parentPid: number;
  readonly name: string;
  /** Opaque; equal only for the same process of the same boot. */
  readonly started: string;
}

const TERM_GRACE_MS = 1_500;
const KILL_GRACE_MS = 3_000;
const POLL_MS = 25;

/** All processes that can be seen; empty if the platform offers no way to list them without further tools (Windows). */
export function listProcesses(): readonly ProcessStamp[] {
  if (process.platform === 'linux') {
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .map((entry) => readProcfs(Number(entry)))
      .filter((stamp) => stamp !== null);
  }
  return process.platform === 'win32' ? [] : readPs(['-A']);
}

/** The process with this pid; null if there is none, or none can be seen. */
export function findProcess(pid: number): ProcessStamp | null {
  if (process.platform === 'linux') return readProcfs(pid);
  return process.platform === 'win32' ? null : (readPs(['-p', String(pid)])[0] ?? null);
}

/** True while exactly this process runs. */
export function isRunning(stamp: ProcessStamp): boolean {
  const now = findProcess(stamp.pid);
  return now !== null && now.started === stamp.started && now.name === stamp.name;
}

/** Ends exactly this process, gently and then not; true once it is gone. */
export async function endProcess(stamp: ProcessStamp): Promise<boolean> {
  for (const [signal, graceMs] of [
    ['SIGTERM', TERM_GRACE_MS],
    ['SIGKILL', KILL_GRACE_MS],
  ] as const) {
    if (!isRunning(stamp)) return true;
    try {
      process.kill(stamp.pid, signal);
    } catch {
      return !isRunning(stamp);
    }
    for (let waited = 0; waited < graceMs && isRunning(stamp); waited += POLL_MS) await sleep(POLL_MS);
  }
  return !isRunning(stamp);
}

let bootId: string | null = null;

function readProcfs(pid: number): ProcessStamp | null {
  try {
    bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const nameEnd = stat.lastIndexOf(')'); // the name may itself contain parentheses and spaces
    const fields = stat.slice(nameEnd + 2).split(' '); // from field 3, the state (proc_pid_stat(5))
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    const name = stat.slice(stat.indexOf('(') + 1, nameEnd);
    return { pid, parentPid: Number(fields[1]), name, started: `${bootId}/${fields[19]}` };
  } catch {
    return null;
  }
}

function readPs(selection: readonly string[]): readonly ProcessStamp[] {
  try {
    const text = execFileSync('ps', [...selection, '-o', 'pid=,ppid=,stat=,lstart=,comm='], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text
      .split('\n')
      .map((line) => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/.exec(line))
      .filter((match) => match !== null && !match[3]?.startsWith('Z'))
      .map((match) => ({
        pid: Number(match?.[1]),
        parentPid: Number(match?.[2]),
        name: match?.[5]?.split('/').at(-1) ?? '',
        started: match?.[4] ?? '',
      }));
  } catch {
    return [];
  }
}
