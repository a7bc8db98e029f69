// Asks the platform for what makes a rule tighter, and reads a file of keys; knows no platform.

import { readFile } from 'node:fs/promises';

import type { LocalJwks } from '../../objects/identity-provider.ts';
import { PlatformFailure } from '../../platforms/failure.ts';
import { NOTHING_FOUND, parseJwks } from '../../platforms/look-up.ts';
import type { ApiAnswer, LookUpAnswer, LookUpQuestion } from '../../platforms/look-up.ts';
import type { Recipe } from '../../platforms/recipe.ts';
import { isJsonObject } from '../../token/json.ts';
import type { World } from '../command.ts';
import { CliFailure, usageFailure } from '../failure.ts';
import { LOOKUP_TIMEOUT_MS } from '../limits.ts';
import type { Answer } from '../send.ts';

/** Looks up what the recipe's platform knows of the workload. Throws a CliFailure. */
export async function lookUpPlatform(
  recipe: Recipe,
  world: World,
  question: Pick<LookUpQuestion, 'variables' | 'variant' | 'wantsIds'>,
): Promise<LookUpAnswer> {
  try {
    const given = await readLocalJwks(question.variables.get('jwks'));
    const [{ EVERY_LOOK_UP }, { realSystem }] = await Promise.all([
      import('../../platforms/every-look-up.ts'),
      import('../sources/real-system.ts'),
    ]);
    const lookUp = EVERY_LOOK_UP[recipe.preset];
    if (lookUp === undefined) return { ...NOTHING_FOUND, localJwks: given };
    const answer = await lookUp({
      ...question,
      hasKeys: given !== null,
      system: realSystem(world),
      askApi: async (url, token) => await askApi(world, url, token),
    });
    return { ...answer, localJwks: given ?? answer.localJwks };
  } catch (error) {
    if (!(error instanceof PlatformFailure)) throw error;
    const { message, next, code } = error;
    throw code === 'usage'
      ? usageFailure(message, next)
      : new CliFailure(message, { code, ...(next === undefined ? {} : { next }) });
  }
}

async function readLocalJwks(file: string | undefined): Promise<LocalJwks | null> {
  if (file === undefined) return null;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    throw usageFailure(`The file of keys ${file} cannot be read.`);
  }
  return parseJwks(text, file);
}

/** GETs a JSON object. No answer is an answer, never a failure. */
async function askApi(
  world: World,
  url: string,
  token: { readonly header: string; readonly value: string } | null,
): Promise<ApiAnswer> {
  try {
    const signal = AbortSignal.timeout(LOOKUP_TIMEOUT_MS);
    const get = async (from: string): Promise<Answer> =>
      await world.fetch(from, {
        headers: {
          accept: 'application/json',
          'user-agent': 'cambist-cli',
          ...(token === null ? {} : { [token.header]: token.value }),
        },
        redirect: 'manual',
        signal,
      });
    let response = await get(url);
    // What was renamed is elsewhere at the same host; the token goes to no other.
    const moved = URL.parse(response.headers.get('location') ?? '', url);
    if (response.status >= 300 && response.status < 400 && moved?.origin === new URL(url).origin)
      response = await get(moved.href);
    const text = await response.text();
    if (!response.ok) return { ok: false, reason: `it answered ${response.status}` };
    const body: unknown = JSON.parse(text);
    return isJsonObject(body) ? { ok: true, body } : { ok: false, reason: 'its answer is no object' };
  } catch (error) {
    return { ok: false, reason: error instanceof SyntaxError ? 'its answer is not JSON' : 'it cannot be reached' };
  }
}
