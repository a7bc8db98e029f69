// The bounds of the API's objects and their members, each with its unit and its reason.

/** Bytes of a request body; a token request with a 16 KiB token and its parameters stays far below. */
export const MAX_BODY_BYTES = 64 * 1024;
/** Seconds; lifetime of an issued token, and its cap, if the identity names none. */
export const DEFAULT_TOKEN_LIFETIME_SECONDS = 3_600;
/** Claims copied into `upstream`. */
export const MAX_FORWARDED_CLAIMS = 20;
/** Identities of one service account; the next is refused with 409, so that an exchange reads a bounded number of rows. */
export const MAX_IDENTITIES_PER_SERVICE_ACCOUNT = 100;
/** Bindings of one service account; the next is refused with 409. */
export const MAX_BINDINGS_PER_SERVICE_ACCOUNT = 100;
/** Objects of one kind that an organisation may have; the next is refused with 409, so that no tenant fills the database for all. */
export const MAX_OBJECTS_OF_A_KIND = 10_000;
/** Bytes that the objects of one kind of an organisation take at most, as they are stored: 2 KB for each of ten thousand; beyond it a large one is refused with 409. */
export const MAX_BYTES_OF_A_KIND = 20_000_000;
/** Bytes of an object that is not refused for it: rules and accounts with a few labels stay below. */
export const SMALL_OBJECT_BYTES = 2_000;
/** Bytes of the projects and scopes of all bindings of one service account, as JSON: an exchange reads them together. */
export const MAX_BINDING_BYTES_PER_SERVICE_ACCOUNT = 64 * 1024;
/** Bytes of what the rules of one service account compare and give, as JSON: ten kilobytes for each of a hundred. */
export const MAX_IDENTITY_BYTES_PER_SERVICE_ACCOUNT = 1024 * 1024;
/** Bytes of what an audit event keeps of one change, as JSON: rules and lists as people write them, twice; no 57 KB of annotations. */
export const MAX_RECORDED_CHANGES_BYTES = 8 * 1024;
/** Seconds a new key must have been published before it may sign: the cache time of the JWKS. */
export const KEY_PUBLICATION_SECONDS = 300;
/** Bytes of SEALING_KEY: AES-256. */
export const SEALING_KEY_BYTES = 32;
/** Days between two scheduled rotations of a key, at most: ten years, beyond which a setting is a typing error. */
export const MAX_KEY_ROTATION_DAYS = 3_650;
/** Characters of an object's name, and of a slug: a slug is one DNS label, so that it fits anywhere. */
export const MAX_NAME_CHARS = 128;
export const MAX_SLUG_CHARS = 63;
/** Characters of a description. */
export const MAX_DESCRIPTION_CHARS = 1_024;
/** Entries of a label or annotation map. */
export const MAX_MAP_ENTRIES = 64;
/** Characters of a label's or annotation's key; keys with a domain in front are below 100. */
export const MAX_MAP_KEY_CHARS = 128;
/** Characters of a label's value; it is a column of an index. */
export const MAX_LABEL_VALUE_CHARS = 256;
/** Characters of an annotation's value. */
export const MAX_ANNOTATION_VALUE_CHARS = 4_096;
/** Audiences in a list of an identity, and characters of one. */
export const MAX_AUDIENCES = 50;
export const MAX_AUDIENCE_CHARS = 512;
/** Audiences that an organisation reserves: those of its APIs, for most of which one prefix stands. */
export const MAX_RESERVED_AUDIENCES = 50;
/** Scopes of an identity, and characters of one; the `scope` of a token stays below 16 KiB. */
export const MAX_SCOPES = 100;
export const MAX_SCOPE_CHARS = 128;
/** Seconds; the longest life of a subject token that a provider can be told to accept: Kubernetes issues tokens of a year. */
export const MAX_SUBJECT_TOKEN_LIFETIME_SECONDS = 31_536_000;
/** Rules of one role; they are answered with it. The next is refused with 409. */
export const MAX_RULES_PER_ROLE = 100;
/** Kinds of resources, or resources, that one rule of a role names, and characters of one. */
export const MAX_RULE_RESOURCES = 100;
export const MAX_RESOURCE_CHARS = 256;
/** Projects of one binding, and characters of one: as many as `project_id` may have. */
export const MAX_BINDING_PROJECTS = 100;
export const MAX_PROJECT_CHARS = 256;
/** Seconds from now that an access credential lives if nobody says how long: a quarter of a year. */
export const DEFAULT_CREDENTIAL_LIFETIME_SECONDS = 90 * 86_400;
/** Seconds from now that an access credential may live: 400 days, a year and time to replace it. */
export const MAX_CREDENTIAL_LIFETIME_SECONDS = 400 * 86_400;
/** Audit events that a page searches at most if its index leaves filters open; the next page goes on behind them. D1 counts three rows for each. */
export const MAX_AUDIT_EVENTS_SEARCHED = 5_000;
/** Characters of the `kid` of a key of our own. */
export const MAX_SIGNING_KID_CHARS = 128;
/** Providers of an organisation that share one issuer; an unverified token makes each of their keys be tried. The next is 409. */
export const MAX_PROVIDERS_OF_ONE_ISSUER = 20;
