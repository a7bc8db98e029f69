// The identity provider as the API reads and answers it (contract §5.1).

import * as z from 'zod';

import { claimReferenceFault } from '../rules/conditions.ts';
import type { JsonObject } from '../token/json.ts';
import { MAX_SUBJECT_TOKEN_LIFETIME_SECONDS } from './limits.ts';
import { MAX_CLAIM_REFERENCE_CHARS, MIN_TOKEN_LIFETIME_SECONDS } from '../rules/limits.ts';
import { MAX_ISSUER_CHARS } from '../token/limits.ts';
import { ACCEPTED_ALGORITHMS } from './model.ts';
import type { Algorithm } from './model.ts';
import { PRESET_NAMES } from '../platforms/preset.ts';
import type { PresetName } from '../platforms/preset.ts';
import type { ObjectContract, ObjectView } from './object.ts';
import { annotations, description, labels, line, list, objectName, oneOf, wholeNumber } from './values.ts';
import type { StringMap } from './values.ts';

export const PROVIDER_STATUSES = ['active', 'inactive'] as const;

export interface LocalJwks {
  readonly keys: readonly JsonObject[];
}

/** What a caller may write. */
export interface IdentityProviderInput {
  readonly name?: string;
  readonly description?: string;
  readonly labels?: StringMap;
  readonly annotations?: StringMap;
  readonly providerIssuer?: string;
  readonly providerJwksUri?: string | null;
  readonly localJwks?: LocalJwks | null;
  readonly status?: (typeof PROVIDER_STATUSES)[number];
  readonly preset?: PresetName;
  readonly allowedAlgorithms?: readonly Algorithm[];
  /** Seconds. */
  readonly maxTokenLifetime?: number;
  readonly subjectClaim?: string;
}

/** What the API answers. */
export interface IdentityProviderView extends ObjectView {
  readonly providerIssuer: string;
  readonly providerJwksUri: string | null;
  readonly localJwks: LocalJwks | null;
  readonly status: (typeof PROVIDER_STATUSES)[number];
  readonly preset: PresetName;
  readonly allowedAlgorithms: readonly Algorithm[];
  readonly maxTokenLifetime: number;
  readonly subjectClaim: string;
  readonly keys: readonly { readonly kid: string | null; readonly alg: string | null }[];
  readonly lastFetchedAt: string | null;
  readonly lastFetchError: string | null;
}

/** What a local set may hold is decided by the code that verifies with it; this is its outline. */
const localJwks: z.ZodType<LocalJwks> = z
  .looseObject(
    { keys: z.array(z.record(z.string(), z.unknown(), 'must be a JSON Web Key'), 'must be a list of JSON Web Keys') },
    'must be an object such as {"keys": [...]}',
  )
  .transform((value) => value as LocalJwks);

const algorithms = list(oneOf(ACCEPTED_ALGORITHMS), ACCEPTED_ALGORITHMS.length).refine(
  (values) => values.length > 0,
  'must name at least one algorithm',
);

export const claimReference: z.ZodType<string> = line(1, MAX_CLAIM_REFERENCE_CHARS).superRefine((value, context) => {
  const detail = claimReferenceFault(value);
  if (detail !== null) context.addIssue({ code: 'custom', message: detail });
});

export const identityProviderContract: ObjectContract<IdentityProviderInput> = {
  members: {
    name: objectName,
    description,
    labels,
    annotations,
    providerIssuer: line(1, MAX_ISSUER_CHARS).describe(
      'The `iss` of its tokens, byte for byte; unique in the organisation and cannot be changed',
    ),
    providerJwksUri: line(0, MAX_ISSUER_CHARS).describe('Where its keys are; discovered where it is absent or empty'),
    localJwks: localJwks.describe('Its keys, for an issuer that cannot be reached'),
    status: oneOf(PROVIDER_STATUSES).describe('The tokens of an inactive provider are refused at once'),
    preset: oneOf(PRESET_NAMES).describe('The platform; by the issuer where it is absent'),
    allowedAlgorithms: algorithms.describe('RS256 and ES256 where it is absent'),
    maxTokenLifetime: wholeNumber(MIN_TOKEN_LIFETIME_SECONDS, MAX_SUBJECT_TOKEN_LIFETIME_SECONDS).describe(
      'Seconds from `iat` to `exp` of its tokens; 86400 where it is absent',
    ),
    subjectClaim: claimReference.describe(
      'Claim or JSON Pointer that is read as the subject; `sub` where it is absent',
    ),
  },
  required: ['name', 'providerIssuer'],
  immutable: ['providerIssuer'],
  nullIsAbsent: ['description', 'labels', 'annotations'],
  nullClears: ['localJwks', 'providerJwksUri'],
  readOnly: ['identity', 'createdAt', 'updatedAt', 'objectVersion', 'keys', 'lastFetchedAt', 'lastFetchError'],
};
