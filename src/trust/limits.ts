// The bounds of the trust report, each with its unit and its reason.

/** Days of grants that a report looks at: a job of every quarter is in them. */
export const REPORT_DAYS = 90;
/** Days after which a rule that was never used counts as never matched: a new pipeline often waits for its first release. */
export const GRACE_DAYS = 7;
export const SECONDS_PER_DAY = 86_400;
/** Recorded grants below which nothing is said about excess, and nothing is proposed: one or two runs do not show what a job needs. */
export const MIN_GRANTS = 3;
/** Values that a proposed condition lists at most; beyond it a pattern is what people can read. */
export const MAX_LISTED_VALUES = 5;
/** Claims that a proposal lists values of: a repository and a branch. */
export const MAX_LISTED_CLAIMS = 2;
/** Pairs of characters that comparing one rule with the others of its account may take: about 20 ms. */
export const MAX_CONTAINMENT_PAIRS = 2_000_000;
/** Workloads that a proposal names as shut out, if only their subjects can be shown. */
export const MAX_SHOWN_SUBJECTS = 3;
