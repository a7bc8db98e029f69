// Splits a file of SQL into its statements: a backup, a migration, the schema. Pure: tests inside workerd use it, too.

// What may hold a semicolon that ends nothing: a comment, a string, a quoted name (a doubled quote makes two of them); and the words that open and close a trigger's body.
const PART = /--[^\n]*|\/\*[\s\S]*?\*\/|'[^']*'|"[^"]*"|\b(?:BEGIN|CASE|END)\b|;/gi;

/** The statements, without comments and closing semicolons; the body of a trigger stays in its statement. */
export function sqlStatements(sql: string): string[] {
  const statements: string[] = [];
  let statement = '';
  let depth = 0;
  let at = 0;
  for (const { 0: part, index } of sql.matchAll(PART)) {
    statement += sql.slice(at, index);
    at = index + part.length;
    const word = part.toUpperCase();
    if (word === 'END') depth -= 1;
    else if (word === 'CASE' || (word === 'BEGIN' && /\bTRIGGER\b/i.test(statement))) depth += 1;
    if (part === ';' && depth === 0) {
      statements.push(statement);
      statement = '';
    } else if (!part.startsWith('--') && !part.startsWith('/*')) statement += part;
  }
  return [...statements, statement + sql.slice(at)].map((one) => one.trim()).filter((one) => one !== '');
}
