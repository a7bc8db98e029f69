// The part of the composition root that only the console needs, loaded with its pages: no exchange evaluates any of this.

import { needed } from './config.ts';
import { createConsole } from './console/app.tsx';
import type { Console } from './console/app.tsx';
import type { ConsoleDeps, PersonGrant, PersonRequest } from './console/deps.ts';
import { personOf } from './console/person.ts';
import { newTrace } from './exchange/record.ts';
import { NOTHING_ASKED } from './exchange/request.ts';
import { ok, refuse } from './exchange/result.ts';
import type { Result } from './exchange/result.ts';
import { denialMessage } from './http/denial-message.ts';
import { decisionLine } from './http/decision-line.ts';
import type { AppDeps } from './http/deps.ts';
import { readiness } from './http/health.ts';
import { createIamApp } from './http/iam/app.ts';
import { createSessionSeal } from './signing/session-seal.ts';
import type { SessionSeal } from './signing/session-seal.ts';
import { readActivity } from './store/activity.ts';
import { endSession, isSessionEnded } from './store/console-sessions.ts';

/** Composes the console. A setting that is missing is named by its pages before anything here needs it. */
export function composeConsole(deps: AppDeps): Console {
  const { config } = deps;
  const now = (): number => Math.floor(deps.now());
  let seal: SessionSeal | null = null;
  const consoleDeps: ConsoleDeps = {
    issuerUrl: config.issuerUrl,
    adminToken: config.adminToken,
    settingFaults: config.faults,
    iam: async (person) => createIamApp({ ...(await deps.iam()), ...(person === null ? {} : { person }) }).fetch,
    exchangeAssertion: (request) => exchangeAssertion(request, now(), deps),
    isSessionOver: (id) => isSessionEnded(needed(config.db), id),
    endSession: (id, expiresAt) => endSession(needed(config.db), id, expiresAt, now()),
    revokeToken: async (token, requestId, ip) => void (await deps.revokeToken(token, { requestId, ip, now: now() })),
    mayProceed: deps.mayProceed,
    seal: async () => (seal ??= await createSessionSeal(needed(config.signingKeys), needed(config.issuerUrl))),
    newSessionId: () => crypto.randomUUID(),
    readActivity: (organisationId, range) => readActivity(needed(config.db), organisationId, range),
    findings: () => readiness(deps, now()),
    now,
    log: deps.log,
  };
  return createConsole(consoleDeps);
}

/** The exchange of a person's assertion for a token that only this service's own API takes. */
async function exchangeAssertion(
  { assertion, organisation, serviceAccount, requestId, ip }: PersonRequest,
  now: number,
  deps: AppDeps,
): Promise<Result<PersonGrant, string>> {
  const trace = newTrace();
  const context = { requestId, ip, now };
  const audiences = [needed(deps.config.issuerUrl)];
  const request = { ...NOTHING_ASKED, ...context, organisation, serviceAccount, audiences, subjectToken: assertion };
  const result = await deps.exchange(request, trace);
  if (!result.ok) {
    deps.log(decisionLine({ use: 'subject_token', result, trace }, context));
    return refuse(denialMessage(result.error, deps.config.issuerUrl));
  }
  const { token, grant } = result.value;
  return ok({ token, person: personOf(assertion, grant.workload) });
}
