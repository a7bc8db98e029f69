// The one pattern language of rules: `*` is any run without `:` or `/`, `**` any run, all else literal; bounded time, no regular expressions.

import { GLOB_PAIRS_PER_STEP } from './limits.ts';

/** Decides whether a text matches a compiled pattern, whole; comparison is by UTF-16 code unit, nothing is normalised. */
export type TextMatcher = (text: string) => boolean;

const COLON = 0x3a;
const SLASH = 0x2f;
const WORD_BITS = 32;

interface Pattern {
  /** The literal characters in order, wildcards removed. */
  readonly literals: string;
  /** For each gap before, between and after the literals, the wildcard that stands there. */
  readonly gaps: readonly ('none' | 'run' | 'any')[];
}

/**
 * Compiles a glob (contract §5.3). Matching walks the text once and keeps, as bits, every number of literals that can have
 * been matched so far, so a hundred wildcards cost what one costs: text length × pattern length / 32 steps, no backtracking.
 */
export function compileGlob(glob: string): TextMatcher {
  const { literals, gaps } = readPattern(glob);
  const firstGap = gaps.findIndex((gap) => gap !== 'none');
  if (firstGap === -1) return (text) => text === literals;

  const head = literals.slice(0, firstGap);
  const states = compileStates(literals.slice(firstGap), gaps.slice(firstGap));
  return (text) => text.startsWith(head) && reachesEnd(states, text, head.length);
}

/** What matching a text of so many characters takes, in steps of about a microsecond. */
export function globSteps(glob: string, chars: number): number {
  return (glob.length * chars) / GLOB_PAIRS_PER_STEP;
}

/** True if the text contains a wildcard. */
export function hasWildcard(text: string): boolean {
  return text.includes('*');
}

/** True if the text is nothing but a wildcard. */
export function isWildcard(text: string): boolean {
  return /^\*+$/.test(text);
}

function readPattern(glob: string): Pattern {
  const gaps: ('none' | 'run' | 'any')[] = ['none'];
  let literals = '';
  for (const [part] of glob.matchAll(/\*+|[^*]/gs)) {
    if (part.startsWith('*')) gaps[gaps.length - 1] = part === '*' ? 'run' : 'any';
    else {
      literals += part;
      gaps.push('none');
    }
  }
  return { literals, gaps };
}

interface States {
  readonly count: number;
  /** Per character, the states it may lead to: state n is "the first n literals are matched". */
  readonly enteredBy: ReadonlyMap<number, Uint32Array>;
  /** States that stay while any character passes, and those that stay while it is no separator. */
  readonly stayOnAny: Uint32Array;
  readonly stayOnRun: Uint32Array;
}

function compileStates(literals: string, gaps: Pattern['gaps']): States {
  const words = Math.ceil((literals.length + 1) / WORD_BITS);
  const enteredBy = new Map<number, Uint32Array>();
  for (let at = 0; at < literals.length; at += 1) {
    const code = literals.charCodeAt(at);
    const mask = enteredBy.get(code) ?? new Uint32Array(words);
    setBit(mask, at + 1);
    enteredBy.set(code, mask);
  }
  const stayOnAny = new Uint32Array(words);
  const stayOnRun = new Uint32Array(words);
  for (const [state, gap] of gaps.entries()) {
    if (gap === 'any') setBit(stayOnAny, state);
    if (gap !== 'none') setBit(stayOnRun, state);
  }
  return { count: literals.length + 1, enteredBy, stayOnAny, stayOnRun };
}

function reachesEnd({ count, enteredBy, stayOnAny, stayOnRun }: States, text: string, from: number): boolean {
  const active = new Uint32Array(stayOnAny.length);
  setBit(active, 0);
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const entered = enteredBy.get(code);
    const stay = code === COLON || code === SLASH ? stayOnAny : stayOnRun;
    let carry = 0;
    let alive = 0;
    for (let word = 0; word < active.length; word += 1) {
      const bits = active[word] as number;
      const moved = ((bits << 1) | carry) & (entered === undefined ? 0 : (entered[word] as number));
      carry = bits >>> (WORD_BITS - 1);
      const next = moved | (bits & (stay[word] as number));
      active[word] = next;
      alive |= next;
    }
    if (alive === 0) return false;
  }
  const last = count - 1;
  return ((active[last >>> 5] as number) & (1 << (last & 31))) !== 0;
}

function setBit(mask: Uint32Array, bit: number): void {
  mask[bit >>> 5] = (mask[bit >>> 5] as number) | (1 << (bit & 31));
}
