// Runs the templates' scripts as their platforms do: with the shell, the variables and the programs that a job has there; judges nothing.

import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { parseAllDocuments, parse } from 'yaml';

export type Values = Readonly<Record<string, string>>;

export interface JobEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The arguments of every curl. */
  readonly curls: string;
  /** What the platform was told to hide in the log. */
  readonly redacted: string;
  /** Of the directory that the job shares with its later parts. */
  readonly shared: string;
}

export interface Platform {
  readonly name: string;
  /** Runs `script` with a token for these inputs. */
  readonly run: (
    inputs: Values,
    script: string,
    idToken: string,
    shell?: readonly string[],
    more?: Values,
  ) => Promise<JobEnd>;
}

/** What a job does with its token in these tests; it says which it had. */
export const USE_TOKEN = 'printf "%s" "$ACCESS_TOKEN" > "$SHARED/seen"';

interface Described {
  readonly default?: string;
}

/** What a runner of GitLab puts before a job's own lines. */
const PREAMBLE = 'if set -o | grep pipefail > /dev/null; then set -o pipefail; fi; set -o errexit; set +o noclobber';

const gitlab: Platform = {
  name: 'GitLab',
  run: async (inputs, script, idToken, shell = ['sh'], more = {}) => {
    const [header, body] = parseAllDocuments(readFileSync('templates/token/template.yml', 'utf8')).map(
      (document) => document.toJS() as Record<string, Record<string, unknown>>,
    );
    const described = header?.['spec']?.['inputs'] as Readonly<Record<string, Described>>;
    const valueOf = (name: string): string => inputs[name] ?? described[name]?.default ?? '';
    const filled = (text: string): string =>
      text.replaceAll(/\$\[\[ inputs\.([\w-]+) \]\]/g, (_, name: string) => valueOf(name));
    const job = body?.['$[[ inputs.job ]]'] ?? {};
    const variables = Object.fromEntries(
      Object.entries(job['variables'] as Values).map(([variable, value]) => [variable, filled(value)]),
    );
    // A runner writes all parts into one script, and evaluates that in a pipeline.
    const text = [...(job['before_script'] as string[]), script].join('\n');
    return await runJob(
      [...shell, '-c', `${PREAMBLE}\n: | eval "$JOB"\nexit 0`],
      { ...variables, JOB: text, CAMBIST_ID_TOKEN: idToken, GITLAB_CI: 'true', ...more },
      idToken,
    );
  },
};

interface OrbStep {
  readonly run: { readonly command: string; readonly environment: Values };
}
interface Orb {
  readonly commands: Readonly<
    Record<string, { readonly parameters: Readonly<Record<string, Described>>; readonly steps: readonly OrbStep[] }>
  >;
}

const circleci: Platform = {
  name: 'CircleCI',
  run: async (inputs, script, idToken, shell = ['bash']) => {
    const { commands } = parse(readFileSync('templates/circleci/orb.yml', 'utf8')) as Orb;
    const { parameters = {}, steps = [] } = commands['run'] ?? {};
    const given: Values = { ...inputs, command: script };
    const filled = (text: string): string =>
      text.replaceAll(
        /<< parameters\.([\w-]+) >>/g,
        (_, name: string) => given[name] ?? parameters[name]?.default ?? '',
      );
    const { command = '', environment = {} } = steps[0]?.run ?? {};
    const variables = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, filled(value)]));
    return await runJob(
      [...shell, '-eo', 'pipefail', '-c', filled(command)],
      { ...variables, CIRCLECI: 'true' },
      idToken,
    );
  },
};

const buildkite: Platform = {
  name: 'Buildkite',
  run: async (inputs, script, idToken, shell = ['bash']) => {
    const variables = Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => [
        `BUILDKITE_PLUGIN_CAMBIST_${name.toUpperCase().replaceAll('-', '_')}`,
        value,
      ]),
    );
    const hooks = resolve('templates/buildkite/hooks');
    // The agent sources a hook, runs the command with what it exported, and ends with pre-exit whatever happened.
    const job = `. ${hooks}/environment\nstatus=0\nsh -e -c "$COMMAND" || status=$?\n. ${hooks}/pre-exit\nexit $status`;
    return await runJob([...shell, '-c', job], { ...variables, COMMAND: script, BUILDKITE: 'true' }, idToken);
  },
};

const bitbucket: Platform = {
  name: 'Bitbucket',
  run: async (inputs, script, idToken, shell = ['sh']) => {
    const variables = Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => [name.toUpperCase().replaceAll('-', '_'), value]),
    );
    // The pipe is a program of its own; a later line of the step reads what it left.
    const later = `set -e\nACCESS_TOKEN=$(cat "$BITBUCKET_CLONE_DIR/.cambist-token")\n${script}`;
    // The repository has a link where the token goes: what is written through it is lost.
    const clone = 'ln -s /dev/full "$BITBUCKET_CLONE_DIR/.cambist-token"';
    const job = `${clone}\n${shell.join(' ')} ${resolve('templates/bitbucket/pipe.sh')} || exit $?\n${later}`;
    return await runJob(['sh', '-c', job], { ...variables, BITBUCKET_STEP_OIDC_TOKEN: idToken }, idToken);
  },
};

export const PLATFORMS: readonly Platform[] = [gitlab, circleci, buildkite, bitbucket];

async function runJob(command: readonly string[], variables: Values, idToken: string): Promise<JobEnd> {
  const home = mkdtempSync(join(tmpdir(), 'cambist-pipeline-'));
  const [bin, shared] = [join(home, 'bin'), join(home, 'shared')];
  mkdirSync(bin);
  mkdirSync(shared);
  const program = (name: string, text: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  const { PATH = '' } = process.env as Record<string, string | undefined>;
  program('curl', `printf '%s\\n' "$*" >> "$HOME/curls"\nPATH='${PATH}' exec curl "$@"`);
  program('circleci', 'test "$1 $2 $3" = "run oidc get" && test -n "$ID_TOKEN" && printf "%s" "$ID_TOKEN"');
  program(
    'buildkite-agent',
    'case "$1 $2" in "oidc request-token") test -n "$ID_TOKEN" && printf "%s" "$ID_TOKEN" ;; "redactor add") cat >> "$HOME/redacted" && echo >> "$HOME/redacted" ;; *) exit 1 ;; esac',
  );
  const [file = 'sh', ...args] = command;
  const env = {
    PATH: `${bin}:${PATH}`,
    HOME: home,
    SHARED: shared,
    BITBUCKET_CLONE_DIR: shared,
    ID_TOKEN: idToken,
    ...variables,
  };
  const child = spawn(file, args, { cwd: home, env: env as unknown as NodeJS.ProcessEnv });
  const [stdout, stderr]: [string[], string[]] = [[], []];
  child.stdout.setEncoding('utf8').on('data', (text: string) => stdout.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.push(text));
  const code = await new Promise<number | null>((done, reject) => {
    child.once('error', reject);
    child.once('close', done);
  });
  const read = (path: string): string => {
    try {
      return readFileSync(join(home, path), 'utf8');
    } catch {
      return '';
    }
  };
  const end = { curls: read('curls'), redacted: read('redacted'), shared: read('shared/seen') };
  rmSync(home, { recursive: true, force: true });
  return { code, stdout: stdout.join(''), stderr: stderr.join(''), ...end };
}
