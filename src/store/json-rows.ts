// Rows of several tables in one statement, each as a JSON array in the order of its columns; knows no table.

/** Names as the row type has them, and the SQL expression of each. D1 gives a function 32 arguments at most, so no more columns. */
export type Columns = Readonly<Record<string, string>>;

/** Columns of one table under their own names. */
export function columnsOf(alias: string, names: readonly string[]): Columns {
  return Object.fromEntries(names.map((name) => [name, `${alias}.${name}`]));
}

/** The columns as the list of a SELECT. */
export function selectList(columns: Columns): string {
  return Object.entries(columns)
    .map(([name, sql]) => `${sql} AS ${name}`)
    .join(', ');
}

/** The columns as one JSON array. */
export function jsonArrayOf(columns: Columns): string {
  return `json_array(${Object.values(columns).join(', ')})`;
}

/** The row that such an array was made of. */
export function rowFrom<Row>(columns: Columns, values: readonly unknown[]): Row {
  const row: Record<string, unknown> = {};
  let at = 0;
  for (const name in columns) row[name] = values[at++];
  return row as Row;
}
