// Text for a terminal: our own colours, and everybody's text with its control and format characters made visible.

import { crypto, util } from './builtin.ts';

export type Colour = 'green' | 'red' | 'yellow' | 'cyan' | 'dim' | 'bold';

/**
 * Characters that move the cursor, end a line, or hide or reorder text: controls (C0, DEL, C1), format characters
 * (bidirectional, zero-width, tags), line and paragraph separators, lone surrogates, and fillers that show nothing.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

const SHORT: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** The text on one line, with what cannot be seen written as JSON writes it: `\u001b`, `\n`. JSON stays the same JSON. */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, (character) => SHORT.get(character) ?? escaped(character));
}

/** The same for a text of several lines, which stay lines. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}

/**
 * Stands for a colour until the text is written. It holds a word that is new in every run: a text of somebody else that
 * imitates a mark, or a colour code, colours nothing.
 */
let mark: { readonly text: string; readonly pattern: RegExp } | null = null;

function newMark(): NonNullable<typeof mark> {
  const text = `\uFDD0${crypto().randomUUID()}`;
  return { text, pattern: new RegExp(`${text}([a-z]*)\uFDD1`, 'g') };
}

/** The text with a colour, to be written by `renderLine`. */
export function coloured(colour: Colour, text: string): string {
  mark ??= newMark();
  return `${mark.text}${colour}\uFDD1${text}${mark.text}\uFDD1`;
}

/** One line as it is written: colours as codes, and no other control or format character. */
export function renderLine(line: string): string {
  if (mark === null) return visible(line);
  // The texts stand at even places, the colour of each before it; the first has none.
  return line
    .split(mark.pattern)
    .map((part, index, parts) => (index % 2 === 1 ? '' : inColour(parts[index - 1] ?? '', visible(part))))
    .join('');
}

function inColour(colour: string, text: string): string {
  // The caller knows whether this stream takes colours; `process.stdout` may be another one.
  return colour === '' || text === '' ? text : util().styleText(colour as Colour, text, { validateStream: false });
}

/** Columns that a text takes once it is written. */
export function widthOf(text: string): number {
  return visible(mark === null ? text : text.replaceAll(mark.pattern, '')).length;
}
