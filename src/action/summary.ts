// The page of the run that explains a failure: every text of others stands between fences, where it is no markup.

import { visibleLines } from '../cli/terminal-text.ts';

export interface Refusal {
  /** One sentence: who refused what. */
  readonly title: string;
  /** The reason as the other side gave it, and what the step can do about it. */
  readonly reason: string;
  readonly requestId: string | null;
  /** Whose token it was that was refused, and its claims; null if there was none. */
  readonly refused: { readonly what: string; readonly token: string } | null;
  /** What the step asked for. */
  readonly asked: Readonly<Record<string, unknown>>;
  /** The command that tells an operator more; null if none does. */
  readonly command: string | null;
}

/** The refusal as markdown. */
export function refusalSummary({ title, reason, requestId, refused, asked, command }: Refusal): string {
  const claims = refused === null ? null : claimsOf(refused.token);
  return [
    `### Cambist: ${title}`,
    fenced('text', reason),
    ...(requestId === null ? [] : [`Request id: \`${requestId}\``]),
    ...(refused === null || claims === null ? [] : [`Claims of ${refused.what}:`, fenced('json', pretty(claims))]),
    ...(Object.keys(asked).length === 0 ? [] : ['The step asked for:', fenced('json', pretty(asked))]),
    ...(command === null ? [] : ['An operator of the deployment sees every check with', fenced('sh', command)]),
    '',
  ].join('\n\n');
}

/** A block of code that its text cannot end: the fence is longer than every run of backticks in it (CommonMark §4.5). */
function fenced(language: string, text: string): string {
  const shown = visibleLines(text);
  const longest = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${shown}\n${fence}`;
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

/** The claims of a JWT, unverified; null if it has none that can be read. */
function claimsOf(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}
