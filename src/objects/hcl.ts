// HCL as text: values with everything escaped that Terraform would read as its own, and blocks as `terraform fmt` writes them; knows no resource.

import { isJsonObject } from '../token/json.ts';
import type { JsonValue } from '../token/json.ts';

/** What is written as it stands, such as a reference to another block. */
export class Reference {
  readonly address: string;
  constructor(address: string) {
    this.address = address;
  }
}

export type HclValue = JsonValue | Reference;

/** One block with its attributes; its labels are quoted. */
export function block(kind: string, labels: readonly string[], attributes: Readonly<Record<string, HclValue>>): string {
  const head = [kind, ...labels.map(quoted)].join(' ');
  return `${head} {\n${attributeLines(Object.entries(attributes), '  ').join('\n')}\n}\n`;
}

/** A text in quotes. `${` and `%{` begin templates, so they are written twice over (HCL native syntax, template literals). */
function quoted(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replaceAll(/[$%](?=\{)/g, '$&$&')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, codePoint);
  return `"${escaped}"`;
}

function codePoint(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length <= 4 ? `\\u${code.padStart(4, '0')}` : `\\U${code.padStart(8, '0')}`;
}

/** Attributes one below the other: the signs of those on one line stand in a column. */
function attributeLines(entries: readonly (readonly [string, HclValue])[], indent: string): string[] {
  const written = entries.map(([name, value]) => [name, valueText(value, indent)] as const);
  const lines: string[] = [];
  for (let from = 0; from < written.length;) {
    const end = written.findIndex(([, text], at) => at >= from && text.includes('\n'));
    const run = written.slice(from, end === -1 ? undefined : end);
    const width = Math.max(0, ...run.map(([name]) => charactersOf(name)));
    for (const [name, text] of run) lines.push(`${indent}${name}${' '.repeat(width - charactersOf(name))} = ${text}`);
    const broken = end === -1 ? undefined : written[end];
    if (broken !== undefined) lines.push(`${indent}${broken[0]} = ${broken[1]}`);
    from += run.length + 1;
  }
  return lines;
}

/** Keys come in order, since storage keeps none of a map. */
function valueText(value: HclValue, indent: string): string {
  if (value instanceof Reference) return value.address;
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return listText(value as readonly JsonValue[], indent);
  if (!isJsonObject(value)) return String(value);
  const entries = Object.entries(value)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, member]) => [keyText(key), member] as const);
  if (entries.length === 0) return '{}';
  return `{\n${attributeLines(entries, `${indent}  `).join('\n')}\n${indent}}`;
}

function listText(list: readonly JsonValue[], indent: string): string {
  if (!list.some((item) => typeof item === 'object')) return `[${list.map((item) => valueText(item, '')).join(', ')}]`;
  const items = list.map((item) => `${indent}  ${valueText(item, `${indent}  `)},\n`);
  return `[\n${items.join('')}${indent}]`;
}

/** A key of an object: a word as it is, anything else as a text. Words that HCL reads as values are texts too. */
function keyText(key: string): string {
  return /^[A-Za-z_][\w-]*$/.test(key) && !['true', 'false', 'null', 'for'].includes(key) ? key : quoted(key);
}

/** As `terraform fmt` counts them for its columns. */
function charactersOf(text: string): number {
  return Array.from(new Intl.Segmenter().segment(text)).length;
}
