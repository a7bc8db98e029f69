// Mistakes that a pattern shows by itself: signs of another pattern language, a * that is literal, white space; judges nothing.

/** `.*` counts only as a whole segment: `v1.*` is a good glob. */
const REGULAR_EXPRESSION = /(?:^|[:/])\.[*+]|^\^|\$$|\([^()]*\|[^()]*\)|\(\?|\\[dwsbDWS.\-/]|\[[^\]]+\][*+?{]/;

/** True if the text is written as a regular expression; globs know only `*` and `**`. */
export function looksLikeRegularExpression(pattern: string): boolean {
  return REGULAR_EXPRESSION.test(pattern);
}

/** The globs that a simple regular expression would be: alternatives written out, `.*` as `**`. */
export function globsOf(expression: string): readonly string[] {
  const plain = expression
    .replace(/^\^/, '')
    .replace(/\$$/, '')
    .replaceAll(/\\([.\-/:])/g, '$1')
    .replaceAll(/(?:\\[dw]|\[[^\]]+\])[*+]/g, '*')
    .replaceAll(/\.[*+]/g, '**');
  const [group, inside = ''] = /\((?:\?:)?([^()|]*(?:\|[^()|]*)+)\)/.exec(plain) ?? [];
  if (group === undefined) return [plain];
  return inside.split('|').map((alternative) => plain.replace(group, alternative));
}

/** Every `*` as `**`, which also crosses `:` and `/`. */
export function withDoubleStars(glob: string): string {
  return glob.replaceAll(/\*+/g, '**');
}

/** The text with percent-encoded characters decoded; as it is if they are not UTF-8. */
export function percentDecoded(text: string): string {
  if (!/%[0-9a-f]{2}/i.test(text)) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
