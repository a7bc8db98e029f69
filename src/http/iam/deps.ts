// What the IAM API is given by the composition root, and what each of its operations is given in turn.

import type { ExplainRequest, Explanation, UnknownObject } from '../../exchange/explain.ts';
import type { IdentityProviderRecord } from '../../objects/identity-provider.ts';
import type { IamStore } from '../../objects/storage.ts';
import type { IssuerPort } from '../../objects/issuer-port.ts';
import type { JsonObject } from '../../token/json.ts';
import type { InspectOwnToken } from '../../exchange/token-standing.ts';
import type { SigningKeyPort } from '../../objects/key-rotation.ts';
import type { Result } from '../../exchange/result.ts';
import type { Problem } from '../problem.ts';
import type { IdPrefix } from '../../objects/rule.ts';
import type { Caller } from './caller.ts';

export type { Caller, IamScope } from './caller.ts';

export interface IamDeps {
  readonly store: IamStore;
  readonly config: {
    /** Null if the setting is missing or wrong; the API then answers 503. */
    readonly issuerUrl: string | null;
    /** Likewise; it stands for an empty list of token audiences. */
    readonly defaultAudience: string | null;
    /** Null if the deployment has no root token. */
    readonly adminToken: string | null;
    readonly allowLoopbackIssuers: boolean;
  };
  /** Sheds load; true if the organisation, named by id or slug, may write once more. */
  readonly mayWrite: (organisation: string) => Promise<boolean>;
  /** Epoch seconds; fractions are dropped. */
  readonly now: () => number;
  /** A new TypeID with this prefix. */
  readonly newId: (prefix: IdPrefix) => string;
  /** What is wrong with a key set given by hand, each in one sentence; empty if it can be used. */
  readonly validateLocalJwks: (jwks: JsonObject, spiffe: boolean) => readonly string[];
  /** The keys of such a set that verify, and what tells each from any other. */
  readonly readLocalKeys: (
    jwks: JsonObject,
    spiffe: boolean,
  ) => { readonly keys: IdentityProviderRecord['keys']; readonly ids: readonly string[] };
  /** Null if the settings that it needs are missing; the root token still works then. */
  readonly inspectToken: InspectOwnToken | null;
  /** Our own keys; null if the settings that they need are missing. */
  readonly signingKeys: SigningKeyPort | null;
  /** Explains an exchange; null if a setting that an exchange needs is missing. Throws StorageUnavailable. */
  readonly explain: ((request: ExplainRequest) => Promise<Result<Explanation, UnknownObject>>) | null;
  /** The issuers of others; null if a setting that reaching them needs is missing. */
  readonly issuers: IssuerPort | null;
  readonly log: (event: Readonly<Record<string, unknown>>) => void;
  /** Who sits before the console and acts as the caller; absent if the caller itself sends the request. */
  readonly person?: string;
}

/** One authenticated request. */
export interface IamRequest {
  readonly deps: IamDeps;
  readonly issuerUrl: string;
  readonly raw: Request;
  readonly url: URL;
  /** What the path names the object by; empty if it names none. */
  readonly objectId: string;
  /** What the path names the object by that this one belongs to; empty if it belongs to none. */
  readonly parentId: string;
  readonly caller: Caller;
  readonly requestId: string;
  readonly ip: string | null;
  /** Epoch seconds; the one clock reading of this request. */
  readonly now: number;
  /** The request asks how its write would end; nothing may be written, and what only a write makes is left empty. */
  readonly isJudgement: boolean;
}

/** The answer of an operation that was carried out. */
export interface Reply {
  readonly status: 200 | 201 | 204 | 304;
  /** Answered as JSON; a stream as it is, under a content type of its own. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Operation = (request: IamRequest) => Promise<Result<Reply, Problem>>;

export interface IamEnv {
  Bindings: { readonly deps: IamDeps };
}
