// What `cambist token` and `cambist exec` ask for: their common options, and the variables behind them; asks nobody.

import type { CommandContext, CommandOption } from '../command.ts';
import { usageFailure } from '../failure.ts';

export const EXCHANGE_OPTIONS: readonly CommandOption[] = [
  {
    flags: '--service-account <id>',
    description: 'the service account to act as: its id, or its slug in --organisation (without one: in default)',
    env: 'CAMBIST_SERVICE_ACCOUNT',
    completes: 'service-accounts',
  },
  {
    flags: '--scope <scope>',
    description: 'a scope to ask for; absent means all that are allowed',
    repeatable: true,
    env: 'CAMBIST_SCOPE',
  },
  {
    flags: '--audience <audience>',
    description: 'who the access token is for; absent means the first that is allowed',
    repeatable: true,
    env: 'CAMBIST_AUDIENCE',
  },
  { flags: '--project <project>', description: 'the project to act in', env: 'CAMBIST_PROJECT' },
  {
    flags: '--lifetime <duration>',
    description: 'seconds, or a duration such as 90m; lowered to what is allowed',
    env: 'CAMBIST_LIFETIME',
  },
  {
    flags: '--source <name>',
    description: 'where the ID token comes from, as `cambist detect` names it, or env:NAME, or file:PATH',
    env: 'CAMBIST_SOURCE',
    completes: 'sources',
  },
  {
    flags: '--id-token-audience <audience>',
    description: 'the audience to ask the platform for; absent means the address of the deployment',
    env: 'CAMBIST_ID_TOKEN_AUDIENCE',
  },
];

export interface ExchangeSettings {
  readonly url: string;
  readonly organisation: string | undefined;
  readonly serviceAccount: string | undefined;
  readonly scope: readonly string[] | undefined;
  readonly audience: readonly string[] | undefined;
  readonly project: string | undefined;
  readonly lifetime: string | undefined;
  readonly source: string | undefined;
  readonly subjectAudience: string;
}

/** Reads options and variables; throws a usage failure if the deployment is not known or a value is empty. */
export function readExchangeSettings(context: CommandContext): ExchangeSettings {
  const url = context.settings.url();
  const serviceAccount = textOf(context, 'service-account', 'CAMBIST_SERVICE_ACCOUNT');
  return {
    url,
    organisation: context.settings.organisation ?? (isSlug(serviceAccount) ? DEFAULT_ORGANISATION : undefined),
    serviceAccount,
    scope: listOf(context, 'scope', 'CAMBIST_SCOPE'),
    audience: listOf(context, 'audience', 'CAMBIST_AUDIENCE'),
    project: textOf(context, 'project', 'CAMBIST_PROJECT'),
    lifetime: textOf(context, 'lifetime', 'CAMBIST_LIFETIME'),
    source: textOf(context, 'source', 'CAMBIST_SOURCE'),
    subjectAudience: textOf(context, 'id-token-audience', 'CAMBIST_ID_TOKEN_AUDIENCE') ?? url,
  };
}

/** Where a slug is looked up if no organisation is named: an account has a slug in its organisation only. */
const DEFAULT_ORGANISATION = 'default';

function isSlug(serviceAccount: string | undefined): boolean {
  return serviceAccount !== undefined && !/^(?:sa|fid)_[0-9a-z]{26}$/.test(serviceAccount);
}

/** An option, else its variable. A script that failed to fill an option must not widen what is asked for: an empty one is refused. */
export function textOf({ options, world }: CommandContext, name: string, variable: string): string | undefined {
  const given = options.text(name);
  if (given !== undefined && given.trim() === '') throw usageFailure(`--${name} is empty.`);
  return given ?? (world.env[variable] || undefined);
}

function listOf({ options, world }: CommandContext, name: string, variable: string): readonly string[] | undefined {
  const given = options.list(name);
  if (given.some((value) => value.trim() === '')) throw usageFailure(`--${name} is empty.`);
  const values = (given.length > 0 ? given : [world.env[variable] ?? '']).flatMap((value) => value.split(/\s+/));
  const meant = values.filter((value) => value !== '');
  return meant.length === 0 ? undefined : meant;
}

/** A variable's name as every shell and CI accepts it. Throws a usage failure for any other. */
export function variableName(text: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(text)) return text;
  throw usageFailure(`${JSON.stringify(text)} cannot be the name of a variable.`);
}
