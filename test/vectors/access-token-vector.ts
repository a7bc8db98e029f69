// What an access-token vector is: one token, what the API asks of it, and the verdict; data only, made by generate.ts.

export interface AccessTokenVector {
  readonly id: string;
  readonly comment: string;
  readonly token: string;
  /** Organisations whose tokens count; any if it is absent. */
  readonly organisation?: readonly string[];
  readonly scope?: readonly string[];
  readonly role?: readonly string[];
  /** `verified`, or the fault. */
  readonly result: string;
}

export interface AccessTokenVectorFile {
  readonly description: string;
  /** Epoch seconds at which the tokens are valid. */
  readonly now: number;
  readonly issuer: string;
  readonly audience: string;
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  readonly vectors: readonly AccessTokenVector[];
}
