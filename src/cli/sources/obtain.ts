// Gets the workload's ID token from the source that was detected; knows nothing of what it is exchanged for.

import { askPlatform, tryRepeatedly } from './ask-platform.ts';
import { detectSources } from './detect.ts';
import type { Detection } from './detect.ts';
import { quoteComplaint, sourceFailure } from './failure.ts';
import { isCompactJwt, readClaims } from './jwt.ts';
import { resolvePath, tokensInFiles, tokensInVariables } from './matching-tokens.ts';
import { SOURCE_NAMES } from '../../platforms/sources.ts';
import type { MatchingToken } from './matching-tokens.ts';
import type { Facts, Source, Surroundings, Way } from './source.ts';

export interface ObtainedToken {
  readonly token: string;
  readonly source: Source;
  /** What to do where the service does not accept the audience; null where the token has the one that was asked for. */
  readonly audienceAdvice: string | null;
}

/** A new ID token of this workload. Throws a CliFailure that names what is missing. */
export async function obtainIdToken(surroundings: Surroundings, facts: Facts, only?: string): Promise<ObtainedToken> {
  const detection = await detectSources(surroundings, facts, only);
  const { chosen } = detection;
  if (chosen === null || chosen.way === null) throw nothingFound(detection, only);
  const { source, way } = chosen;
  const token = (await takeToken(surroundings, facts, source.title, way)).trim();
  if (!isCompactJwt(token)) {
    throw sourceFailure(
      'not_a_token',
      token === ''
        ? `${source.title} answered without an ID token.`
        : `What ${source.title} answered is no ID token: ${quoteComplaint(token)}`,
    );
  }
  return { token, source, audienceAdvice: adviceAbout(token, source, facts) };
}

async function takeToken(surroundings: Surroundings, facts: Facts, title: string, way: Way): Promise<string> {
  switch (way.from) {
    case 'variable':
      return facts.variables[way.variable] ?? '';
    case 'matching-variable':
      return onlyOne(tokensInVariables(facts), facts);
    case 'file':
      return await readTokenFile(surroundings, resolvePath(way.path, facts.variables) ?? '');
    case 'matching-file':
      return (await tokensInFiles(surroundings, facts, way.paths))[0]?.token ?? '';
    case 'request': {
      const { text } = await askPlatform(surroundings, title, way.request(facts));
      return way.answer === 'text' ? text : memberOf(text, way.answer.member);
    }
    case 'program':
      return await runProgram(surroundings, title, way.program, way.arguments(facts));
    case 'spiffe':
      return await tryRepeatedly(surroundings, title, async () => {
        return await surroundings.fetchJwtSvid(facts.variables['SPIFFE_ENDPOINT_SOCKET'] ?? '', facts.audience);
      });
    case 'aws': {
      const { fetchAwsWebIdentityToken } = await import('./aws-web-identity.ts');
      return await fetchAwsWebIdentityToken(surroundings, facts.audience);
    }
  }
}

/** A member of a JSON object where it is a string; never the word "null". */
function memberOf(text: string, member: string): string {
  try {
    const value = (JSON.parse(text) as Readonly<Record<string, unknown>> | null)?.[member];
    return typeof value === 'string' ? value : '';
  } catch {
    return text;
  }
}

function onlyOne(tokens: readonly MatchingToken[], { audience }: Facts): string {
  if (new Set(tokens.map(({ token }) => token)).size > 1) {
    throw sourceFailure(
      'source_ambiguous',
      `Several variables hold an ID token for ${audience}: ${tokens.map(({ place }) => place).join(', ')}.`,
      `Say which one: --source env:${tokens[0]?.place}`,
    );
  }
  return tokens[0]?.token ?? '';
}

async function readTokenFile(surroundings: Surroundings, path: string): Promise<string> {
  const text = await surroundings.readText(path);
  if (text !== null) return text;
  throw sourceFailure('source_incomplete', `The ID token's file ${path} cannot be read.`);
}

async function runProgram(
  surroundings: Surroundings,
  title: string,
  program: string,
  args: readonly string[],
): Promise<string> {
  const { code, stdout, stderr } = await surroundings.run(program, args);
  if (code === 0) return stdout;
  throw sourceFailure(
    'platform_refused',
    `${title} refused to give an ID token: ${program}: ${quoteComplaint(stderr)}`,
  );
}

function adviceAbout(token: string, { audienceAdvice }: Source, facts: Facts): string | null {
  const audiences = readClaims(token)?.audiences ?? [];
  if (audiences.includes(facts.audience)) return null;
  const has = audiences.length === 0 ? 'has no audience' : `is for ${audiences.join(', ')}`;
  return `The ID token ${has}, not for ${facts.audience}${audienceAdvice === null ? '' : `: ${audienceAdvice(facts)}`}.`;
}

function nothingFound({ blockedBy, findings, probed }: Detection, only: string | undefined): Error {
  const finding = blockedBy ?? findings[0];
  if (finding !== undefined) {
    const { source, missing, fix } = finding;
    const machine =
      source.layer === 'job' && only === undefined
        ? '\nTo use the identity of the machine instead, name it with --source.'
        : '';
    return sourceFailure(
      'source_incomplete',
      `${source.title}: ${missing ?? 'no ID token'}.`,
      `${fix ?? ''}${machine}`.trim(),
    );
  }
  return sourceFailure(
    'no_source',
    only === undefined
      ? `Nothing here gives an ID token${probed ? ', and no metadata service answers' : ''}.`
      : `The source ${only} gives no ID token here: none of its signs is there.`,
    `Set CAMBIST_ID_TOKEN or CAMBIST_ID_TOKEN_FILE, or name a source: --source ${SOURCE_NAMES.slice(0, 4).join('|')}|…\n` +
      '`cambist detect` shows what was found.',
  );
}
