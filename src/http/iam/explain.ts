// POST /v1/federated-identities/explain (contract §5.6): asks why a token is or would be refused; decides and changes nothing itself.

import { explainRequest, explanationSchema } from '../../objects/explanation.ts';
import type { ExplainInput, ExplanationView } from '../../objects/explanation.ts';
import { denialDetail } from '../../exchange/denial-detail.ts';
import { bodySchema } from '../../objects/schemas.ts';
import type { ExplainRequest, Explanation, UnknownObject } from '../../exchange/explain.ts';
import type { JsonObject } from '../../token/json.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';
import { parseScope } from '../../rules/scope.ts';
import type { Fault, Problem } from '../problem.ts';
import type { IamRequest, Reply } from './deps.ts';
import { fault, invalid, shown } from './faults.ts';
import { readJsonObject } from './json-body.ts';
import { readMembers } from './members.ts';
import type { Draft } from './members.ts';
import { noOrganisation } from './object-operations.ts';
import type { IamRoute } from './routing.ts';

async function explain(request: IamRequest): Promise<Result<Reply, Problem>> {
  const { deps, caller } = request;
  const body = await readJsonObject(request.raw, { holdsClaims: true });
  if (!body.ok) return body;
  const draft = readMembers({ members: explainRequest }, body.value, null);
  const { values } = draft;
  const faults = [...draft.faults, ...faultsOf(draft)];
  const subject = subjectOf(values);
  if (faults.length > 0 || subject === null) return refuse(invalid(faults));
  if (deps.explain === null) {
    return refuse({ kind: 'unavailable', detail: 'this deployment lacks a setting; /readyz names it' });
  }
  const organisation = await deps.store.readOrganisation(caller.organisation);
  if (organisation === null) return refuse(noOrganisation(request));
  const audiences = values.audience === undefined ? [] : [values.audience].flat();
  const explained = await deps.explain({
    subject,
    organisation: organisation.id,
    serviceAccount: values.serviceAccountIdentity ?? null,
    federatedIdentity: values.federatedIdentity ?? null,
    scope: values.scope === undefined ? null : parseScope(values.scope),
    audiences: [...new Set(audiences)],
    project: values.project ?? null,
    now: request.now,
  });
  return explained.ok
    ? ok({ status: 200, body: explanationView(explained.value, values.project ?? null) })
    : refuse(noSuchObject(explained.error, values));
}

function subjectOf({ subjectToken, claims }: ExplainInput): ExplainRequest['subject'] | null {
  if (subjectToken !== undefined) return claims === undefined ? { token: subjectToken } : null;
  return claims === undefined ? null : { claims };
}

function faultsOf({ values, isSound }: Draft<ExplainInput>): Fault[] {
  const faults: Fault[] = [];
  if (isSound('subjectToken') && isSound('claims') && subjectOf(values) === null) {
    faults.push(
      values.claims === undefined
        ? fault(['subjectToken'], 'is required, or claims in its place')
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
  const { verification, provider, identities, truncated, outcome } = explanation;
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
        'Takes a token, or claims as if they had been verified; changes nothing and consumes nothing. Without an account or an identity, it explains an exchange with `organisation_id` of this organisation.',
      tags: ['federated identity'],
      request: {
        body: {
          required: true,
          content: { 'application/json': { schema: bodySchema({ members: explainRequest }, true) } },
        },
      },
      responses: {
        200: { description: 'The explanation', content: { 'application/json': { schema: explanationSchema } } },
        default: { description: 'A problem (RFC 9457)' },
      },
    },
  },
];
