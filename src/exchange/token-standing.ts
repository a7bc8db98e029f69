// What an access token of this deployment says, and whether all that it rests on still stands; verifies no signature.

import type { JsonObject } from '../token/json.ts';
import type { BindingReach } from '../objects/role-binding.ts';
import type { Organisation } from '../objects/organisation.ts';
import type { ServiceAccount } from '../objects/service-account.ts';
import type { SigningKeyState } from './ports.ts';
import { ok, refuse } from './result.ts';
import type { Result } from './result.ts';
import { rolesUnderScope } from '../rules/binding-reach.ts';

/** An access token whose signature, issuer, type and times were checked. Times are NumericDates. */
export interface OwnToken {
  readonly kid: string;
  readonly alg: string;
  /** `jti` */
  readonly tokenId: string;
  readonly serviceAccountId: string;
  readonly organisationId: string;
  readonly audiences: readonly string[];
  readonly scopes: readonly string[];
  readonly project: string | null;
  /** The federated identity that granted it; null for an access credential's. */
  readonly federatedIdentityId: string | null;
  /** The access credential that it was issued to; null for a workload's. */
  readonly accessCredentialId: string | null;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** All claims, as they were issued. */
  readonly claims: JsonObject;
}

/** A role that an account holds now through one binding. */
export interface AccountRole extends BindingReach {
  readonly roleId: string;
  readonly roleSlug: string;
}

/** Tokens issued before that time do not count; null if none was ended. */
export interface TokensEnd {
  readonly tokensNotBefore: number | null;
}

/** What storage knows of a token and of the account it was issued to, read in one round trip. */
export interface TokenStanding {
  readonly signingKeys: readonly SigningKeyState[];
  readonly isRevoked: boolean;
  /** Null if it was deleted. */
  readonly serviceAccount: (ServiceAccount & { readonly name: string }) | null;
  /** Null if it was deleted, or the token names none. */
  readonly federatedIdentity:
    | (TokensEnd & {
        readonly status: 'active' | 'inactive' | 'revoked';
        readonly expiresAt: number | null;
        readonly provider: TokensEnd & { readonly status: 'active' | 'inactive' };
      })
    | null;
  /** Null if it was deleted, or the token names none. */
  readonly accessCredential: (TokensEnd & { readonly expiresAt: number }) | null;
  /** The account's organisation; null with it. */
  readonly organisation: Organisation | null;
  readonly roles: readonly AccountRole[];
}

/** A token that counts now, and what stands behind it. */
export interface ActiveToken extends OwnToken {
  readonly serviceAccount: ServiceAccount & { readonly name: string };
  readonly organisation: Organisation;
  /** The account's roles that count under the token's scopes, effective now; the token's own `roles` are those of the moment it was issued. */
  readonly roles: readonly AccountRole[];
}

/** Why a token does not count; for logs and tests, since a caller learns only that it does not. */
export type OwnTokenFault =
  | 'malformed'
  | 'not_an_access_token'
  | 'unknown_key'
  | 'signature_invalid'
  | 'foreign_issuer'
  | 'claims_invalid'
  | 'expired'
  | 'not_yet_valid'
  | 'key_not_in_use'
  | 'token_revoked'
  | 'account_deleted'
  | 'account_inactive'
  | 'identity_deleted'
  | 'identity_not_active'
  | 'provider_inactive'
  | 'credential_deleted'
  | 'credential_expired'
  /** It was issued before its account, identity, provider or credential was disabled, or before their tokens were revoked. */
  | 'tokens_ended';

/** Verifies a token at `now` (epoch seconds) without any storage, so that a random one costs none. */
export type VerifyOwnToken = (compact: string, now: number) => Promise<Result<OwnToken, OwnTokenFault>>;
/** Reads what storage knows of a verified token. Throws StorageUnavailable. */
export type ReadTokenStanding = (token: OwnToken) => Promise<TokenStanding>;
/** Both together. Throws StorageUnavailable. */
export type InspectOwnToken = (compact: string, now: number) => Promise<Result<ActiveToken, OwnTokenFault>>;

