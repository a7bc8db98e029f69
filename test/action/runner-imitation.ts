// Runs the committed Action as a runner of GitHub does: its variables, its files, its rules for reading both; judges nothing.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ActionEnd {
  readonly code: number | null;
  /** What people see: masked values are `***`. */
  readonly log: string;
  /** Everything that was written, unmasked. */
  readonly raw: string;
  readonly masks: readonly string[];
  readonly annotations: readonly { readonly level: string; readonly text: string }[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly exported: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  readonly summary: string;
  /** Milliseconds from the start of the program to its end. */
  readonly tookMs: number;
}

export interface Job {
  /** RUNNER_TEMP and GITHUB_WORKSPACE. */
  readonly temp: string;
  readonly workspace: string;
  /** Runs `main` with these inputs. `interrupt` is called with what stops it as the runner does. */
  readonly main: (
    inputs: Readonly<Record<string, string>>,
    more?: Readonly<Record<string, string>>,
    interrupt?: (stop: () => void) => void,
  ) => Promise<ActionEnd>;
  /** Runs `post` after it. */
  readonly post: (
    before: ActionEnd,
    inputs?: Readonly<Record<string, string>>,
    more?: Readonly<Record<string, string>>,
  ) => Promise<ActionEnd>;
  readonly end: () => void;
}

/** A job with these variables besides the runner's own. */
export function startJob(variables: Readonly<Record<string, string>>): Job {
  const home = mkdtempSync(join(tmpdir(), 'cambist-action-'));
  const [temp, workspace] = [join(home, '_temp'), join(home, 'workspace')];
  mkdirSync(temp);
  mkdirSync(workspace);
  const own = { GITHUB_ACTIONS: 'true', RUNNER_TEMP: temp, GITHUB_WORKSPACE: workspace, HOME: home, ...variables };
  let runs = 0;
  const run = async (
    program: string,
    more: Readonly<Record<string, string>>,
    interrupt: (stop: () => void) => void = () => undefined,
  ): Promise<ActionEnd> => {
    const files = join(home, `files-${(runs += 1)}`);
    mkdirSync(files);
    const places = Object.fromEntries(
      ['OUTPUT', 'ENV', 'STATE', 'STEP_SUMMARY'].map((name) => [`GITHUB_${name}`, join(files, name)]),
    );
    for (const place of Object.values(places)) writeFileSync(place, '');
    const env: Record<string, string> = { ...own, ...places, ...more };
    const started = performance.now();
    const { code, raw } = await runProgram(program, env, workspace, interrupt);
    const tookMs = performance.now() - started;
    const read = (name: string): string => readFileSync(join(files, name), 'utf8');
    return {
      code,
      raw,
      tookMs,
      ...readLog(raw),
      outputs: readEntries(read('OUTPUT')),
      exported: readEntries(read('ENV')),
      state: readEntries(read('STATE')),
      summary: read('STEP_SUMMARY'),
    };
  };
  const named = (inputs: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]),
    );
  return {
    temp,
    workspace,
    main: async (inputs, more = {}, interrupt?) => await run('main', { ...named(inputs), ...more }, interrupt),
    post: async ({ state }, inputs = {}, more = {}) => {
      const kept = Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]);
      return await run('post', { ...named(inputs), ...more, ...Object.fromEntries(kept) });
    },
    end: () => rmSync(home, { recursive: true, force: true }),
  };
}

async function runProgram(
  program: string,
  env: Readonly<Record<string, string>>,
  cwd: string,
  interrupt: (stop: () => void) => void,
): Promise<{ code: number | null; raw: string }> {
  const path = join(process.cwd(), 'action/dist', `${program}.mjs`);
  const child = spawn(process.execPath, [path], { env: { ...env } as unknown as NodeJS.ProcessEnv, cwd });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => chunks.push(text));
  interrupt(() => child.kill('SIGINT'));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, raw: chunks.join('') };
}

const COMMAND = /^\s*::([\w-]+)((?: [^:]*)?)::(.*)$/;

/** Reads lines as the runner does: a mask counts from its own line on. */
export function readLog(raw: string): Pick<ActionEnd, 'log' | 'masks' | 'annotations'> {
  const [masks, shown]: [string[], string[]] = [[], []];
  const annotations: { level: string; text: string }[] = [];
  for (const line of raw.split('\n')) {
    const [, command = '', , data = ''] = COMMAND.exec(line) ?? [];
    const text = data.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
    if (command === 'add-mask') {
      masks.push(text);
      continue;
    }
    if (command === 'error' || command === 'warning') annotations.push({ level: command, text });
    shown.push(masks.reduce((masked, secret) => masked.replaceAll(secret, '***'), line));
  }
  return { log: shown.join('\n'), masks, annotations };
}

/** Reads an environment file: `NAME=value`, or `NAME<<DELIMITER`, lines, `DELIMITER`. Throws where the runner fails the step. */
export function readEntries(text: string): Record<string, string> {
  const entries: Record<string, string> = {};
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (line === '') continue;
    const [equals, heredoc] = [line.indexOf('='), line.indexOf('<<')];
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      entries[line.slice(0, equals)] = line.slice(equals + 1);
      continue;
    }
    if (heredoc <= 0) throw new Error(`Invalid format '${line}'`);
    const delimiter = line.slice(heredoc + 2);
    const end = lines.indexOf(delimiter, at + 1);
    if (end < 0) throw new Error(`Matching delimiter not found '${delimiter}'`);
    entries[line.slice(0, heredoc)] = lines.slice(at + 1, end).join('\n');
    at = end;
  }
  return entries;
}
