// Reads a YAML or JSON file as plain data, strictly: no repeated keys, no rounded numbers, no tags. Knows nothing of what it means.

import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document } from 'yaml';

import type { JsonObject, JsonValue } from '../../token/json.ts';
import { CliFailure } from '../failure.ts';
import { MAX_CONFIGURATION_BYTES, MAX_NESTING, MAX_SHOWN_FAULTS } from '../limits.ts';

/** A place in a document: keys and indices from the top. */
export type Place = readonly (string | number)[];

export interface Fault {
  readonly place: Place;
  readonly detail: string;
}

/** The data of a file, and the line that a place in it is on. */
export interface ReadDocument {
  readonly data: JsonObject;
  readonly lineOf: (place: Place) => number | null;
}

/** Parses YAML 1.2 (JSON is a part of it); everything that could be read in two ways is refused with its line. */
export function readDocument(text: string, file: string): ReadDocument {
  if (Buffer.byteLength(text) > MAX_CONFIGURATION_BYTES)
    throw badFile(file, `it is larger than ${MAX_CONFIGURATION_BYTES / 1024 / 1024} MiB`, []);
  const lines = new LineCounter();
  const document = parseDocument(text, { intAsBigInt: true, lineCounter: lines, merge: true, prettyErrors: false });
  const [broken] = [...document.errors, ...document.warnings];
  if (broken !== undefined) throw badFile(file, `line ${lines.linePos(broken.pos[0]).line}: ${broken.message}`, []);
  const lineOf = (place: Place): number | null => lineOfNode(document, lines, place);
  const faults: Fault[] = [];
  const data = toJson(toPlain(document, file), [], faults);
  if (faults.length > 0) throw faultyFile(file, faults, lineOf);
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw badFile(file, 'it is not a map of names to values', []);
  return { data: data as JsonObject, lineOf };
}

/** The failure that names every fault of a file with its line. */
export function faultyFile(file: string, faults: readonly Fault[], lineOf: ReadDocument['lineOf']): CliFailure {
  const shown = faults.slice(0, MAX_SHOWN_FAULTS).map(({ place, detail }) => {
    const line = lineOf(place);
    return { pointer: pointerOf(place), detail: line === null ? detail : `${detail} (line ${line})` };
  });
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  return badFile(file, `it has ${count}`, shown);
}

/** A place as a JSON Pointer (RFC 6901). */
export function pointerOf(place: Place): string {
  return place.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function badFile(file: string, why: string, errors: { pointer: string; detail: string }[]): CliFailure {
  return new CliFailure(`${file} is not usable: ${why}.`, { code: 'invalid_configuration', errors });
}

function toPlain(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // Aliases that would expand to more than anybody wrote.
    throw badFile(file, error instanceof Error ? error.message : 'it cannot be expanded', []);
  }
}

function toJson(value: unknown, place: Place, faults: Fault[], around: readonly unknown[] = []): JsonValue {
  if (around.includes(value) || around.length > MAX_NESTING) {
    faults.push({ place, detail: around.includes(value) ? 'is a part of itself' : 'is nested too deeply' });
    return null;
  }
  if (Array.isArray(value))
    return value.map((item, index) => toJson(item, [...place, index], faults, [...around, value]));
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint' || typeof value === 'number') {
    if (Number.isFinite(Number(value)) && (typeof value === 'number' || Number.isSafeInteger(Number(value))))
      return Number(value);
    faults.push({ place, detail: 'is a number that would be rounded: write it in quotes' });
    return null;
  }
  if (typeof value === 'object') {
    const entries = Object.entries(value).map(
      ([key, item]) => [key, toJson(item, [...place, key], faults, [...around, value])] as const,
    );
    return Object.fromEntries(entries);
  }
  faults.push({ place, detail: 'is not a text, number, list or map' });
  return null;
}

/** The line of the nearest key or item that the file itself has on the way to a place; a member that is missing is on its object's line. */
function lineOfNode(document: Document, lines: LineCounter, place: Place): number | null {
  for (let length = place.length; length > 0; length -= 1) {
    const parent: unknown = document.getIn(place.slice(0, length - 1), true);
    const last = place[length - 1];
    const node: unknown = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && key.value === last)?.key
      : isSeq(parent)
        ? parent.items[Number(last)]
        : null;
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return null;
}
