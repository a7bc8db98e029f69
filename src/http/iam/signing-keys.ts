// GET /v1/signing-keys and POST /v1/signing-keys/rotate (contract §5.8), for whoever manages the deployment; never key material.

import {
  ROTATION_MODES,
  SIGNING_KEY_SOURCES,
  SIGNING_KEY_STATUSES,
  rotationRequest,
} from '../../objects/signing-key.ts';
import type { RotatedKeyView, SigningKeyView } from '../../objects/signing-key.ts';
import {
  arrayOf,
  dateTime,
  described,
  extended,
  object,
  oneOfTexts,
  orNull,
  string,
} from '../../objects/json-schema.ts';
import { bodySchema } from '../../objects/schemas.ts';
import { formatTimestamp } from '../../objects/values.ts';
import type { ChangeEvent } from '../../objects/storage.ts';
import type { JsonObject } from '../../token/json.ts';
import { carryOutRotation, foreseeRotation, rotationChanges } from '../../objects/key-rotation.ts';
import type { KeyChange, RotationMode, RotationRequest, SigningKeyPort } from '../../objects/key-rotation.ts';
import { planRotation } from '../../objects/plan-rotation.ts';
import { DEFAULT_ORGANISATION_ID } from '../../objects/organisation.ts';
import { SIGNING_ALGORITHMS } from '../../objects/signing-key.ts';
import type { SigningKeyState } from '../../exchange/ports.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';
import type { Problem } from '../problem.ts';
import { mayManageDeployment } from './caller.ts';
import { changeEvent, recordedActor } from './change-event.ts';
import type { IamRequest, Operation } from './deps.ts';
import { fault, invalid } from './faults.ts';
import { readJsonObject } from './json-body.ts';
import { readMembers } from './members.ts';
import { noOrganisation } from './object-problems.ts';
import type { IamRoute } from './routing.ts';

type Answer = ReturnType<Operation>;

async function listKeys(request: IamRequest): Answer {
  const keys = await keysFor(request, request.caller.token?.organisation.id === DEFAULT_ORGANISATION_ID);
  if (!keys.ok) return keys;
  const { states } = await keys.value.read(request.now);
  return ok({ status: 200, body: states.map(signingKeyView) });
}

async function rotateKeys(request: IamRequest): Answer {
  const { now } = request;
  const keys = await keysFor(request, mayManageDeployment(request.caller));
  if (!keys.ok) return keys;
  const asked = await readRotation(request);
  if (!asked.ok) return asked;
  const { mode, kid } = asked.value;

  const current = await keys.value.read(now, !request.isJudgement);
  if (kid !== null && !current.states.some((state) => state.kid === kid)) {
    return refuse(invalid([fault(['kid'], 'is no signing key of this deployment')]));
  }
  // A graceful rotation to a key that nobody can sign with would be an outage; an emergency makes new ones.
  if (mode === 'graceful' && current.unopened.length > 0) {
    const detail = `SEALING_KEY does not open ${current.unopened.join(', ')}: put back the value that sealed them or, if it is lost, rotate with mode emergency, which makes new keys`;
    return refuse({ kind: 'unavailable', detail });
  }
  const plan = planRotation(current, keys.value, asked.value, now);
  if (!plan.ok) return refuse({ kind: 'cannot-rotate', detail: plan.error });
  const rotated = request.isJudgement
    ? foreseeRotation(plan.value, current.states, now)
    : await carryOutRotation(plan.value, keys.value, (change) => rotationEvent(request, mode, change), now);
  if (rotated === null) {
    const detail = 'another rotation came first: list the signing keys, and rotate again only if it is still needed';
    return refuse({ kind: 'changed-meanwhile', detail });
  }
  const { changes, skipped, states } = rotated;
  for (const { next, previous } of request.isJudgement ? [] : changes) {
    request.deps.log({
      level: 'warn',
      event: 'signing_key.rotate',
      request_id: request.requestId,
      actor: recordedActor(request),
      mode,
      kid: next?.kid ?? null,
      previous_kid: previous?.kid ?? null,
    });
  }
  const rotations = changes.flatMap((change) => rotatedView(change, states));
  return ok({ status: 200, body: { ...rotations[0], mode, rotations, skipped } });
}

/** What the body asks for; without one it is a graceful rotation of every algorithm. */
async function readRotation({ raw }: IamRequest): Promise<Result<RotationRequest, Problem>> {
  const body = await readJsonObject(raw, { whereEmpty: {} });
  if (!body.ok) return body;
  const { values, faults } = readMembers({ members: rotationRequest }, body.value, null);
  const { mode = 'graceful', alg = null, kid = null, source = null } = values;
  const isNarrowed = source !== null && (alg !== null || kid !== null);
  const narrowed = fault(['source'], 'means every key of SIGNING_KEYS: send neither alg nor kid with it');
  const found = isNarrowed ? [...faults, narrowed] : faults;
  return found.length > 0 ? refuse(invalid(found)) : ok({ mode, alg, kid, source });
}