/** Who revoked a token, when and from where. Times are epoch seconds. */
export interface Revocation {
  readonly token: OwnToken;
  readonly requestId: string;
  readonly ip: string | null;
  readonly now: number;
}
/** Revokes a token with its audit event in one write; false if it was revoked before. Throws StorageUnavailable. */
export type RecordRevocation = (revocation: Revocation) => Promise<boolean>;

/**
 * Whether a token counts at `now` (epoch seconds): verified, not revoked, signed by a key in use, and its account, identity and
 * provider, or its credential, are there, active, and did not end their tokens since (contract §3).
 */
export async function inspectOwnToken(
  compact: string,
  now: number,
  ports: { readonly verify: VerifyOwnToken; readonly readStanding: ReadTokenStanding },
): Promise<Result<ActiveToken, OwnTokenFault>> {
  const verified = await ports.verify(compact, now);
  if (!verified.ok) return verified;
  const token = verified.value;
  const standing = await ports.readStanding(token);
  const { signingKeys, isRevoked, serviceAccount, organisation, roles } = standing;
  if (!signingKeys.some((key) => mayHaveSigned(key, token, now))) return refuse('key_not_in_use');
  if (isRevoked) return refuse('token_revoked');
  if (serviceAccount === null || organisation === null || organisation.id !== token.organisationId) {
    return refuse('account_deleted');
  }
  if (serviceAccount.status !== 'active') return refuse('account_inactive');
  if (issuedBeforeEnd(token, serviceAccount)) return refuse('tokens_ended');
  const fault =
    token.accessCredentialId === null ? identityFault(token, standing, now) : credentialFault(token, standing, now);
  if (fault !== null) return refuse(fault);
  return ok({ ...token, serviceAccount, organisation, roles: rolesUnderScope(token.scopes, roles) });
}

/**
 * Revokes a token by its possession (RFC 7009 §2.1); the token revoked by this call, or null if there was nothing to
 * revoke: not a token of ours, expired, or revoked before. An inactive account's token is revoked too, since it may become active again.
 */
export async function revokeOwnToken(
  compact: string,
  context: Omit<Revocation, 'token'>,
  ports: { readonly verify: VerifyOwnToken; readonly record: RecordRevocation },
): Promise<OwnToken | null> {
  const verified = await ports.verify(compact, context.now);
  if (!verified.ok) return null;
  return (await ports.record({ ...context, token: verified.value })) ? verified.value : null;
}

function identityFault(token: OwnToken, { federatedIdentity }: TokenStanding, now: number): OwnTokenFault | null {
  if (federatedIdentity === null) return 'identity_deleted';
  const { status, expiresAt, provider } = federatedIdentity;
  if (status !== 'active' || (expiresAt !== null && expiresAt <= now)) return 'identity_not_active';
  if (provider.status !== 'active') return 'provider_inactive';
  return issuedBeforeEnd(token, federatedIdentity) || issuedBeforeEnd(token, provider) ? 'tokens_ended' : null;
}

function credentialFault(token: OwnToken, { accessCredential }: TokenStanding, now: number): OwnTokenFault | null {
  if (accessCredential === null) return 'credential_deleted';
  if (accessCredential.expiresAt <= now) return 'credential_expired';
  return issuedBeforeEnd(token, accessCredential) ? 'tokens_ended' : null;
}

function issuedBeforeEnd({ issuedAt }: OwnToken, { tokensNotBefore }: TokensEnd): boolean {
  return tokensNotBefore !== null && issuedAt < tokensNotBefore;
}

/** A revoked key's tokens are dead at once, a retiring one's live until they expire, and a standby key has signed nothing. */
function mayHaveSigned(key: SigningKeyState, token: OwnToken, now: number): boolean {
  if (key.kid !== token.kid || key.alg !== token.alg) return false;
  return key.status === 'active' || (key.status === 'retiring' && (key.expiresAt === null || key.expiresAt > now));
}
