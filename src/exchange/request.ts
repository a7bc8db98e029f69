// What a caller asks for, after a door has read its parameters; one set of names for every grant.

import type { AskedToken } from '../rules/narrow.ts';
import type { ClientCredential } from './authenticate-credential.ts';

/** Everything a request asks for besides proving who sends it. */
export interface Asked extends AskedToken {
  /** Id, or slug if `organisation` is given; null if the caller names none. */
  readonly serviceAccount: string | null;
  /** Id or slug. */
  readonly organisation: string | null;
  /** The one identity asked for (the token-exchange form whose client_id is an identity's). */
  readonly federatedIdentity: string | null;
}

/** What does not come from the parameters. */
export interface RequestContext {
  readonly requestId: string;
  readonly ip: string | null;
  /** The one clock reading of this request, in epoch seconds. */
  readonly now: number;
}

/** A workload presents its ID token. */
export interface ExchangeRequest extends Asked, RequestContext {
  readonly subjectToken: string;
}

/** A system presents its access credential. */
export interface CredentialRequest extends Asked, RequestContext, ClientCredential {}

/** A request that names nothing. */
export const NOTHING_ASKED: Asked = {
  serviceAccount: null,
  organisation: null,
  federatedIdentity: null,
  scope: null,
  audiences: [],
  project: null,
  tokenType: 'access_token',
  lifetimeSeconds: null,
};