/** The keys, if the caller may ask for them: they belong to the deployment, so to no other organisation. */
async function keysFor(request: IamRequest, isAllowed: boolean): Promise<Result<SigningKeyPort, Problem>> {
  const { caller, deps } = request;
  if (caller.isRoot) {
    if ((await deps.store.readOrganisation(caller.organisation)) === null) return refuse(noOrganisation(request));
  } else if (!isAllowed) {
    const detail =
      'signing keys belong to the whole deployment: this needs the root token or a token of the organisation default';
    return refuse({ kind: 'forbidden', detail });
  }
  if (deps.signingKeys === null) {
    return refuse({ kind: 'unavailable', detail: 'this deployment lacks a setting; /readyz names it' });
  }
  return ok(deps.signingKeys);
}

/** One change as it is answered: the key that signs now and the one before it, or the key that was only taken out. */
function rotatedView({ alg, next, previous }: KeyChange, states: readonly SigningKeyState[]): RotatedKeyView[] {
  const viewOf = (kid: string | undefined): SigningKeyView[] =>
    states.filter((state) => state.kid === kid && state.alg === alg).map(signingKeyView);
  const [before = null] = viewOf(previous?.kid);
  if (next === null) return before === null ? [] : [{ ...before, previous: null }];
  return viewOf(next.kid).map((view) => ({ ...view, previous: before }));
}

function rotationEvent(request: IamRequest, mode: RotationMode, change: KeyChange): ChangeEvent {
  return changeEvent(request, {
    organisationId: DEFAULT_ORGANISATION_ID,
    action: 'signing_key.rotate',
    serviceAccountId: request.caller.serviceAccountId,
    changes: rotationChanges(mode, change),
  });
}

function signingKeyView(key: SigningKeyState): SigningKeyView & JsonObject {
  const time = (seconds: number | null): string | null => (seconds === null ? null : formatTimestamp(seconds));
  return {
    kid: key.kid,
    alg: key.alg,
    status: key.status,
    source: key.source,
    publishedAt: formatTimestamp(key.publishedAt),
    activatedAt: time(key.activatedAt),
    retiringAt: time(key.retiringAt),
    expiresAt: time(key.expiresAt),
    revokedAt: time(key.revokedAt),
  };
}

const keySchema = object({
  kid: string,
  alg: oneOfTexts(SIGNING_ALGORITHMS),
  status: oneOfTexts(SIGNING_KEY_STATUSES),
  source: oneOfTexts(SIGNING_KEY_SOURCES),
  publishedAt: dateTime,
  activatedAt: orNull(dateTime),
  retiringAt: orNull(dateTime),
  expiresAt: orNull(dateTime),
  revokedAt: orNull(dateTime),
});
const rotationSchema = bodySchema({ members: rotationRequest }, true);
const rotatedKeySchema = extended(keySchema, { previous: orNull(keySchema) });
const rotatedSchema = extended(rotatedKeySchema, {
  mode: oneOfTexts(ROTATION_MODES),
  rotations: described(arrayOf(rotatedKeySchema), 'Every change; the first one is also the answer itself'),
  skipped: described(
    arrayOf(object({ alg: string, detail: string })),
    'Algorithms that could not be rotated, and what to do',
  ),
});

export const signingKeyRoutes: readonly IamRoute[] = [
  {
    scope: 'iam:read',
    operation: listKeys,
    config: {
      method: 'get',
      path: '/v1/signing-keys',
      summary: 'List the signing keys of the deployment',
      tag: 'signing key',
      answer: { description: 'The keys', schema: arrayOf(keySchema) },
    },
  },
  {
    scope: 'iam:admin',
    operation: rotateKeys,
    config: {
      method: 'post',
      path: '/v1/signing-keys/rotate',
      summary: 'Let the standby keys take over',
      description:
        'Of `alg`, or of every algorithm that can be rotated; `kid` names one key to replace or, if it is standby or retiring, to take out; `source` abandons every key of the secret SIGNING_KEYS. In one atomic step. Gracefully, the old key stays published until its last token has expired; in an emergency it leaves the JWKS at once. If the service makes its own keys, a key that no verifier has seen signs after an emergency, and a new standby key is made in the same call.',
      tag: 'signing key',
      body: { schema: rotationSchema, isOptional: true },
      answer: { description: 'The keys that sign now', schema: rotatedSchema },
    },
  },
];
