// The numbers of the whole deployment, as storage gives them to GET /metrics; nothing that a tenant may name is among them.

export interface StoredMetrics {
  /** Since scraping began, as all counters here. */
  readonly grants: number;
  readonly shadowDecisions: number;
  /** Changes by the IAM API. */
  readonly changes: number;
  readonly refusals: readonly { readonly reason: string; readonly total: number }[];
  readonly failingIssuers: number;
  readonly keys: readonly KeyMetric[];
  /** Epoch seconds, of the events in D1; null if there is none. */
  readonly oldestEventAt: number | null;
  readonly databaseBytes: number;
  readonly databaseLimitBytes: number;
}

/** The keys of one algorithm that have one status. */
export interface KeyMetric {
  readonly alg: string;
  readonly status: string;
  readonly number: number;
  /** Epoch seconds; the oldest of them has signed, or been published, since then. */
  readonly since: number;
}
