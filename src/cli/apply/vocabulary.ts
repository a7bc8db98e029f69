// What the command line shares with the service beside its rules: types of JSON values, reasons of refusals, slugs made of names.

export { slugOf } from '../../objects/values.ts';
export type { DenialReason } from '../../exchange/denial.ts';
export type { JsonObject, JsonValue } from '../../token/json.ts';
