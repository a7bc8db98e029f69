// What every cloud's trust in this deployment is made of: issuer, exact subject, exact audience; and how it is printed.

import type { CommandContext } from '../command.ts';
import { CliFailure, usageFailure } from '../failure.ts';
import { textOf } from '../token/exchange-settings.ts';

export interface Trust {
  /** The deployment's ISSUER_URL. */
  readonly issuer: string;
  /** The issuer without its scheme, as AWS names a provider. */
  readonly issuerHost: string;
  /** `sub` of the ID tokens: the account's id, and the project if there is one. */
  readonly subject: string;
  readonly audience: string;
  readonly serviceAccount: string;
  readonly project: string | undefined;
  /** Lines for a shell that let the account's rules give out this audience; empty if they do already. */
  readonly allowAudience: string;
}

export const TRUST_FORMATS = ['commands', 'json', 'hcl'] as const;
export type TrustFormat = (typeof TRUST_FORMATS)[number];

const SERVICE_ACCOUNT_ID = /^sa_[0-9a-hjkmnp-tv-z]{26}$/;

/** Reads the account, the project and the audience; a slug is looked up. Throws a CliFailure. */
export async function readTrust(context: CommandContext, defaultAudience: string): Promise<Trust> {
  const issuer = context.settings.url();
  const given = textOf(context, 'service-account', 'CAMBIST_SERVICE_ACCOUNT');
  if (given === undefined) throw usageFailure('Which service account? --service-account is missing.');
  const project = textOf(context, 'project', 'CAMBIST_PROJECT');
  const audience = textOf(context, 'audience', '') ?? defaultAudience;
  for (const [name, value] of Object.entries({ project, audience }))
    if (value !== undefined && !/^[\x21-\x7E]+$/.test(value))
      throw usageFailure(`--${name} holds a space or a character that is not ASCII.`);
  const serviceAccount = SERVICE_ACCOUNT_ID.test(given) ? given : await findServiceAccount(context, given);
  warnOfReach(issuer, context);
  const lacking = await rulesWithout(context, serviceAccount, audience);
  const isForShell = context.options.text('format') === 'commands' && !context.output.isJson;
  if (!isForShell && lacking !== null && lacking.length > 0)
    context.output.warn(
      `The rules of the account do not allow the audience ${audience} yet: add it to tokenAudiences.`,
    );
  return {
    issuer,
    issuerHost: issuer.replace(/^https?:\/\//, ''),
    subject: subjectOf(serviceAccount, project),
    audience,
    serviceAccount,
    project,
    allowAudience: linesToAllow(lacking, issuer, serviceAccount, audience),
  };
}

/** An issuer that only this machine, or this network, can reach serves no cloud its keys. */
function warnOfReach(issuer: string, { output }: CommandContext): void {
  const { hostname } = new URL(issuer);
  if (/^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname))
    output.warn(`${issuer} is on this machine: no cloud can read its keys there. Give the public address with --url.`);
  else if (
    /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|\[f[cde])|\.(?:internal|local|lan|home\.arpa)$/.test(
      hostname,
    )
  )
    output.warn(`${issuer} is in a private network: a public cloud cannot read its keys there.`);
}

type Rule = Readonly<Record<'identity' | 'name', string>> & { readonly tokenAudiences?: readonly string[] };

/** The rules of the account that do not allow the audience; null if nobody is signed in, or may not read them. */
async function rulesWithout(
  context: CommandContext,
  serviceAccount: string,
  audience: string,
): Promise<readonly Rule[] | null> {
  try {
    await context.settings.token();
    const rules = await (await context.api()).list<Rule>('/federated-identities', { serviceAccount });
    return rules.filter(({ tokenAudiences = [] }) => !tokenAudiences.includes(audience));
  } catch (error) {
    if (error instanceof CliFailure) return null;
    throw error;
  }
}

function linesToAllow(
  lacking: readonly Rule[] | null,
  issuer: string,
  serviceAccount: string,
  audience: string,
): string {
  const update = (identity: string, audiences: readonly string[]): string =>
    `cambist identities update ${quoteShell(identity)} --url ${issuer} --token-audiences ${quoteShell(audiences.join(','))}`;
  if (lacking === null)
    return `# First, the rules of the account must allow this audience. This says which there are, and what they allow:
#   cambist identities list --url ${issuer} --service-account ${serviceAccount} --json
# and this sets it; the first one is what a token gets that asks for none:
#   cambist identities update <id> --url ${issuer} --token-audiences ${quoteShell([issuer, audience].join(','))}

`;
  if (lacking.length === 0) return '';
  // A rule without a list gives tokens for the deployment itself, and goes on to do so.
  const lines = lacking.map(({ identity, tokenAudiences = [] }) =>
    update(identity, [...(tokenAudiences.length === 0 ? [issuer] : tokenAudiences), audience]),
  );
  return `# First, let the rules of the account give tokens for this audience\n${lines.join('\n')}\n\n`;
}

/** The `sub` of an ID token of this account and project: `:`, `/` and `%` inside a project are encoded. */
function subjectOf(serviceAccount: string, project: string | undefined): string {
  if (project === undefined) return serviceAccount;
  return `${serviceAccount}:project:${project.replace(/[%:/]/g, (character) => encodeURIComponent(character))}`;
}

async function findServiceAccount(context: CommandContext, slug: string): Promise<string> {
  const api = await context.api();
  const found = await api.list<{ readonly identity: string }>('/service-accounts', { slug });
  if (found.length === 1 && found[0] !== undefined) return found[0].identity;
  throw new CliFailure(`There is no service account ${JSON.stringify(slug)}.`, {
    code: 'not_found',
    next: 'A trust names the id of an account, which never changes: `cambist service-accounts list` shows it.',
  });
}

/** The options of `token` and `exec` that get a token for this trust, word by word. */
export function exchangeWords({ issuer, serviceAccount, project }: Trust): readonly string[] {
  const account = ['--url', issuer, '--service-account', serviceAccount];
  return project === undefined ? account : [...account, '--project', project];
}

/** The same as a part of a command line. */
export function execOptions(trust: Trust): string {
  return exchangeWords(trust).map(quoteShell).join(' ');
}

/** A word for a POSIX shell. */
export function quoteShell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A quoted string of HCL, which also reads `${` and `%{` as templates. */
export function quoteHcl(text: string): string {
  return JSON.stringify(text).replaceAll(/([$%])\{/g, '$1$1{');
}

/** An option of a cloud's own that must look like this. Throws a usage failure. */
export function checked(context: CommandContext, name: string, shape: RegExp, example: string): string | undefined {
  const value = context.options.text(name);
  if (value === undefined || shape.test(value)) return value;
  throw usageFailure(`--${name} ${JSON.stringify(value)} does not look like ${example}.`);
}

/** The same for an option that must be there. */
export function required(context: CommandContext, name: string, shape: RegExp, example: string): string {
  const value = checked(context, name, shape, example);
  if (value !== undefined) return value;
  throw usageFailure(`--${name} is missing: something like ${example}.`);
}
