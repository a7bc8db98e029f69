// GET /v1/signing-keys and POST /v1/signing-keys/rotate (contract §5.8), for whoever manages the deployment; never key material.

import { ROTATION_MODES, SIGNING_KEY_STATUSES, rotationRequest } from '../../objects/signing-key.ts';
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
import { planRotation } from '../../objects/key-rotation.ts';
import type { KeyChange, RotationMode, SigningKeyPort } from '../../objects/key-rotation.ts';
import { DEFAULT_ORGANISATION_ID } from '../../objects/organisation.ts';
import { SIGNING_ALGORITHMS } from '../../objects/signing-key.ts';
import type { SigningKeyState } from '../../exchange/ports.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';
import type { Problem } from '../problem.ts';
import { mayManageDeployment } from './caller.ts';
import { changeEvent } from './change-event.ts';
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
  return ok({ status: 200, body: (await keys.value.read(request.now)).map(signingKeyView) });
}

async function rotateKeys(request: IamRequest): Answer {
  const { now } = request;
  const keys = await keysFor(request, mayManageDeployment(request.caller));
  if (!keys.ok) return keys;
  const body = await readJsonObject(request.raw, { whereEmpty: {} });
  if (!body.ok) return body;
  const { values, faults } = readMembers({ members: rotationRequest }, body.value, null);
  if (faults.length > 0) return refuse(invalid(faults));

  const asked = { mode: values.mode ?? 'graceful', alg: values.alg ?? null, kid: values.kid ?? null };
  const states = await keys.value.read(now);
  if (asked.kid !== null && !states.some(({ kid }) => kid === asked.kid)) {
    return refuse(invalid([fault(['kid'], 'is no signing key of this deployment')]));
  }
  const plan = planRotation(states, keys.value.bundle, asked, now);
  if (!plan.ok) return refuse({ kind: 'cannot-rotate', detail: plan.error });
  const { mode, changes, skipped } = plan.value;
  const events = changes.map((change) => rotationEvent(request, mode, change));
  const rotated = await keys.value.rotate(plan.value, events, now);
  if (rotated === null) {
    const detail = 'another rotation came first: list the signing keys, and rotate again only where it is still needed';
    return refuse({ kind: 'changed-meanwhile', detail });
  }
  for (const { next, previous } of changes) {
    request.deps.log({
      level: 'warn',
      event: 'signing_key.rotate',
      request_id: request.requestId,
      actor: request.caller.actor,
      mode,
      kid: next?.kid ?? null,
      previous_kid: previous?.kid ?? null,
    });
  }
  const rotations = changes.flatMap((change) => rotatedView(change, rotated));
  return ok({ status: 200, body: { ...rotations[0], mode, rotations, skipped } });
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
function rotatedView({ next, previous }: KeyChange, states: readonly SigningKeyState[]): RotatedKeyView[] {
  const viewOf = (key: SigningKeyState): SigningKeyView =>
    signingKeyView(states.find(({ kid }) => kid === key.kid) ?? key);
  if (next === null) return previous === null ? [] : [{ ...viewOf(previous), previous: null }];
  return [{ ...viewOf(next), previous: previous === null ? null : viewOf(previous) }];
}

function rotationEvent(request: IamRequest, mode: RotationMode, { alg, next, previous }: KeyChange): ChangeEvent {
  const active = (key: SigningKeyState | null): JsonObject => ({ alg, active: key?.kid ?? null });
  const changes =
    next === null
      ? {
          before: { alg, kid: previous?.kid ?? null, status: previous?.status ?? null },
          after: { alg, mode, status: 'revoked' },
        }
      : { before: active(previous), after: { ...active(next), mode } };
  return changeEvent(request, {
    organisationId: DEFAULT_ORGANISATION_ID,
    action: 'signing_key.rotate',
    serviceAccountId: request.caller.serviceAccountId,
    changes,
  });
}

function signingKeyView(key: SigningKeyState): SigningKeyView & JsonObject {
  const time = (seconds: number | null): string | null => (seconds === null ? null : formatTimestamp(seconds));
  return {
    kid: key.kid,
    alg: key.alg,
    status: key.status,
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
        'Of `alg`, or of every algorithm that can be rotated; `kid` names one key to replace or, if it is standby or retiring, to take out. In one atomic step. Gracefully, the old key stays published until its last token has expired; in an emergency it leaves the JWKS at once.',
      tag: 'signing key',
      body: { schema: rotationSchema, isOptional: true },
      answer: { description: 'The keys that sign now', schema: rotatedSchema },
    },
  },
];
