// Has the CI platform hide a token in its logs, before anything else is printed; if a platform cannot, does nothing.

import { spawn } from 'node:child_process';

import type { World } from '../command.ts';

/** Milliseconds for Buildkite's agent to take a secret. */
const REDACTOR_TIMEOUT_MS = 10_000;

/**
 * Masks the token: on stderr, which GitHub, Forgejo and Azure DevOps read for commands as they do stdout, so that
 * `$(cambist token)` holds the token only.
 */
export async function maskToken(world: World, token: string): Promise<void> {
  const { env, stderr } = world;
  if (env['GITHUB_ACTIONS'] === 'true') stderr.write(`::add-mask::${token}\n`);
  else if (env['TF_BUILD']?.toLowerCase() === 'true') stderr.write(`##vso[task.setsecret]${token}\n`);
  else if (env['BUILDKITE'] === 'true' && !(await addToRedactor(env, token)))
    stderr.write('⚠ The Buildkite agent did not take the token to redact it: keep it out of the log.\n');
}

/** For a helper, whose stderr a tool may write to a log: hides the token only if a platform takes it without a print. */
export async function redactToken({ env }: World, token: string): Promise<void> {
  if (env['BUILDKITE'] === 'true') await addToRedactor(env, token);
}

/** Over stdin: a command line can be read by every user of the machine. */
async function addToRedactor(env: World['env'], token: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const agent = spawn('buildkite-agent', ['redactor', 'add'], {
      env: Object.fromEntries(Object.entries(env)) as NodeJS.ProcessEnv,
      stdio: ['pipe', 'ignore', 'ignore'],
      timeout: REDACTOR_TIMEOUT_MS,
    });
    agent.once('error', () => resolve(false));
    agent.once('exit', (code) => resolve(code === 0));
    agent.stdin.once('error', () => resolve(false));
    agent.stdin.end(token);
  });
}
