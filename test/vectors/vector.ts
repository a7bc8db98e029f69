// What a test vector is: one token, the key it names, and whether it must verify; data only, made by generate.ts.

/** A public key in JWK, with `kid` `vector`; never a private member but where that is the point of the vector. */
export type VectorKey = Readonly<Record<string, unknown>>;

export interface Vector {
  readonly id: string;
  /** What is special about it, and where it was a fault of somebody's. */
  readonly comment: string;
  readonly token: string;
  /** Name of a key of the file. */
  readonly key: string;
  /** `acceptable` may be verified or refused: verifiers differ, and nobody is let in who may not. */
  readonly result: 'valid' | 'acceptable' | 'invalid';
  /** `verified`, or the reason of the refusal. */
  readonly reason: string;
}

/** One file of vectors. */
export interface VectorFile {
  readonly description: string;
  /** Epoch seconds at which the tokens are valid. */
  readonly now: number;
  readonly issuer: string;
  readonly keys: Readonly<Record<string, VectorKey>>;
  readonly vectors: readonly Vector[];
}
