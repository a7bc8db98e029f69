// `cambist exec` itself: the engine of the agent around one command, with tokens in variables, and what people read.

import { rm } from 'node:fs/promises';

import { machineClock } from '../agent/clock.ts';
import { serveHealth } from '../agent/health.ts';
import type { FileHealth, HealthServer } from '../agent/health.ts';
import type { News } from '../agent/keep-fresh.ts';
import { createKeeper, failureOf } from '../agent/keep-outputs.ts';
import type { FirstWritten, Keeper } from '../agent/keep-outputs.ts';
import { END_GRACE_MS, LONGEST_END_MS } from '../agent/limits.ts';
import type { WantedOutput } from '../agent/read-outputs.ts';
import type { CommandContext } from '../command.ts';
import { CliFailure } from '../failure.ts';
import type { ExchangedToken } from '../../sdk/client/index.ts';
import { maskToken } from '../token/mask-token.ts';
import { requestToken } from '../token/request-token.ts';
import { rememberTokens } from './issued-tokens.ts';
import { holdSignals, runChild, signalCode } from './run-child.ts';
import type { Wishes } from './read-wishes.ts';

/** The exit code of the command. Throws a CliFailure if it was not started; everything is taken down again in any case. */
export async function runExec(context: CommandContext, wishes: Wishes): Promise<number> {
  const { world, output } = context;
  const issued = rememberTokens();
  const [over, cutOff] = [new AbortController(), new AbortController()];
  let grace: NodeJS.Timeout | undefined;
  const cutOffSoon = (): void => {
    // A token that is just being given has to arrive, or nobody could revoke it.
    grace ??= setTimeout(() => cutOff.abort(), END_GRACE_MS);
  };
  const signals = holdSignals((signal) => {
    cutOffSoon();
    // A platform that is slow to give an ID token does not hold up the end.
    setTimeout(() => process.exit(process.exitCode ?? signalCode(signal)), LONGEST_END_MS).unref();
  });
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
    const prepared = await Promise.race([
      prepare(context, wishes, keeper, { hearToken: issued.add, signal: cutOff.signal }),
      abortOf(cutOff.signal),
    ]).catch((error: unknown) => {
      // What was cut off fails, and that is no news.
      if (signals.early() === null || !(error instanceof CliFailure)) throw error;
      return null;
    });
    if (prepared === null) return signalCode(signals.early() ?? 'SIGTERM');
    const { variables, endOfVariable } = prepared;
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
    cutOffSoon();
    server?.close();
    await Promise.all([kept, keeper.end()]);
    clearTimeout(grace);
    await keeper.removeFiles();
    await rm(wishes.directory, { recursive: true, force: true }).catch((error: NodeJS.ErrnoException) => {
      output.warn(`${wishes.directory} could not be removed (${error.code ?? 'unknown reason'}).`);
    });
    if (wishes.revokes) await issued.revoke(wishes.settings.url, context);
    signals.release();
  }
}

interface Prepared {
  readonly variables: Readonly<Record<string, string>>;
  /** When the token of a variable ends that is in no file; null if there is none. */
  readonly endOfVariable: Date | null;
}

interface Hearing {
  readonly hearToken: (token: ExchangedToken) => void;
  /** Ends what is being asked for. */
  readonly signal: AbortSignal;
}

/** Gets all that the command was promised. Throws a CliFailure if a part of it cannot be had. */
async function prepare(
  { world, output }: CommandContext,
  { accessVariables, accessFile, idTokens, fileVariables, outputs, variableSettings }: Wishes,
  keeper: Keeper,
  { hearToken, signal }: Hearing,
): Promise<Prepared> {
  const variables = Object.fromEntries(fileVariables.map(({ variable, path }) => [variable, path]));
  const handOver = (token: string, expiresAt: Date): void => {
    for (const name of accessVariables) variables[name] = token;
    variables['CAMBIST_TOKEN_EXPIRES_AT'] = expiresAt.toISOString();
  };
  let endOfVariable: Date | null = null;
  if (accessVariables.length > 0 && accessFile === undefined) {
    const { accessToken, expiresAt } = await requestToken(world, variableSettings, { idTokenFor: null, signal }).then(
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
    const { accessToken } = await requestToken(world, variableSettings, { idTokenFor: audiences, signal });
    await maskToken(world, accessToken);
    variables[variable] = accessToken;
  }
  const tell = (failure: CliFailure): void => void (signal.aborted || output.failure(failure));
  const written = await writeAll(outputs, keeper, tell);
  const atFile = written[outputs.findIndex(({ type, path }) => type === 'token' && path === accessFile)];
  if (atFile !== undefined) handOver(atFile.files[0]?.text ?? '', atFile.expiresAt);
  return { variables, endOfVariable };
}

/** Resolves with null once the signal says so. */
async function abortOf(signal: AbortSignal): Promise<null> {
  return await new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
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
