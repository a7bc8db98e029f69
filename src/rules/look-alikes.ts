// Folds characters that people cannot tell apart, for hints and warnings alone; rules are compared byte for byte.

/** Letters of other scripts that look like Latin ones in most fonts, the commonest first (Unicode TR39 has thousands). */
const LATIN: Readonly<Record<string, string>> = {
  а: 'a',
  е: 'e',
  о: 'o',
  р: 'p',
  с: 'c',
  х: 'x',
  у: 'y',
  і: 'i',
  ј: 'j',
  ѕ: 's',
  ԁ: 'd',
  һ: 'h',
  ӏ: 'l',
  ԛ: 'q',
  ԝ: 'w',
  к: 'k',
  м: 'm',
  т: 't',
  в: 'b',
  н: 'h',
  г: 'r',
  п: 'n',
  А: 'A',
  В: 'B',
  Е: 'E',
  К: 'K',
  М: 'M',
  Н: 'H',
  О: 'O',
  Р: 'P',
  С: 'C',
  Т: 'T',
  Х: 'X',
  У: 'Y',
  І: 'I',
  Ј: 'J',
  Ѕ: 'S',
  α: 'a',
  ε: 'e',
  ο: 'o',
  ρ: 'p',
  ν: 'v',
  τ: 't',
  υ: 'u',
  ι: 'i',
  κ: 'k',
  χ: 'x',
  Α: 'A',
  Β: 'B',
  Ε: 'E',
  Η: 'H',
  Ι: 'I',
  Κ: 'K',
  Μ: 'M',
  Ν: 'N',
  Ο: 'O',
  Ρ: 'P',
  Τ: 'T',
  Χ: 'X',
  Υ: 'Y',
  Ζ: 'Z',
  ı: 'i',
  ɡ: 'g',
  ℓ: 'l',
  '∕': '/',
  '⁄': '/',
  '：': ':',
  '∶': ':',
  ː: ':',
  '꞉': ':',
  '‐': '-',
  '‑': '-',
  '‒': '-',
  '–': '-',
  '−': '-',
  '․': '.',
  '＊': '*',
  '∗': '*',
  '⁎': '*',
};

/** The text without invisible characters and with Latin letters in place of those that look like them. */
export function lookAlike(text: string): string {
  const visible = text
    .normalize('NFKC')
    .replaceAll(/[\p{Cf}\p{Cc}\u034F\u115F\u1160\u3164]/gu, '')
    .replaceAll(/\s/gu, ' ');
  return Array.from(visible, (character) => LATIN[character] ?? character).join('');
}

/** The first character of a text that is invisible or no ASCII, as its code point; null if there is none. */
export function strangeCharacter(text: string): string | null {
  const found = Array.from(text).find((character) => !/^[\x20-\x7e]$/.test(character));
  return found === undefined ? null : `U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
