// What tokens cannot be issued for, as SQL of the table reserved_audience: audiences that another organisation has reserved.

/** Holds if the entry `r` covers the text `audience`, both SQL expressions. */
export const covering = (audience: string): string =>
  `(r.audience = ${audience} OR (r.is_prefix = 1 AND substr(${audience}, 1, length(r.audience)) = r.audience))`;

/**
 * A SELECT of the audiences of a JSON list that are reserved by another organisation. No entry covers another, so of all
 * entries only the last one that does not come after an audience can cover it: one row for each audience.
 */
export function reservedByOthers(list: string, organisationId: string): string {
  return `SELECT t.value FROM json_each(${list}) t CROSS JOIN reserved_audience r
    ON r.audience = (SELECT max(audience) FROM reserved_audience WHERE audience <= t.value)
    WHERE r.organisation_id <> ${organisationId} AND ${covering('t.value')}`;
}

/** A JSON list of what tokens of the rule `fi` cannot be issued for; `defaultAudience` is the parameter that stands for an empty list. */
export function withheldOf(defaultAudience: string): string {
  const list = `CASE fi.token_audiences WHEN '[]' THEN json_array(${defaultAudience}) ELSE fi.token_audiences END`;
  // As text, like the columns beside it: inside json_array() a list would become a part of it.
  return `'' || (SELECT json_group_array(value) FROM (${reservedByOthers(list, 'fi.organisation_id')}))`;
}

/** A JSON list of the parameter's audience if the organisation cannot use it; `organisationId` is an SQL expression. */
export function withheldDefault(defaultAudience: string, organisationId: string): string {
  return `(SELECT json_group_array(value) FROM (${reservedByOthers(`json_array(${defaultAudience})`, organisationId)}))`;
}
