// Gets the tokens that a command runs with, puts them into variables and files, and revokes them at the end.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { revokeToken, TokenExchangeError } from '../../sdk/client/index.ts';
import type { ExchangedToken } from '../../sdk/client/index.ts';
import type { CommandContext } from '../command.ts';
import type { ExchangeSettings } from '../token/exchange-settings.ts';
import { maskToken } from '../token/mask-token.ts';
import { writePrivateFile } from '../token/private-file.ts';
import { requestToken } from '../token/request-token.ts';
import { keepFresh } from './keep-fresh.ts';
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
  const keep = async (path: string, first: ExchangedToken, idTokenFor: readonly string[] | null): Promise<void> => {
    setup.takeDown.push(async () => await rm(path, { force: true }));
    await writePrivateFile(path, first.accessToken);
    const renew = async (): Promise<ExchangedToken> => {
      const next = await get(idTokenFor);
      await writePrivateFile(path, next.accessToken);
      return next;
    };
    setup.takeDown.push(keepFresh({ name: path, renew }, first, output.warn));
  };

  if (wishes.accessVariables.length > 0) {
    const token = await get(null);
    for (const name of wishes.accessVariables) setup.variables[name] = token.accessToken;
    setup.variables['CAMBIST_TOKEN_EXPIRES_AT'] = token.expiresAt.toISOString();
    if (wishes.accessFile !== undefined) {
      setup.variables['CAMBIST_TOKEN_FILE'] = wishes.accessFile;
      await keep(wishes.accessFile, token, null);
    } else setup.takeDown.push(warnAtExpiry(token, output.warn));
  }
  for (const { variable, audiences } of wishes.idTokens) setup.variables[variable] = (await get(audiences)).accessToken;
  if (wishes.idTokenFiles.length === 0) return;
  const directory = await mkdtemp(join(world.env['RUNNER_TEMP'] || tmpdir(), 'cambist-'));
  setup.takeDown.push(async () => await rm(directory, { recursive: true, force: true }));
  for (const { variable, audiences } of wishes.idTokenFiles) {
    const path = join(directory, variable);
    await keep(path, await get(audiences), audiences);
    setup.variables[variable] = path;
  }
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
