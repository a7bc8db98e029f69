// Reads the options that every platform's bootstrap shares; refuses what cannot be printed or has no meaning.

import { usageFailure } from '../failure.ts';
import type { OptionReader } from '../command.ts';
import type { BootstrapOptions } from '../../bootstrap/build-plan.ts';

/** What the user wants beyond the recipe. Throws a usage failure. */
export function readOptions(options: OptionReader, url: string): BootstrapOptions {
  const conditions: Record<string, string> = {};
  for (const condition of options.list('condition')) {
    const at = condition.indexOf('=');
    if (at < 1) throw usageFailure(`--condition is claim=value, not ${JSON.stringify(condition)}.`);
    conditions[condition.slice(0, at)] = condition.slice(at + 1);
  }
  const audience = options.text('audience');
  // It is printed into scripts.
  if (audience !== undefined && !/^[\w:/.@~%+=,-]+$/.test(audience))
    throw usageFailure(
      `--audience must be a URL or a name without spaces and quotes, not ${JSON.stringify(audience)}.`,
    );
  return {
    url,
    account: options.text('service-account'),
    audience,
    role: options.text('role'),
    projects: options.list('project-scope'),
    scopes: options.list('scope').flatMap((scope) => scope.split(/[\s,]+/).filter((one) => one !== '')),
    tokenAudiences: options.list('token-audience'),
    lifetime: options.wholeNumber('lifetime', 60),
    expiresAt: options.text('expires-at'),
    singleUse: options.flag('single-use'),
    conditions,
    allowedNeighbours: options.list('allow-neighbour'),
    acceptsProviderKeys: options.flag('accept-provider-keys'),
    uses: options.text('uses'),
  };
}
