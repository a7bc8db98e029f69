// POST /v1/federated-identities/explain (contract §5.6): asks why a token is or would be refused; decides and changes nothing itself.

import { explainRequest, explanationSchema } from '../../objects/explanation.ts';
import type { ExplainInput, ExplanationView } from '../../objects/explanation.ts';
import { denialDetail } from '../../exchange/denial-detail.ts';
import { bodySchema } from '../../objects/schemas.ts';
import type { ExplainRequest, Explanation, UnknownObject } from '../../exchange/explain.ts';
import { askedAgain } from '../../exchange/recorded-asked.ts';
import { NOTHING_ASKED } from '../../exchange/request.ts';
import type { Asked } from '../../exchange/request.ts';
import type { AuditFilter, ListedAuditEvent } from '../../objects/audit-log.ts';
import type { JsonObject } from '../../token/json.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';
import { parseScope } from '../../rules/scope.ts';
import type { Fault, Problem } from '../problem.ts';
import { auditEventView } from '../../objects/audit-event-view.ts';
import type { IamRequest, Reply } from './deps.ts';
import { fault, invalid, shown } from './faults.ts';
import { readJsonObject } from './json-body.ts';
import { readMembers } from './members.ts';
import type { Draft } from './members.ts';
import { noOrganisation } from './object-problems.ts';
import type { IamRoute } from './routing.ts';

async function explain(request: IamRequest): Promise<Result<Reply, Problem>> {
  const { deps } = request;
  const body = await readJsonObject(request.raw, { holdsClaims: true });
  if (!body.ok) return body;
  const draft = readMembers({ members: explainRequest }, body.value, null);
  const { values } = draft;
  const faults = [...draft.faults, ...faultsOf(draft)];
  if (faults.length > 0) return refuse(invalid(faults));
  if (deps.explain === null) {
    return refuse({ kind: 'unavailable', detail: 'this deployment lacks a setting; /readyz names it' });
  }
  const question =
    values.requestId === undefined ? await questionOf(request, values) : await replayOf(request, values.requestId);
  if (!question.ok) return question;
  const { explained, event } = question.value;
  const explanation = await deps.explain(explained);
  if (!explanation.ok) return refuse(noSuchObject(explanation.error, values));
  const view = explanationView(explanation.value, explained.asked.project);
  return ok({ status: 200, body: event === null ? view : { event: auditEventView(event), ...view } });
}

/** What is asked, and the event that it was recorded in, if it was. */
interface Question {
  readonly explained: ExplainRequest;
  readonly event: ListedAuditEvent | null;
}

async function questionOf(request: IamRequest, values: ExplainInput): Promise<Result<Question, Problem>> {
  const { deps, caller, now } = request;
  const subject = subjectOf(values);
  if (subject === null) throw new Error('faultsOf() refuses what has no subject');
  const organisation = await deps.store.readOrganisation(caller.organisation);
  if (organisation === null) return refuse(noOrganisation(request));
  const asked: Asked = {
    ...NOTHING_ASKED,
    organisation: organisation.id,
    serviceAccount: values.serviceAccountIdentity ?? null,
    federatedIdentity: values.federatedIdentity ?? null,
    scope: values.scope === undefined ? null : parseScope(values.scope),
    audiences: [...new Set(values.audience === undefined ? [] : [values.audience].flat())],
    project: values.project ?? null,
  };
  return ok({ explained: { subject, asked, ownOrganisation: organisation.id, recorded: null, now }, event: null });
}

/** The recorded request again: its claims, and everything that it asked for. */
async function replayOf(request: IamRequest, requestId: string): Promise<Result<Question, Problem>> {
  const { deps, caller, now } = request;
  const { organisation, events } = await deps.store.audit.list(caller.organisation, ofRequest(requestId));
  if (organisation === null) return refuse(noOrganisation(request));
  const event = events.find(({ outcome }) => outcome !== 'shadow') ?? events[0];
  const about = (detail: string): Problem => ({ ...invalid([fault(['requestId'], detail)]) });
  if (event === undefined) {
    const detail = `there is no audit event of the request ${shown(requestId)} in this organisation: a refusal of a token that could not be verified is logged, not stored, so explain the token itself`;
    return refuse({ kind: 'not-found', detail, errors: [fault(['requestId'], detail)] });
  }
  if (event.claims === null) {
    return refuse(about(`${withoutClaims(event)}, so there are no claims to explain`));
  }
  if (event.claimsOmitted !== null) {
    const lacking = `the token had more claims than its audit event keeps (${event.claimsOmitted.join(', ')})`;
    return refuse(about(`${lacking}: explain the token itself`));
  }
  const asked = askedAgain(event.asked ?? {});
  if (asked === null) return refuse(about('asked for more than its audit event keeps: explain the token itself'));
  const recorded = { reason: event.outcome === 'granted' ? null : event.reason };
  const subject = { claims: event.claims };
  return ok({ explained: { subject, asked, ownOrganisation: organisation.id, recorded, now }, event });
}

