// The pattern language of rules as its definition reads, character by character and slow; shares nothing with the matcher (contract §5.3).

/** `*` is any run without `:` or `/`, two or more of them any run at all, everything else itself. Exponential: for short texts. */
export function naiveGlob(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern.startsWith('**')) {
    const rest = pattern.slice(pattern.startsWith('***') ? 1 : 2);
    return naiveGlob(rest, text) || (text !== '' && naiveGlob(pattern, text.slice(1)));
  }
  if (pattern.startsWith('*')) {
    if (naiveGlob(pattern.slice(1), text)) return true;
    return text !== '' && !text.startsWith(':') && !text.startsWith('/') && naiveGlob(pattern, text.slice(1));
  }
  return text !== '' && text[0] === pattern[0] && naiveGlob(pattern.slice(1), text.slice(1));
}
