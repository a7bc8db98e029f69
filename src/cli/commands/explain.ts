// `cambist explain`: asks the service why a token is or would be refused, and prints every check for a person.

import type { ExplanationView } from '../../objects/explanation.ts';
import type { JsonMap } from '../api.ts';
import type { CommandBody, CommandContext } from '../command.ts';
import { CliFailure, usageFailure } from '../failure.ts';
import { MAX_SHOWN_RULES } from '../limits.ts';
import type { Output } from '../output.ts';
import { readClaimsInput, readTokenInput } from '../subject-token/read-input.ts';
import { textOf } from '../output.ts';

export const explainCommand: CommandBody = {
  description:
    'Asks the deployment what it would do with a token, with claims, or with an earlier request, and prints every check of every federated identity, with hints for near misses. ' +
    'Changes nothing and uses no token up. Needs the scope iam:read. Exits 1 if the exchange would be refused.',
  options: [
    { flags: '--token <file>', description: 'the subject token in a file, "-" for stdin' },
    {
      flags: '--claims <file or JSON>',
      description: 'claims as JSON or in a file, as if they had been verified; "-" for stdin',
    },
    {
      flags: '--request-id <id>',
      description: 'an earlier exchange again, as its audit event has it: its claims and what it asked for',
    },
    {
      flags: '--service-account <id or slug>',
      description: 'as if this account had been asked for',
      completes: 'service-accounts',
    },
    { flags: '--identity <id>', description: 'of this federated identity only', completes: 'identity-ids' },
    { flags: '--scope <scopes>', description: 'as if this scope had been asked for' },
    { flags: '--audience <audience>', description: 'as if this audience had been asked for', repeatable: true },
    { flags: '--project <id>', description: 'as if this project had been asked for' },
  ],
  arguments: [],
  examples: [
    'cambist explain --token id-token.jwt --service-account deployer',
    'cambist explain --request-id 7f8b2a40-3a1e-4c8e-9d5e-0f2a6d1c9b3e',
  ],
  run: explain,
};

type Check = ExplanationView['identities'][number]['checks'][number];
type Identity = ExplanationView['identities'][number];

/** What a recorded request asked for is in its event, so it can only be replayed as it was. */
const ASKED_OPTIONS = ['service-account', 'identity', 'scope', 'audience', 'project'];

/** Explains; 1 if the exchange would be refused. */
async function explain(context: CommandContext): Promise<number> {
  const { options, output, settings } = context;
  const given = ['token', 'claims', 'request-id'].filter((name) => options.text(name) !== undefined);
  if (given.length !== 1)
    throw usageFailure(
      'Explain what? Give one of --token, --claims and --request-id.',
      '`--token -` reads the token from standard input.',
    );
  const asked = askedBy(context);
  if (given[0] === 'request-id' && Object.keys(asked).length > 0)
    throw usageFailure(
      '--request-id replays the request with everything that it asked for.',
      `Leave ${ASKED_OPTIONS.map((name) => `--${name}`).join(', ')} out, or give the claims with --claims.`,
    );
  // Before stdin is read for the token, so that two readers of it cannot be meant.
  await settings.token();
  const api = await context.api();
  const body = { ...(await subjectOf(context)), ...asked };
  const explanation = await api.post<ExplanationView>('/federated-identities/explain', body, true).catch(sayWhereElse);
  output.data(explanation, () => {
    if (explanation.event !== undefined) showEvent(explanation.event, explanation, output);
    showExplanation(explanation, output);
  });
  return explanation.decision === 'granted' ? 0 : 1;
}

/** Throws the failure on; of a request without an event it says which command explains its token. */
function sayWhereElse(error: unknown): never {
  const isUnrecorded =
    error instanceof CliFailure &&
    error.details.status === 404 &&
    error.details.errors?.some(({ pointer }) => pointer === '/requestId') === true;
  if (!isUnrecorded) throw error;
  throw new CliFailure(error.message, { ...error.details, next: '`cambist explain --token FILE` explains the token.' });
}

function askedBy({ options }: CommandContext): JsonMap {
  const audiences = options.list('audience');
  return {
    ...optional('serviceAccountIdentity', options.text('service-account')),
    ...optional('federatedIdentity', options.text('identity')),
    ...optional('scope', options.text('scope')),
    ...(audiences.length === 0 ? {} : { audience: audiences }),
    ...optional('project', options.text('project')),
  };
}

async function subjectOf({ options, world }: CommandContext): Promise<JsonMap> {
  const [token, claims] = [options.text('token'), options.text('claims')];
  if (token !== undefined) return { subjectToken: await readTokenInput(token, '--token', world) };
  if (claims !== undefined) return { claims: await readClaimsInput(claims, '--claims', world) };
  return { requestId: options.text('request-id') ?? '' };
}

function optional(name: string, value: string | undefined): JsonMap {
  return value === undefined ? {} : { [name]: value };
}

