// One finding of `cambist doctor`: what was checked, how it ended, what mends it, and the command that comes next.

export interface Finding {
  readonly check: string;
  readonly verdict: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly detail: string;
  /** What mends it; null if there is nothing to mend. */
  readonly advice: string | null;
  /** The command to run next: what mends it, or what shows more. */
  readonly next: string;
}

/** Reports a finding as soon as it is known. */
export type Tell = (
  check: string,
  verdict: Finding['verdict'],
  detail: string,
  advice?: string | null,
  /** What shows more, if it is another command than of other checks of this name. */
  showsMore?: string,
) => void;

/** What shows more of a check, if its advice names no command of its own. */
export const SHOWS_MORE: Readonly<Record<string, string>> = {
  reachable: 'curl -i <url>/healthz',
  clock: 'date -u',
  ready: 'curl <url>/readyz',
  database: 'npm run deploy -- --dry-run',
  discovery: 'curl <url>/.well-known/openid-configuration',
  jwks: 'curl <url>/.well-known/jwks.json',
  credential: 'cambist me',
  administrators: 'cambist identities list',
  'signing keys': 'cambist keys list',
  numbers: 'curl -H "authorization: Bearer $CAMBIST_TOKEN" <url>/metrics',
  release: 'cambist --version',
  size: 'cambist audit --since 1d',
  archive: 'cambist audit verify',
  audit: 'cambist audit --since 1h',
  issuers: 'cambist providers list',
};

/** The first command that the advice names, else the one that shows more. */
export function nextCommand(advice: string | null, showsMore: string, url: string): string {
  const [, named] = /`((?:cambist|npx|npm|curl) [^`]+)`/.exec(advice ?? '') ?? [];
  return (named ?? showsMore).replace('<url>', url);
}