function withoutClaims({ outcome, action, actor, issuer }: ListedAuditEvent): string {
  if (outcome === 'refused') return 'is one of many different refusals that are counted in one event';
  // Only the grant of an access credential has no issuer.
  if (outcome === 'granted' && issuer !== null)
    return 'is one of so many grants within a minute that its event leaves out what the token said';
  return `is ${action} by ${shown(actor)}`;
}

/** Of a request there are two events at most: its own, and that of a shadow identity. */
function ofRequest(requestId: string): AuditFilter {
  const nothing = { since: null, until: null, outcome: null, serviceAccount: null, federatedIdentity: null };
  return { ...nothing, issuer: null, subject: null, before: null, action: 'token.exchange', requestId, limit: 2 };
}

function subjectOf({ subjectToken, claims }: ExplainInput): ExplainRequest['subject'] | null {
  if (subjectToken !== undefined) return claims === undefined ? { token: subjectToken } : null;
  return claims === undefined ? null : { claims };
}

function faultsOf({ values, isSound }: Draft<ExplainInput>): Fault[] {
  const faults: Fault[] = [];
  if (values.requestId !== undefined) {
    const others = Object.keys(values).filter((name) => name !== 'requestId');
    return others.map((name) =>
      fault([name], 'must not be given together with requestId, which replays all that was asked'),
    );
  }
  if (!isSound('requestId')) return faults;
  if (isSound('subjectToken') && isSound('claims') && subjectOf(values) === null) {
    faults.push(
      values.claims === undefined
        ? fault(['subjectToken'], 'is required, or claims or requestId in its place')
        : fault(['claims'], 'must not be given together with subjectToken'),
    );
  }
  if (values.scope !== undefined && parseScope(values.scope) === null) {
    faults.push(fault(['scope'], 'must be scope names separated by single spaces (RFC 6749 §3.3)'));
  }
  return faults;
}

function noSuchObject(unknown: UnknownObject, values: ExplainInput): Problem {
  const missing =
    unknown === 'serviceAccount'
      ? fault(['serviceAccountIdentity'], `there is no service account ${shown(values.serviceAccountIdentity ?? '')}`)
      : fault(['federatedIdentity'], `there is no federated identity ${shown(values.federatedIdentity ?? '')}`);
  const owner = unknown === 'serviceAccount' && values.federatedIdentity !== undefined;
  const detail = `${missing.detail} ${owner ? 'to which the federated identity belongs' : 'in this organisation'}`;
  return { kind: 'not-found', detail, errors: [{ ...missing, detail }] };
}

function explanationView(explanation: Explanation, project: string | null): ExplanationView & JsonObject {
  const { verification, provider, identities, truncated, outcome, advice } = explanation;
  return {
    verification: {
      ok: verification.ok,
      checks: verification.checks.map(({ check, ok, detail }) => ({ check, ok, detail })),
    },
    provider: provider && {
      identity: provider.id,
      name: provider.name,
      providerIssuer: provider.providerIssuer,
      preset: provider.preset,
      status: provider.status,
    },
    identities: identities.map(({ identity, matched, checks }) => ({
      identity: identity.id,
      name: identity.name,
      serviceAccount: { identity: identity.serviceAccount.id, slug: identity.serviceAccount.slug },
      mode: identity.mode,
      matched,
      checks: checks.map(({ check, claim, expected, actual, ok, hint }) => ({
        check,
        claim,
        expected,
        actual,
        ok,
        hint,
      })),
    })),
    truncated,
    decision: outcome.decision,
    ...(outcome.decision === 'granted'
      ? {
          reason: null,
          detail: outcome.note,
          federatedIdentity: outcome.identity.id,
          wouldIssue: issuedView(outcome.narrowed, project),
        }
      : {
          reason: outcome.denial.reason,
          detail: denialDetail(outcome.denial),
          federatedIdentity: outcome.federatedIdentityId,
          wouldIssue: null,
          ...(advice.length === 0 ? {} : { advice }),
        }),
  };
}

/** In the forms that the token response and the token have. */
function issuedView(
  { scope, audiences, lifetimeSeconds, roles }: (Explanation['outcome'] & { decision: 'granted' })['narrowed'],
  project: string | null,
): NonNullable<ExplanationView['wouldIssue']> & JsonObject {
  const [only = '', ...others] = audiences;
  return {
    scope: scope.join(' '),
    audience: others.length === 0 ? only : audiences,
    expiresIn: lifetimeSeconds,
    roles,
    project,
  };
}

export const explainRoutes: readonly IamRoute[] = [
  {
    scope: 'iam:read',
    operation: explain,
    config: {
      method: 'post',
      path: '/v1/federated-identities/explain',
      summary: 'Explain what an exchange would do, check by check',
      description:
        'Takes a token, or claims as if they had been verified; changes nothing and consumes nothing. Without an account or an identity, it explains an exchange with `organisation_id` of this organisation. `requestId` alone replays a recorded request: its claims and everything that it asked for.',
      tag: 'federated identity',
      body: { schema: bodySchema({ members: explainRequest }, true) },
      answer: { description: 'The explanation', schema: explanationSchema },
    },
  },
];
