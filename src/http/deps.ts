// What the doors are given by the composition root; http reaches storage, issuers and keys through this and nothing else.

import type { Config } from '../config.ts';
import type { AuthenticateCredential } from '../exchange/authenticate-credential.ts';
import type { Denial, StatedDenial } from '../exchange/denial.ts';
import type { IssuedToken } from '../exchange/issue.ts';
import type { ExchangeTrace } from '../exchange/record.ts';
import type { CredentialRequest, ExchangeRequest } from '../exchange/request.ts';
import type { InspectOwnToken, OwnToken, Revocation } from '../exchange/token-standing.ts';
import type { Result } from '../exchange/result.ts';
import type { StoredMetrics } from '../objects/metrics.ts';
import type { ReadinessCheck } from './health.ts';
import type { IamDeps } from './iam/deps.ts';

export interface AppDeps {
  readonly config: Config;
  readonly exchange: (request: ExchangeRequest, trace: ExchangeTrace) => Promise<Result<IssuedToken, Denial>>;
  readonly grantToCredential: (
    request: CredentialRequest,
    trace: ExchangeTrace,
  ) => Promise<Result<IssuedToken, Denial>>;
  readonly authenticateCredential: AuthenticateCredential;
  readonly inspectToken: InspectOwnToken;
  /** Revokes a token by its possession; null if there was nothing to revoke. Throws StorageUnavailable. */
  readonly revokeToken: (compact: string, context: Omit<Revocation, 'token'>) => Promise<OwnToken | null>;
  /** The public keys to publish at `now`; none of a bundle that cannot sign. Throws StorageUnavailable. */
  readonly publishedKeys: (now: number) => Promise<Result<readonly object[], StatedDenial>>;
  /** The algorithms that ID tokens and access tokens are signed with, the ID token's first. */
  readonly signingAlgorithms: readonly string[];
  /** What has to work beyond the settings: storage, schema, keys. */
  readonly readinessChecks: readonly ReadinessCheck[];
  /** Sheds load; true if the caller may go on. */
  readonly mayProceed: (caller: string) => Promise<boolean>;
  /** The numbers of the whole deployment, of all organisations, at `now`. Throws StorageUnavailable. */
  readonly readMetrics: (now: number) => Promise<StoredMetrics>;
  /** Loaded when it is first asked for. */
  readonly iam: () => Promise<IamDeps>;
  /** The pages below /console; loaded when one is first asked for. */
  readonly console: () => Promise<(request: Request, requestId: string) => Promise<Response>>;
  /** Epoch seconds, fractional. */
  readonly now: () => number;
  readonly log: (event: Readonly<Record<string, unknown>>) => void;
}

export interface AppEnv {
  Variables: { requestId: string };
}
