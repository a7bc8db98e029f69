// The identity provider (contract §5.1): an issuer that an organisation trusts.

import { PRESET_NAMES } from '../platforms/preset.ts';
import { detectPreset } from '../platforms/presets.ts';
import { claimReferenceFault } from '../rules/conditions.ts';
import { MAX_CLAIM_REFERENCE_CHARS, MAX_TOKEN_LIFETIME_SECONDS, MIN_TOKEN_LIFETIME_SECONDS } from '../rules/limits.ts';
import { MAX_ISSUER_CHARS } from '../token/limits.ts';
import { defineObject, named } from './definition.ts';
import type { DecidingOf, InputOf, RecordOf, ViewOf } from './definition.ts';
import { MAX_SUBJECT_TOKEN_LIFETIME_SECONDS } from './limits.ts';
import { anyText, line, list, nullable, oneOf, shape, timestamp, wholeNumber } from './rule.ts';
import type { JsonRule, ListRule, ShapeRule, TextRule } from './rule.ts';
import { tokensNotBefore } from './tokens-not-before.ts';

export const ACCEPTED_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;
/** `Ed25519` (RFC 9864) is EdDSA on that curve, which is the only one here; each stands for the other. */
export type Algorithm = (typeof ACCEPTED_ALGORITHMS)[number];

/** A claim's name, or a JSON Pointer if it starts with `/`. */
export const claimReference: TextRule = line(1, MAX_CLAIM_REFERENCE_CHARS, claimReferenceFault);

/** The code that verifies with a set decides what it may hold; this is its outline. */
const jwks: ShapeRule<{ readonly keys: ListRule<JsonRule> }> = {
  kind: 'shape',
  members: {
    keys: list({ kind: 'json', must: 'must be a JSON Web Key' }, undefined, {
      must: 'must be a list of JSON Web Keys',
    }),
  },
  open: { must: 'must be an object such as {"keys": [...]}' },
};

export const identityProvider = defineObject({
  noun: 'identity provider',
  idPrefix: 'idp',
  path: '/v1/federated-identity-providers',
  example: 'idp_01m7y3kd2bf6bvd8pnr2wy8a8b',
  members: {
    ...named,
    name: { ...named.name, example: 'GitHub' },
    providerIssuer: {
      is: line(1, MAX_ISSUER_CHARS),
      column: 'issuer',
      required: true,
      immutable: true,
      description:
        'The `iss` of its tokens, byte for byte; unique in the organisation, unless several have `localJwks` and no key in common; cannot be changed',
      example: 'https://token.actions.githubusercontent.com',
      option: { value: '<url>', help: 'the issuer, byte for byte as `iss` of its tokens' },
    },
    providerJwksUri: {
      is: line(0, MAX_ISSUER_CHARS),
      column: 'jwks_uri',
      null: 'clears',
      emptyIsNull: true,
      default: null,
      description: 'Where its keys are; discovered if it is absent or empty',
      option: { value: '<url>', help: 'where its keys are, in place of discovery' },
    },
    localJwks: {
      is: jwks,
      null: 'clears',
      default: null,
      description: 'Its keys, for an issuer that cannot be reached',
      option: { value: '<json>', help: 'its keys, for an issuer that cannot be reached' },
    },
    status: {
      is: oneOf(['active', 'inactive']),
      default: 'active',
      description: 'The tokens of an inactive provider are refused at once',
      option: { value: '<status>', help: 'whether it counts' },
    },
    preset: {
      is: oneOf(PRESET_NAMES),
      default: ({ providerIssuer }: { readonly providerIssuer?: string }) => detectPreset(providerIssuer ?? ''),
      description: 'The platform; the issuer tells it if it is absent',
      option: { value: '<platform>', help: 'the platform, if the issuer does not tell' },
    },
    allowedAlgorithms: {
      is: list(oneOf(ACCEPTED_ALGORITHMS), ACCEPTED_ALGORITHMS.length, { empty: 'must name at least one algorithm' }),
      default: ['RS256', 'ES256'],
      description: 'RS256 and ES256 if it is absent',
      option: { value: '<alg>', help: 'algorithms of its tokens' },
    },
    maxTokenLifetime: {
      is: wholeNumber(MIN_TOKEN_LIFETIME_SECONDS, MAX_SUBJECT_TOKEN_LIFETIME_SECONDS),
      default: MAX_TOKEN_LIFETIME_SECONDS,
      description: 'Seconds from `iat` to `exp` of its tokens; 86400 if it is absent',
      option: { value: '<seconds>', help: 'longest life of its tokens' },
    },
    subjectClaim: {
      is: claimReference,
      default: 'sub',
      description: 'Claim or JSON Pointer that is read as the subject; `sub` if it is absent',
      option: { value: '<claim>', help: 'the claim that is the subject' },
    },
    tokensNotBefore: { ...tokensNotBefore, hidden: true },
    // Raised by every refresh and every change of where keys come from; caches of keys are keyed on it.
    keysVersion: { is: wholeNumber(1), hidden: true, default: 1 },
    // What tells each of the keys from any other, so that no two providers of one issuer share one.
    localKeyIds: { is: list(anyText), hidden: true, follows: true, shown: true, default: [] },
    keys: {
      is: list(shape({ kid: nullable(anyText), alg: nullable(anyText) })),
      column: 'fetched_keys',
      readOnly: true,
      follows: true,
      shown: true,
      default: [],
      description: 'Those that verify: of `localJwks`, else of the last fetch; for display',
      example: [{ kid: 'cc413527-173f-5a05-976e-9c52b1d7b431', alg: 'RS256' }],
    },
    lastFetchedAt: {
      is: timestamp,
      readOnly: true,
      shown: true,
      null: 'unset',
      default: null,
      description: 'When its keys were fetched last',
      example: '2027-01-15T08:00:05Z',
    },
    lastFetchError: {
      is: anyText,
      readOnly: true,
      shown: true,
      null: 'unset',
      default: null,
      description: 'Why that failed, if it did',
    },
  },
  joins: {},
});

export type IdentityProviderInput = InputOf<typeof identityProvider.members>;
export type IdentityProviderRecord = RecordOf<typeof identityProvider>;
export type IdentityProviderView = ViewOf<typeof identityProvider>;
export type LocalJwks = NonNullable<IdentityProviderRecord['localJwks']>;

/** A provider as an exchange knows it: what its tokens are verified by. */
export type IdentityProvider = Omit<DecidingOf<typeof identityProvider>, 'name' | 'objectVersion'>;
