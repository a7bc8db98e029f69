// The table identity_provider: rows in, typed objects out; it decides nothing about what a provider may be.

import type { JsonObject } from '../core/json.ts';
import { ACCEPTED_ALGORITHMS } from '../core/model.ts';
import type { Algorithm, IdentityProvider } from '../core/model.ts';
import { PRESET_NAMES } from '../presets/preset.ts';
import type { PresetName } from '../presets/preset.ts';

/** The columns a provider's rules are read from. */
export interface IdentityProviderRow {
  readonly id: string;
  readonly organisation_id: string;
  readonly issuer: string;
  readonly jwks_uri: string | null;
  readonly local_jwks: string | null;
  readonly status: 'active' | 'inactive';
  readonly preset: string;
  readonly allowed_algorithms: string;
  readonly max_token_lifetime: number;
  readonly subject_claim: string;
  readonly keys_version: number;
}

/** Maps a row to the provider that core knows; throws on a preset this build does not have, whose guards it would not apply. */
export function toIdentityProvider(row: IdentityProviderRow): IdentityProvider {
  return {
    id: row.id,
    organisationId: row.organisation_id,
    issuer: row.issuer,
    jwksUri: row.jwks_uri,
    localJwks: row.local_jwks === null ? null : (JSON.parse(row.local_jwks) as { keys: JsonObject[] }),
    status: row.status,
    preset: presetOf(row.preset),
    allowedAlgorithms: (JSON.parse(row.allowed_algorithms) as Algorithm[]).filter((alg) =>
      ACCEPTED_ALGORITHMS.includes(alg),
    ),
    maxTokenLifetimeSeconds: row.max_token_lifetime,
    subjectClaim: row.subject_claim,
    keysVersion: row.keys_version,
  };
}

function presetOf(name: string): PresetName {
  const preset = PRESET_NAMES.find((known) => known === name);
  if (preset === undefined) throw new Error(`identity_provider row with the unknown preset ${JSON.stringify(name)}`);
  return preset;
}
