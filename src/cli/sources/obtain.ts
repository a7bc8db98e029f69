// Gets the workload's ID token from the source that was detected; knows nothing of what it is exchanged for.

import { askPlatform, tryRepeatedly } from './ask-platform.ts';
import { detectSources } from './detect.ts';
import type { Detection } from './detect.ts';
import { PlatformFailure, quoteComplaint } from '../../platforms/failure.ts';
import { CliFailure } from '../failure.ts';
import { sourceFailure } from './failure.ts';
import { isCompactJwt, readClaims } from './jwt.ts';
import { MAX_ID_TOKEN_CHARS } from './limits.ts';
import { resolvePath, tokensInFiles, tokensInVariables } from './matching-tokens.ts';
import { SOURCE_NAMES } from './known-sources.ts';
import type { MatchingToken } from './matching-tokens.ts';
import type { SourceContext, Source, System, TokenOrigin } from '../../platforms/source.ts';

export interface ObtainedToken {
  readonly token: string;
  readonly source: Source;
  /** What to do if the service does not accept the audience; null if the token has the one that was asked for. */
  readonly audienceAdvice: string | null;
}

/** A new ID token of this workload. Throws a CliFailure that names what is missing. */
export async function obtainIdToken(system: System, context: SourceContext, only?: string): Promise<ObtainedToken> {
  const detection = await detectSources(system, context, only);
  const { chosen } = detection;
  if (chosen === null || chosen.origin === null) throw nothingFound(detection, only);
  const { source, origin } = chosen;
  if (origin.from === 'variable' && (system.variables[origin.variable] ?? '') === '')
    throw sourceFailure(
      'source_incomplete',
      `The variable ${origin.variable} is not set.`,
      '`--source env:NAME` reads the ID token from the variable NAME.',
    );
  const token = (await takeToken(system, context, source.title, origin).catch(shown)).trim();
  if (!isCompactJwt(token)) {
    throw sourceFailure(
      'not_a_token',
      token === ''
        ? `${source.title} answered without an ID token.`
        : HOLDERS.has(origin.from)
          ? `What ${source.title} holds is no ID token: ${shapeOf(token)}. It is not repeated here.`
          : `What ${source.title} answered is no ID token: ${quoteComplaint(token)}`,
    );
  }
  return { token, source, audienceAdvice: adviceAbout(token, source, context) };
}

/** Places that hold what somebody put there: if it is another secret, a log must not get it. */
const HOLDERS: ReadonlySet<TokenOrigin['from']> = new Set(['variable', 'matching-variable', 'file', 'matching-file']);

/** What a text is that is no JWT, in words that quote nothing of it. */
function shapeOf(text: string): string {
  if (text.length > MAX_ID_TOKEN_CHARS) return `it has more than ${MAX_ID_TOKEN_CHARS} characters`;
  if (/^[{[]/.test(text)) return 'it is JSON, and the token may be a member of it';
  const words = text.split(/\s+/);
  if (words.length > 1 && words.some(isCompactJwt)) return 'there is something beside the token';
  return `it is not three parts with dots between them, but ${words.length === 1 ? `a word of ${text.length} characters` : `${words.length} words`}`;
}

/** A platform's own part fails in its own words. */
function shown(error: unknown): never {
  if (!(error instanceof PlatformFailure)) throw error;
  const { message, next, code } = error;
  throw new CliFailure(message, { code, ...(next === undefined ? {} : { next }) });
}

async function takeToken(system: System, context: SourceContext, title: string, origin: TokenOrigin): Promise<string> {
  switch (origin.from) {
    case 'variable':
      return context.variables[origin.variable] ?? '';
    case 'matching-variable':
      return onlyOne(tokensInVariables(context), context);
    case 'file':
      return await readTokenFile(system, resolvePath(origin.path, context.variables) ?? '');
    case 'matching-file':
      return (await tokensInFiles(system, context, origin.paths))[0]?.token ?? '';
    case 'request': {
      const { text } = await askPlatform(system, title, origin.request(context));
      return origin.answer === 'text' ? text : memberOf(text, origin.answer.member);
    }
    case 'program':
      return await runProgram(system, title, origin.program, origin.arguments(context));
    case 'protocol':
      return await origin.obtain({
        system,
        context,
        ask: async (name, request) => await askPlatform(system, name, request),
        retry: async (name, work) => await tryRepeatedly(system, name, work),
      });
  }
}

/** A member of a JSON object if it is a string; never the word "null". */
function memberOf(text: string, member: string): string {
  try {
    const value = (JSON.parse(text) as Readonly<Record<string, unknown>> | null)?.[member];
    return typeof value === 'string' ? value : '';
  } catch {
    return text;
  }
}

function onlyOne(tokens: readonly MatchingToken[], { audience }: SourceContext): string {
  if (new Set(tokens.map(({ token }) => token)).size > 1) {
    throw sourceFailure(
      'source_ambiguous',
      `Several variables hold an ID token for ${audience}: ${tokens.map(({ place }) => place).join(', ')}.`,
      `Say which one: --source env:${tokens[0]?.place}`,
    );
  }
  return tokens[0]?.token ?? '';
}

async function readTokenFile(system: System, path: string): Promise<string> {
  const text = await system.readText(path);
  if (text !== null) return text;
  throw sourceFailure('source_incomplete', `The ID token's file ${path} cannot be read.`);
}

async function runProgram(system: System, title: string, program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await system.run(program, args);
  if (code === 0) return stdout;
  throw sourceFailure(
    'platform_refused',
    `${title} refused to give an ID token: ${program}: ${quoteComplaint(stderr)}`,
  );
}

function adviceAbout(token: string, { audienceAdvice }: Source, context: SourceContext): string | null {
  const audiences = readClaims(token)?.audiences ?? [];
  if (audiences.includes(context.audience)) return null;
  const has = audiences.length === 0 ? 'has no audience' : `is for ${audiences.join(', ')}`;
  return `The ID token ${has}, not for ${context.audience}${audienceAdvice === null ? '' : `: ${audienceAdvice(context)}`}.`;
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
      : `The source ${only} gives no ID token here: nothing of it was found.`,
    `Set CAMBIST_ID_TOKEN or CAMBIST_ID_TOKEN_FILE, or name a source: --source ${SOURCE_NAMES.slice(0, 4).join('|')}|…\n` +
      '`cambist detect` shows what was found.',
  );
}
