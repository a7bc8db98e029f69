// The kinds of objects that a configuration declares, as data: how they are called, where they are kept, what a missing member means.

import { detectPreset } from '../../platforms/presets.ts';
import type { JsonObject } from '../../token/json.ts';
import type { WrittenKind } from './object-faults.ts';

/** In the order in which they are created; they are deleted in the reverse order. */
export const KINDS: readonly WrittenKind[] = ['provider', 'serviceAccount', 'role', 'identity', 'binding'];

/** Says which configuration an object belongs to; `--prune` deletes nothing without it. */
export const CONFIGURATION_LABEL = 'cambist/configuration';

export const KIND_LABELS: Readonly<Record<WrittenKind | 'rule', string>> = {
  provider: 'identity provider',
  serviceAccount: 'service account',
  role: 'role',
  rule: 'role rule',
  identity: 'federated identity',
  binding: 'role binding',
};

/** Under `/v1`; a binding's names its role. */
export function collectionPath(kind: WrittenKind | 'rule', parentIdentity: string): string {
  switch (kind) {
    case 'provider':
      return '/federated-identity-providers';
    case 'serviceAccount':
      return '/service-accounts';
    case 'identity':
      return '/federated-identities';
    case 'role':
      return '/iam/roles';
    case 'rule':
      return `/iam/roles/${parentIdentity}/rules`;
    case 'binding':
      return `/iam/roles/${parentIdentity}/bindings`;
  }
}

/** What the service makes of members that are not declared; `slug`, `labels` and `annotations` stay as they are. */
export function defaultsOf(kind: WrittenKind, members: JsonObject): JsonObject {
  switch (kind) {
    case 'provider':
      return {
        description: '',
        providerJwksUri: null,
        localJwks: null,
        status: 'active',
        preset: detectPreset(String(members['providerIssuer'] ?? '')),
        allowedAlgorithms: ['RS256', 'ES256'],
        maxTokenLifetime: 86_400,
        subjectClaim: 'sub',
      };
    case 'serviceAccount':
      return { description: '', status: 'active' };
    case 'role':
      return { description: '' };
    case 'binding':
      return { description: '', projects: [], scopes: [] };
    case 'identity': {
      const { maxTokenLifetime } = members;
      return {
        description: '',
        providerSubjectMatch: 'exact',
        trustedAudiences: [],
        audienceMatchMode: 'any',
        conditions: null,
        expression: null,
        allowedScopes: [],
        tokenAudiences: [],
        tokenLifetime: typeof maxTokenLifetime === 'number' ? Math.min(3600, maxTokenLifetime) : 3600,
        maxTokenLifetime: 3600,
        forwardedClaims: [],
        replayProtection: 'off',
        mode: 'enforce',
        status: 'active',
        expiresAt: null,
      };
    }
  }
}

/** Members that are decided when an object is created. */
export const IMMUTABLE: Readonly<Record<WrittenKind, readonly string[]>> = {
  provider: ['providerIssuer'],
  serviceAccount: [],
  role: [],
  identity: ['provider'],
  binding: ['serviceAccount'],
};
