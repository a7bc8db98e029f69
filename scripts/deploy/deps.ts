// What deploying and removing need of the outside: wrangler, a person, the network, the clock.

import type { RunWrangler } from './account.ts';
import type { Waiting } from './wait-until-ready.ts';

/** Everything outside; tests give their own account, answers and clock. */
export interface DeployDeps extends Waiting {
  readonly run: RunWrangler;
  /** Null without a terminal. */
  readonly ask: ((question: string) => Promise<string>) | null;
  readonly print: (line: string) => void;
  /** The addresses behind a host name; empty if it leads nowhere. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Path of wrangler.toml. */
  readonly config: string;
  /** Where deployments keep their files; the repository's own place unless given. */
  readonly filesBase?: string;
}

/** Asks for a yes; anything else is a no. */
export async function agrees(ask: NonNullable<DeployDeps['ask']>, question: string): Promise<boolean> {
  return /^y(?:es)?$/i.test((await ask(`${question} [y/N] `)).trim());
}
