// `cambist exec` itself: the engine of the agent around one command, with tokens in variables, and what people read.

import { rm } from 'node:fs/promises';

import { machineClock } from '../agent/clock.ts';
import { serveHealth } from '../agent/health.ts';
import type { FileHealth, HealthServer } from '../agent/health.ts';
import type { News } from '../agent/keep-fresh.ts';
import { createKeeper, failureOf } from '../agent/keep-outputs.ts';
import type { FirstWritten, Keeper } from '../agent/keep-outputs.ts';
import { END_GRACE_MS } from '../agent/limits.ts';
import type { WantedOutput } from '../agent/read-outputs.ts';
import type { CommandContext } from '../command.ts';
import { CliFailure } from '../failure.ts';
import type { ExchangedToken } from '../../sdk/client/index.ts';
import { maskToken } from '../token/mask-token.ts';
import { requestToken } from '../token/request-token.ts';
import { rememberTokens } from './issued-tokens.ts';
import { holdSignals, runChild } from './run-child.ts';
import type { Wishes } from './read-wishes.ts';

/** The exit code of the command. Throws a CliFailure if it was not started; everything is taken down again in any case. */
export async function runExec(context: CommandContext, wishes: Wishes): Promise<number> {
  const { world, output } = context;
  const signals = holdSignals();
  const issued = rememberTokens();
  const [over, cutOff] = [new AbortController(), new AbortController()];
  let child: ((signal: NodeJS.Signals) => void) | undefined;
  const keeper = createKeeper(wishes.outputs, {
    settings: wishes.settings,
    world,
    output,
    clock: machineClock,
    isOver: over.signal,
    isCutOff: cutOff.signal,
    tell: tellOn(output.warn),
    hearToken: issued.add,
    signalChild: (signal) => child?.(signal),
  });
  let server: HealthServer | null = null;
  let kept: Promise<void> = Promise.resolve();
  let expiry: NodeJS.Timeout | undefined;
  try {
    const { variables, endOfVariable } = await prepare(context, wishes, keeper, issued.add);
    if (endOfVariable !== null) expiry = warnAtExpiry(endOfVariable, output.warn);
    if (wishes.listen !== undefined) server = await serveHealth(wishes.listen, keeper.health);
    kept = keeper.keep().catch((error: unknown) => {
      // The command goes on, and what was set up for it is taken down at its end all the same.
      output.warn(
        `A bug in cambist: no file is renewed any more (${error instanceof Error ? error.message : 'unknown'}).`,
      );
    });
    const health = server === null ? {} : { CAMBIST_HEALTH_URL: server.url };
    const env = { ...world.env, ...variables, ...health };
    return await runChild(wishes.command, wishes.arguments, env, signals, (send) => (child = send));
  } finally {
    clearTimeout(expiry);
    over.abort();
    // A token that is just being given has to arrive, or nobody could revoke it.
    const grace = setTimeout(() => cutOff.abort(), END_GRACE_MS);
    server?.close();
    await Promise.all([kept, keeper.end()]);
    clearTimeout(grace);
    await keeper.removeFiles();
    await rm(wishes.directory, { recursive: true, force: true });
    if (wishes.revokes) await issued.revoke(wishes.settings.url, context);
    signals.release();
  }
}

interface Prepared {
  readonly variables: Readonly<Record<string, string>>;
  /** When the token of a variable ends that is in no file; null if there is none. */
  readonly endOfVariable: Date | null;
}

/** Gets all that the command was promised. Throws a CliFailure if a part of it cannot be had. */
async function prepare(
  { world, output }: CommandContext,
  { accessVariables, accessFile, idTokens, fileVariables, outputs, variableSettings }: Wishes,
  keeper: Keeper,
  hearToken: (token: ExchangedToken) => void,
): Promise<Prepared> {
  const variables = Object.fromEntries(fileVariables.map(({ variable, path }) => [variable, path]));
  const handOver = (token: string, expiresAt: Date): void => {
    for (const name of accessVariables) variables[name] = token;
    variables['CAMBIST_TOKEN_EXPIRES_AT'] = expiresAt.toISOString();
  };
  let endOfVariable: Date | null = null;
  if (accessVariables.length > 0 && accessFile === undefined) {
    const { accessToken, expiresAt } = await requestToken(world, variableSettings, { idTokenFor: null }).then(
      (token) => {
        // Remembered before anything can fail that comes after it.
        hearToken(token);
        return token;
      },
    );
    await maskToken(world, accessToken);
    handOver(accessToken, expiresAt);
    endOfVariable = expiresAt;
  }
  for (const { variable, audiences } of idTokens) {
    const { accessToken } = await requestToken(world, variableSettings, { idTokenFor: audiences });
    await maskToken(world, accessToken);
    variables[variable] = accessToken;
  }
  const written = await writeAll(outputs, keeper, output.failure);
  const atFile = written[outputs.findIndex(({ type, path }) => type === 'token' && path === accessFile)];
  if (atFile !== undefined) handOver(atFile.files[0]?.text ?? '', atFile.expiresAt);
  return { variables, endOfVariable };
}

/** Writes every output, at the same time. Throws the last failure once all have ended, and tells the ones before it. */
async function writeAll(
  outputs: readonly WantedOutput[],
  keeper: Keeper,
  tell: (failure: CliFailure) => void,
): Promise<readonly (FirstWritten | undefined)[]> {
  const ends = await Promise.allSettled(outputs.map(async (_, index) => await keeper.writeFirst(index)));
  const failures = ends.flatMap((end, index) => {
    const wanted = outputs[index];
    if (end.status === 'fulfilled' || wanted === undefined) return [];
    const reason: unknown = end.reason;
    if (!(reason instanceof CliFailure)) throw reason;
    return [failureOf(wanted, reason)];
  });
  const last = failures.pop();
  for (const failure of failures) tell(failure);
  if (last !== undefined) throw last;
  return ends.map((end) => (end.status === 'fulfilled' ? (end.value ?? undefined) : undefined));
}

/** What somebody should read of an output's news, on stderr: stdout is the command's. The same trouble is told once. */
function tellOn(warn: (text: string) => void): (wanted: WantedOutput, news: News, before: FileHealth) => void {
  return ({ path }, news, before) => {
    if (news.kind === 'expired') warn(`${path} has expired, and nothing newer could be had.`);
    else if (news.kind === 'failed' && news.failure.message !== before.problem) {
      const until = news.expiresAt === null ? '' : ` It is good until ${news.expiresAt.toISOString()}.`;
      warn(`${path} could not be renewed: ${news.failure.message}${until}`);
    }
  };
}

/** A variable of a running command cannot be changed; saying so at the moment explains the 401 that follows. */
function warnAtExpiry(expiresAt: Date, warn: (text: string) => void): NodeJS.Timeout {
  return setTimeout(() => {
    warn('CAMBIST_TOKEN has expired. A command that takes longer reads a file: --file <path> is kept fresh.');
  }, expiresAt.getTime() - Date.now());
}
