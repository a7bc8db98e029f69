// Writes one of our patterns as the regular expression that a platform's own configuration wants.

/** A pattern (`*`, `**`) in the syntax that RE2 and Java share, for use between slashes. */
export function regexpOf(pattern: string): string {
  return pattern
    .split(/(\*+)/)
    .map((part) =>
      part === '*' ? '[^:\\/]*' : /^\*+$/.test(part) ? '.*' : part.replaceAll(/[.+?^${}()|[\]\\/]/g, '\\$&'),
    )
    .join('');
}
