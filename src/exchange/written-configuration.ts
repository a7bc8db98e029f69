// A configuration as it is written down: the API's members, with names where the API has ids; holds no logic and reads nothing.

import type { FederatedIdentityInput } from '../objects/federated-identity.ts';
import type { IdentityProviderInput } from '../objects/identity-provider.ts';
import type { ServiceAccountInput } from '../objects/service-account.ts';

/** A provider by its name. */
export interface WrittenProvider extends IdentityProviderInput {
  readonly name: string;
  readonly providerIssuer: string;
}

/** An account by its name; the slug is its name's if it has none. */
export interface WrittenAccount extends ServiceAccountInput {
  readonly name: string;
}

/** A rule by its name, and the names of what it joins. */
export interface WrittenIdentity extends Omit<FederatedIdentityInput, 'serviceAccountIdentity' | 'providerIdentity'> {
  readonly name: string;
  readonly serviceAccount: string;
  readonly provider: string;
  readonly providerSubject: string;
}

/** Who holds a role, by names; the role by its slug, which is what tokens carry. */
export interface WrittenBinding {
  readonly role: string;
  readonly serviceAccount: string;
  readonly projects: readonly string[];
  readonly scopes: readonly string[];
}

/** Everything that decides an exchange in one organisation. Identities are in the order of their age, oldest first. */
export interface WrittenConfiguration {
  /** The deployment's ISSUER_URL. */
  readonly issuerUrl: string;
  /** Its DEFAULT_AUDIENCE. */
  readonly defaultAudience: string;
  readonly providers: readonly WrittenProvider[];
  readonly serviceAccounts: readonly WrittenAccount[];
  readonly identities: readonly WrittenIdentity[];
  readonly bindings: readonly WrittenBinding[];
}