function showEvent(event: NonNullable<ExplanationView['event']>, now: ExplanationView, output: Output): void {
  const times = event.count > 1 ? `, with ${event.count - 1} equal to it` : '';
  output.line(`On ${event.time} it was ${event.outcome}${event.reason === null ? '' : `: ${event.reason}`}${times}`);
  // What is still so is said once, at the end.
  if (event.detail !== null && event.detail !== now.detail) output.line(`    ${event.detail}`);
  const asked = Object.entries(event.asked ?? {}).map(([name, value]) => `${ASKED_FOR[name] ?? name} ${textOf(value)}`);
  output.line(`    It asked for ${asked.length === 0 ? 'nothing in particular' : asked.join(', ')}.`);
  output.line('The same request now:');
  output.line();
}

const ASKED_FOR: Readonly<Record<string, string>> = {
  serviceAccount: 'the service account',
  organisation: 'the organisation',
  federatedIdentity: 'the federated identity',
  scope: 'the scope',
  audience: 'the audience',
  project: 'the project',
  tokenType: 'the token type',
  lifetime: 'the lifetime',
};

function showExplanation(explanation: ExplanationView, output: Output): void {
  const { verification, provider, identities } = explanation;
  const { ok } = verification;
  output.line(`${markOf(ok, output)} Verification${ok === null ? ': bare claims, nothing to verify' : ''}`);
  for (const check of verification.checks)
    if (check.ok !== null)
      output.line(`    ${markOf(check.ok, output)} ${check.check}${check.detail === null ? '' : `  ${check.detail}`}`);
  if (provider !== null)
    output.line(
      `  Provider ${provider.name ?? ''}  ${provider.providerIssuer}  (${provider.preset}, ${provider.status})`,
    );
  if (ok === false && identities.length > 0) output.line('  What it claims, were it true:');
  const shown = nearest(identities);
  for (const identity of shown) showIdentity(identity, output);
  const left = identities.length - shown.length;
  if (left > 0) output.line(`\n  … and ${left} more rules that fit less; --json has them`);
  if (explanation.truncated) output.line('  … and more rules, which an exchange does not consider');
  output.line();
  showDecision(explanation, output);
}

/** The rules that accept the token, and else those that refuse it for the fewest reasons, as they are listed. */
function nearest(identities: readonly Identity[]): readonly Identity[] {
  if (identities.length <= MAX_SHOWN_RULES) return identities;
  const byDistance = identities.toSorted((a, b) => distance(a) - distance(b)).slice(0, MAX_SHOWN_RULES);
  return identities.filter((identity) => identity.matched || byDistance.includes(identity));
}

function distance({ checks }: Identity): number {
  return checks.filter(({ ok }) => ok === false).length;
}

function showIdentity({ matched, serviceAccount, name, identity, mode, checks }: Identity, output: Output): void {
  output.line();
  const shadow = mode === 'shadow' ? '  (shadow: never grants)' : '';
  output.line(`${markOf(matched, output)} ${serviceAccount.slug} / ${name}  ${identity}${shadow}`);
  for (const check of checks) showCheck(check, output);
}

function showCheck({ check, claim, ok, expected, actual, hint }: Check, output: Output): void {
  output.line(
    `    ${markOf(ok, output)} ${check.replace('_', ' ')}${claim === null || claim === check ? '' : ` ${claim}`}`,
  );
  if (ok === false && (expected !== null || actual !== null)) {
    const isAboutRequest = ['scope', 'token_audience', 'project'].includes(check);
    output.line(`        ${isAboutRequest ? 'allowed   ' : 'expected  '} ${textOf(expected)}`);
    output.line(`        ${isAboutRequest ? 'asked for ' : 'token has '} ${textOf(actual)}`);
  }
  if (hint !== null) output.line(`        ${output.paint('yellow', hint)}`);
}

function showDecision(
  { decision, reason, detail, federatedIdentity, wouldIssue, advice = [] }: ExplanationView,
  output: Output,
): void {
  if (decision === 'granted' && wouldIssue !== null) {
    output.line(output.paint('green', `Granted by ${federatedIdentity ?? 'a federated identity'}`));
    output.line(`    scope     ${wouldIssue.scope || '–'}`);
    output.line(`    audience  ${[wouldIssue.audience].flat().join(' ')}`);
    output.line(`    lifetime  ${wouldIssue.expiresIn} s`);
    output.line(`    roles     ${wouldIssue.roles.join(' ') || '–'}`);
    if (wouldIssue.project !== null) output.line(`    project   ${wouldIssue.project}`);
    return;
  }
  output.line(output.paint('red', `Refused: ${reason ?? 'for no stated reason'}`));
  if (detail !== null) output.line(`    ${detail}`);
  for (const sentence of advice) output.line(`    ${output.paint('yellow', sentence)}`);
}

function markOf(ok: boolean | null, output: Output): string {
  return ok === null ? output.paint('dim', '–') : ok ? output.paint('green', '✔') : output.paint('red', '✖');
}
