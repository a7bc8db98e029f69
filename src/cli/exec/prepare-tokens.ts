// Gets the tokens that a command runs with, puts them into variables and files, and revokes them at the end.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { revokeToken, TokenExchangeError } from '../../sdk/client/index.ts';
import type { ExchangedToken } from '../../sdk/client/index.ts';
import type { CommandContext } from '../command.ts';
import type { ExchangeSettings } from '../token/exchange-settings.ts';
import { machineClock } from '../agent/clock.ts';
import { keepFresh } from '../agent/keep-fresh.ts';
import type { News } from '../agent/keep-fresh.ts';
import { maskToken } from '../token/mask-token.ts';
import { writePrivateFile } from '../token/private-file.ts';
import { requestToken } from '../token/request-token.ts';
import { REVOKE_TIMEOUT_MS } from './limits.ts';
import type { Wishes } from './read-wishes.ts';

/** What was set up for the command, and how it is taken down again. */
export interface Setup {
  readonly variables: Record<string, string>;
  readonly issued: ExchangedToken[];
  /** In reverse order at the end; each may fail alone. */
  readonly takeDown: (() => Promise<unknown>)[];
}

/** Fills the setup with what the command was promised; what was begun is in it, also after a failure. */
export async function prepareTokens(
  context: CommandContext,
  settings: ExchangeSettings,
  wishes: Wishes,
  setup: Setup,
): Promise<void> {
  const { world, output } = context;
  const get = async (idTokenFor: readonly string[] | null): Promise<ExchangedToken> => {
    const token = await requestToken(world, settings, { idTokenFor });
    // Access tokens only: an ID token cannot be called back from the clouds that it was made for.
    if (idTokenFor === null) setup.issued.push(token);
    await maskToken(world, token.accessToken);
    return token;
  };
  const keep = async (path: string, idTokenFor: readonly string[] | null, first: ExchangedToken): Promise<void> => {
    setup.takeDown.push(async () => await rm(path, { force: true }));
    await writePrivateFile(path, first.accessToken);
    const over = new AbortController();
    const file = {
      obtain: async () => {
        const { accessToken: material, expiresIn } = await get(idTokenFor);
        return { material, expiresIn };
      },
      write: async (text: string) => await writePrivateFile(path, text),
      tell: toldAs(path, output.warn),
    };
    // Its end was reckoned from before it was asked for.
    const ageMs = Date.now() - (first.expiresAt.getTime() - first.expiresIn * 1000);
    const done = keepFresh(file, machineClock, over.signal, { expiresIn: first.expiresIn, ageMs });
    setup.takeDown.push(async () => {
      over.abort();
      await done;
    });
  };

  if (wishes.accessVariables.length > 0) {
    const token = await get(null);
    for (const name of wishes.accessVariables) setup.variables[name] = token.accessToken;
    setup.variables['CAMBIST_TOKEN_EXPIRES_AT'] = token.expiresAt.toISOString();
    if (wishes.accessFile !== undefined) {
      setup.variables['CAMBIST_TOKEN_FILE'] = wishes.accessFile;
      await keep(wishes.accessFile, null, token);
    } else setup.takeDown.push(warnAtExpiry(token, output.warn));
  }
  for (const { variable, audiences } of wishes.idTokens) setup.variables[variable] = (await get(audiences)).accessToken;
  if (wishes.idTokenFiles.length === 0) return;
  const directory = await mkdtemp(join(world.env['RUNNER_TEMP'] || tmpdir(), 'cambist-'));
  setup.takeDown.push(async () => await rm(directory, { recursive: true, force: true }));
  for (const { variable, audiences } of wishes.idTokenFiles) {
    const path = join(directory, variable);
    await keep(path, audiences, await get(audiences));
    setup.variables[variable] = path;
  }
}

/** What somebody should read of a file's news; the same trouble once. */
function toldAs(path: string, warn: (text: string) => void): (news: News) => void {
  let problem = '';
  return (news) => {
    if (news.kind === 'renewed') problem = '';
    else if (news.kind === 'expired') warn(`${path} has expired, and nothing newer could be had.`);
    else if (news.failure.message !== problem) {
      problem = news.failure.message;
      const until = news.expiresAt === null ? '' : ` It is good until ${news.expiresAt.toISOString()}.`;
      warn(`${path} could not be renewed: ${problem}${until}`);
    }
  };
}

/** A variable of a running command cannot be changed; saying so at the moment explains the 401 that follows. */
function warnAtExpiry({ expiresAt }: ExchangedToken, warn: (text: string) => void): () => Promise<void> {
  const timer = setTimeout(() => {
    warn('CAMBIST_TOKEN has expired. A command that takes longer reads a file: --file <path> is kept fresh.');
  }, expiresAt.getTime() - Date.now());
  return async () => {
    clearTimeout(timer);
    await Promise.resolve();
  };
}

/** Revokes the access tokens that are still good; one that cannot be revoked is a warning. */
export async function revokeTokens(
  { world, output }: CommandContext,
  { url }: ExchangeSettings,
  issued: readonly ExchangedToken[],
): Promise<void> {
  const good = issued.filter(({ expiresAt }) => expiresAt.getTime() > Date.now());
  await Promise.all(
    good.map(async ({ accessToken, expiresAt }) => {
      try {
        const send = async (to: string, init: RequestInit): Promise<Response> => await world.fetch(to, init);
        await revokeToken({ url, token: accessToken, fetch: send, timeoutMs: REVOKE_TIMEOUT_MS, retries: 1 });
      } catch (error) {
        if (!(error instanceof TokenExchangeError)) throw error;
        output.warn(`A token could not be revoked (${error.description}); it ends at ${expiresAt.toISOString()}.`);
      }
    }),
  );
}
