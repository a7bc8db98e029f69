// The bounds of what a rule may say and what matching it may cost, each with its unit and its reason.

/** Seconds; the shortest lifetime that can be asked for or configured. */
export const MIN_TOKEN_LIFETIME_SECONDS = 60;
/** Seconds; the longest lifetime any issued token can have, and the default limit for subject tokens. */
export const MAX_TOKEN_LIFETIME_SECONDS = 86_400;
/** Characters of `access_token_lifetime`; the longest sensible Go duration is below 30. */
export const MAX_LIFETIME_CHARS = 64;
/** Characters of a glob, of a subject or a claim; what matching costs grows with them. */
export const MAX_GLOB_CHARS = 512;
/** Variants of one rule that a hint tries on a token to name the shortest change; each costs what matching costs. */
export const MAX_HINT_VARIANTS = 8;
/** Characters of an exact subject: a SPIFFE ID may have 2048 bytes (SPIFFE-ID §2.3). */
export const MAX_EXACT_SUBJECT_CHARS = 2_048;
/** Characters of a CEL expression. */
export const MAX_EXPRESSION_CHARS = 2_048;
/** Nodes of a CEL expression's syntax tree; bounds evaluation, which has no loops but comprehensions. */
export const MAX_EXPRESSION_NODES = 200;
/** Nesting of a CEL expression: the parser recurses. */
export const MAX_EXPRESSION_DEPTH = 32;
/** Nodes inside the macros (`exists`, `all`, …) of a CEL expression × elements of the largest list or object of the token; more is a refusal. A step takes up to 10 µs. */
export const MAX_EXPRESSION_STEPS = 20_000;
/** Steps of about a microsecond that all rules of one exchange may cost together (contract §7): 50 ms of CPU. */
export const MAX_EXCHANGE_MATCHING_STEPS = 50_000;
/** Steps of an explanation, which makes every check of every rule, also those that deciding need not make: 200 ms. */
export const MAX_EXPLANATION_STEPS = 200_000;
/** Characters of a text × characters of a glob that matching takes a step for: half of what was measured. */
export const GLOB_PAIRS_PER_STEP = 5_000;
/** Elements of a claim that a condition compares in a step: half of what was measured. */
export const ELEMENTS_PER_STEP = 15;
/** Audiences that are compared one by one with those of the other side; more are looked up in a set, which costs more to make. */
export const MAX_COMPARED_AUDIENCES = 8;
/** Claims an identity may set conditions on. */
export const MAX_CONDITIONS = 50;
/** Values listed in one condition. */
export const MAX_CONDITION_VALUES = 100;
/** Characters of one value of a condition; the longest real claims (workflow references) stay below 400. */
export const MAX_CONDITION_VALUE_CHARS = 1_024;
/** Compiled federated identities an isolate keeps, and characters of all of them as JSON: one takes six bytes for each, and may have 60,000. */
export const MAX_CACHED_IDENTITIES = 2_000;
export const MAX_CACHED_IDENTITY_CHARS = 4_000_000;
/** Characters of a claim's name or JSON Pointer. */
export const MAX_CLAIM_REFERENCE_CHARS = 256;
