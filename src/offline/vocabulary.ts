// What the command line shares with the service beside its rules: types of JSON values, reasons of refusals, slugs made of names.

export { slugOf } from '../contract/values.ts';
export type { DenialReason } from '../core/denial.ts';
export type { JsonObject, JsonValue } from '../core/json.ts';
