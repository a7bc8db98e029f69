// `cambist explain`: asks the service why a token is or would be refused, and prints every check for a person.

import type { ExplanationView } from '../../objects/explanation.ts';
import type { Api, JsonMap } from '../api.ts';
import type { Command, CommandContext } from '../command.ts';
import { CliFailure, usageFailure } from '../failure.ts';
import type { Output } from '../output.ts';
import { readClaimsInput, readTokenInput } from '../subject-token/read-input.ts';
import { textOf } from '../output.ts';

export const explainCommand: Command = {
  name: 'explain',
  summary: 'say why a token is accepted or refused, check by check',
  description:
    'Asks the deployment what it would do with a token, with claims, or with the claims of an earlier request, and prints every check of every federated identity, with hints for near misses. ' +
    'Changes nothing and uses no token up. Needs the scope iam:read. Exits 1 if the exchange would be refused.',
  options: [
    { flags: '--token <file>', description: 'the subject token in a file, "-" for stdin' },
    {
      flags: '--claims <file or JSON>',
      description: 'claims as JSON or in a file, as if they had been verified; "-" for stdin',
    },
    { flags: '--request-id <id>', description: 'the claims of an earlier exchange, from its audit event' },
    { flags: '--service-account <id or slug>', description: 'as if this account had been asked for' },
    { flags: '--identity <id>', description: 'of this federated identity only' },
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

/** Explains; 1 if the exchange would be refused. */
async function explain(context: CommandContext): Promise<number> {
  const { options, output, settings } = context;
  const given = ['token', 'claims', 'request-id'].filter((name) => options.text(name) !== undefined);
  if (given.length !== 1)
    throw usageFailure(
      'Explain what? Give one of --token, --claims and --request-id.',
      '`--token -` reads the token from standard input.',
    );
  // Before stdin is read for the token, so that two readers of it cannot be meant.
  await settings.token();
  const api = await context.api();
  const [subject, event] = await subjectOf(context, api);
  const audiences = options.list('audience');
  const asked: JsonMap = {
    ...subject,
    ...optional('serviceAccountIdentity', options.text('service-account')),
    ...optional('federatedIdentity', options.text('identity')),
    ...optional('scope', options.text('scope')),
    ...(audiences.length === 0 ? {} : { audience: audiences }),
    ...optional('project', options.text('project')),
  };
  const explanation = await api.post<ExplanationView>('/federated-identities/explain', asked, true);
  output.data(event === null ? explanation : { event, ...explanation }, () => {
    if (event !== null) showEvent(event, output);
    showExplanation(explanation, output);
    if (event?.['outcome'] === 'refused' && explanation.decision === 'granted')
      output.line(
        '\nThe event does not hold what was asked for: name it with --service-account, --scope, --audience or --project.',
      );
  });
  return explanation.decision === 'granted' ? 0 : 1;
}

async function subjectOf({ options, world }: CommandContext, api: Api): Promise<readonly [JsonMap, JsonMap | null]> {
  const [token, claims] = [options.text('token'), options.text('claims')];
  if (token !== undefined) return [{ subjectToken: await readTokenInput(token, '--token', world) }, null];
  if (claims !== undefined) return [{ claims: await readClaimsInput(claims, '--claims', world) }, null];
  const event = await eventOf(options.text('request-id') ?? '', api);
  const account = event['serviceAccount'];
  return [{ claims: event['claims'], ...(account === null ? {} : { serviceAccountIdentity: account }) }, event];
}

async function eventOf(requestId: string, api: Api): Promise<JsonMap> {
  const [event] = await api.get<readonly JsonMap[]>('/audit-events', { requestId, limit: '1' });
  if (event === undefined) {
    throw new CliFailure(`There is no audit event of the request ${requestId}.`, {
      code: 'not_found',
      next:
        'A refusal of a token that could not be verified is logged, not stored: explain the token itself with --token.\n' +
        'Equal refusals within a minute are one event, found by the last of them.',
    });
  }
  if (event['claims'] === null)
    throw new CliFailure(`The request ${requestId} is ${String(event['action'])}, which has no claims to explain.`, {
      code: 'invalid',
    });
  return event;
}

function optional(name: string, value: string | undefined): JsonMap {
  return value === undefined ? {} : { [name]: value };
}

function showEvent(event: JsonMap, output: Output): void {
  output.line(
    `On ${String(event['time'])} it was ${String(event['outcome'])}${event['reason'] === null ? '' : `: ${String(event['reason'])}`}`,
  );
  if (event['detail'] !== null) output.line(`    ${String(event['detail'])}`);
  output.line('Now, with the same claims:');
  output.line();
}

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
  for (const identity of identities) {
    output.line();
    const shadow = identity.mode === 'shadow' ? '  (shadow: never grants)' : '';
    output.line(
      `${markOf(identity.matched, output)} ${identity.serviceAccount.slug} / ${identity.name}  ${identity.identity}${shadow}`,
    );
    for (const check of identity.checks) showCheck(check, output);
  }
  if (explanation.truncated) output.line('  … and more rules, which an exchange does not consider');
  output.line();
  showDecision(explanation, output);
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
  { decision, reason, detail, federatedIdentity, wouldIssue }: ExplanationView,
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
}

function markOf(ok: boolean | null, output: Output): string {
  return ok === null ? output.paint('dim', '–') : ok ? output.paint('green', '✔') : output.paint('red', '✖');
}
