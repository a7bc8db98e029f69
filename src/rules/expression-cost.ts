// What evaluating a CEL expression costs at most, in steps of about a microsecond, worked out before it runs: a Worker's clock stands still.

import type { ASTNode } from '@marcbachmann/cel-js';

import { isJsonObject } from '../token/json.ts';
import type { JsonObject, JsonValue } from '../token/json.ts';

/** How much there is to read in a token. */
export interface TokenSize {
  readonly claims: JsonObject;
  /** Characters of all its texts and names: no claim has more. */
  readonly chars: number;
  /** Elements or members of the largest list or object anywhere in it. */
  readonly items: number;
}

interface Bound {
  readonly steps: number;
  /** Characters that the result has at most. */
  readonly chars: number;
  /** Elements or members that the result has at most. */
  readonly items: number;
  /** What the result is, if it is a claim that is named outright. */
  readonly value?: JsonValue;
}

/** Characters that a comparison or a conversion reads in a step. */
const CHARS_PER_STEP = 200;
/** Characters or elements that joining copies in a step. */
const JOINED_PER_STEP = 50;
/** Characters that `split` takes apart in a step. */
const SPLIT_PER_STEP = 5;
/** Pairs of characters that a search for a long text compares in a step; V8's search is their product beyond 250 characters. */
const PAIRS_PER_STEP = 5_000;
/** Steps of a node inside a macro, which builds a scope for each element. */
const REPEATED_NODE_STEPS = 2;

const SEARCHES = new Set(['contains', 'indexOf', 'lastIndexOf']);
const MACROS = new Set(['all', 'exists', 'exists_one', 'filter']);

/** The steps of an expression against a token of this size, at most. */
export function expressionSteps(node: ASTNode, size: TokenSize): number {
  return boundOf(node, size, 1).steps;
}

function boundOf(node: ASTNode, size: TokenSize, nodeSteps: number): Bound {
  const of = (child: ASTNode): Bound => boundOf(child, size, nodeSteps);
  const whole = (children: readonly Bound[], more: number, result: Partial<Bound> = {}): Bound => ({
    steps: nodeSteps + more + sum(children.map(({ steps }) => steps)),
    chars: 0,
    items: 0,
    ...result,
  });
  switch (node.op) {
    case 'value':
      return whole([], 0, { chars: typeof node.args === 'string' ? node.args.length : 0 });
    case 'id':
      return whole([], 0, node.args === 'claims' ? sizeOf(size.claims, size) : anything(size));
    case '.':
    case '.?':
      return memberBound(of(node.args[0]), node.args[1], size, nodeSteps);
    case '[]': {
      const [object, index] = node.args;
      const named = index.op === 'value' && typeof index.args === 'string' ? index.args : null;
      return named === null
        ? whole([of(object), of(index)], 0, anything(size))
        : memberBound(of(object), named, size, nodeSteps);
    }
    case 'call': {
      const children = node.args[1].map(of);
      const chars = charsOf(children);
      return whole(children, chars / CHARS_PER_STEP, { chars });
    }
    case 'rcall':
      return callBound(node.args[0], node.args[1], node.args[2], size, nodeSteps);
    case 'map':
      return whole(node.args.flat().map(of), 0, anything(size));
    case '!_':
    case '-_':
      return whole([of(node.args)], 0);
    default: {
      const children = (node.args as readonly ASTNode[]).map(of);
      const [chars, items] = [charsOf(children), sum(children.map((child) => child.items))];
      if (node.op === '+') return whole(children, (chars + items) / JOINED_PER_STEP, { chars, items });
      if (node.op === '&&' || node.op === '||') return whole(children, 0);
      if (node.op === '?:' || node.op === 'list') return whole(children, 0, { chars, items: items + children.length });
      if (node.op === 'in') return whole(children, chars / CHARS_PER_STEP + items);
      // No more is compared than the smaller of two has.
      const [shortest, fewest] = [
        least(children.map((child) => child.chars)),
        least(children.map((child) => child.items)),
      ];
      return whole(children, shortest / CHARS_PER_STEP + fewest);
    }
  }
}

/** A member of a value; what it is, if the value is known. */
function memberBound(object: Bound, name: string, size: TokenSize, nodeSteps: number): Bound {
  const steps = nodeSteps + object.steps;
  const { value } = object;
  if (value === undefined) return { ...anything(size), steps };
  if (!isJsonObject(value) || !Object.hasOwn(value, name)) return { steps, chars: 0, items: 0 };
  return { ...sizeOf(value[name] as JsonValue, size), steps };
}

function callBound(
  name: string,
  receiver: ASTNode,
  args: readonly ASTNode[],
  size: TokenSize,
  nodeSteps: number,
): Bound {
  const on = boundOf(receiver, size, nodeSteps);
  const { chars, items } = on;
  if (MACROS.has(name)) {
    const once = sum(args.map((arg) => boundOf(arg, size, REPEATED_NODE_STEPS).steps));
    return { steps: nodeSteps + on.steps + once * items, chars, items };
  }
  const operands = args.map((arg) => boundOf(arg, size, nodeSteps));
  const read = chars + charsOf(operands);
  const steps = nodeSteps + on.steps + sum(operands.map((operand) => operand.steps));
  if (SEARCHES.has(name)) {
    const pairs = chars * charsOf(operands);
    return { steps: steps + pairs / PAIRS_PER_STEP + read / CHARS_PER_STEP, chars: 0, items: 0 };
  }
  if (name === 'split') return { steps: steps + read / SPLIT_PER_STEP, chars, items: chars };
  return { steps: steps + read / CHARS_PER_STEP, chars, items: 0 };
}

/** The size of a known value; of a list or object as of the whole token, which is not worth measuring. */
function sizeOf(value: JsonValue, size: TokenSize): Pick<Bound, 'chars' | 'items' | 'value'> {
  if (typeof value === 'string') return { chars: value.length, items: 0, value };
  if (typeof value !== 'object' || value === null) return { chars: 0, items: 0, value };
  return { chars: size.chars, items: Array.isArray(value) ? value.length : size.items, value };
}

/** What may be any value of the token. */
function anything({ chars, items }: TokenSize): Pick<Bound, 'chars' | 'items'> {
  return { chars, items };
}

function charsOf(bounds: readonly Bound[]): number {
  return sum(bounds.map(({ chars }) => chars));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function least(numbers: readonly number[]): number {
  return Math.min(...numbers);
}
