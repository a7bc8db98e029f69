// CEL over `claims`: the one file that knows the evaluator, and what of its language a rule may use. Costly to evaluate, so the exchange loads it only for a rule that has an expression.

import { Environment } from '@marcbachmann/cel-js';
import type { ASTNode } from '@marcbachmann/cel-js';

import { expressionSteps } from './expression-cost.ts';
import type { TokenSize } from './expression-cost.ts';
import type { JsonObject, JsonValue } from '../token/json.ts';
import { MAX_EXPRESSION_CHARS, MAX_EXPRESSION_DEPTH, MAX_EXPRESSION_NODES, MAX_EXPRESSION_STEPS } from './limits.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';

/** Evaluates a compiled expression; the error says in a phrase why there was no answer, which is a refusal. */
export interface Expression {
  (claims: JsonObject): Result<boolean, string>;
  /** What evaluating it for these claims costs at most, in steps of about a microsecond. */
  readonly stepsFor: (claims: JsonObject) => number;
}

/** Compiles a CEL expression; the error is a sentence for its author. */
export type CompileExpression = (text: string) => Result<Expression, string>;

/** Functions and methods a rule may call. `matches` backtracks for seconds; lowerAscii and trim fold more than ASCII; map and bind multiply values. */
const FUNCTIONS = new Set(['has', 'size', 'int', 'double', 'string', 'bool']);
const METHODS = new Set(['startsWith', 'endsWith', 'contains', 'size', 'indexOf', 'lastIndexOf', 'substring', 'split']);
const MACROS = new Set(['all', 'exists', 'exists_one', 'filter']);
/** What takes as long as a text is, or makes a list longer than the token's: not allowed in a macro, which would multiply it. */
const NOT_IN_MACROS = new Set(['+', 'split', 'size', 'double']);

const environment = new Environment({
  unlistedVariablesAreDyn: false,
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: false,
  limits: { maxAstNodes: MAX_EXPRESSION_NODES, maxDepth: MAX_EXPRESSION_DEPTH },
}).registerVariable('claims', 'map<string, dyn>');

/**
 * Compiles a CEL expression over the variable `claims`; the error is a sentence for its author.
 * It must be a boolean by its types, or (if a claim alone decides) when evaluated. Whole numbers of a token are CEL ints,
 * other numbers doubles, and either compares with either; integers beyond ±(2^53-1) are strings of digits.
 */
export function compileExpression(text: string): Result<Expression, string> {
  if (text.length > MAX_EXPRESSION_CHARS) return refuse(`must have at most ${MAX_EXPRESSION_CHARS} characters`);
  try {
    const parsed = environment.parse(text);
    const scan = scanNodes(parsed.ast);
    if (scan.fault !== null) return refuse(scan.fault);
    const checked = parsed.check();
    if (!checked.valid) return refuse(`is not a valid expression: ${summaryOf(checked.error)}`);
    if (checked.type !== 'bool' && checked.type !== 'dyn')
      return refuse(`must be true or false, but is ${checked.type}`);
    const stepsFor = (claims: JsonObject): number => Math.ceil(expressionSteps(parsed.ast, sizeOf(claims)));
    return ok(Object.assign((claims: JsonObject) => evaluate(parsed, claims, scan.repeatedNodes), { stepsFor }));
  } catch (error) {
    return refuse(`is not a valid expression: ${summaryOf(error)}`);
  }
}

function evaluate(
  parsed: (context: { readonly claims: unknown }) => unknown,
  claims: JsonObject,
  repeatedNodes: number,
): Result<boolean, string> {
  const { value: celClaims, largestCollection } = celClaimsOf(claims);
  if (repeatedNodes * largestCollection > MAX_EXPRESSION_STEPS) {
    return refuse(`the token has a list of ${largestCollection} elements, too many for the macros of this expression`);
  }
  try {
    const value = parsed({ claims: celClaims });
    return typeof value === 'boolean' ? ok(value) : refuse('it is not true or false');
  } catch (error) {
    return refuse(summaryOf(error));
  }
}

/** What there is to read in a token; the claims are converted and measured once. */
function sizeOf(claims: JsonObject): TokenSize {
  const { chars, largestCollection } = celClaimsOf(claims);
  return { claims, chars, items: largestCollection };
}

interface CelClaims {
  readonly value: unknown;
  /** Elements or members of the largest list or object anywhere in it. */
  readonly largestCollection: number;
  /** Characters of all texts and names in it. */
  readonly chars: number;
}

/** Up to a hundred expressions see the same token: its claims are converted once. */
const converted = new WeakMap<JsonObject, CelClaims>();

function celClaimsOf(claims: JsonObject): CelClaims {
  const known = converted.get(claims);
  if (known !== undefined) return known;
  const fresh = {
    value: celValue(claims),
    largestCollection: largestIn(claims),
    chars: JSON.stringify(claims).length,
  };
  converted.set(claims, fresh);
  return fresh;
}

/** As CEL sees it: Maps, so that only own members exist whatever they are called, and whole numbers as ints. */
function celValue(value: JsonValue): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(celValue);
  return new Map(Object.entries(value).map(([name, member]) => [name, celValue(member)]));
}

function largestIn(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0;
  const members = Object.values(value);
  return members.reduce<number>((largest, member) => Math.max(largest, largestIn(member)), members.length);
}

interface Scan {
  readonly fault: string | null;
  /** Nodes inside macros, which are evaluated once per element. */
  readonly repeatedNodes: number;
}

/** Where a node stands: in the list that a macro goes through, in what it repeats for each element, or outside. */
type Place = 'outside' | 'range' | 'repeated';

/** Walks the syntax tree as it was written and names the first thing in it that a rule may not use. */
function scanNodes(node: ASTNode, place: Place = 'outside'): Scan {
  const fault = nodeFault(node, place);
  if (fault !== null) return { fault, repeatedNodes: 0 };
  const [range, body]: readonly [ASTNode | null, readonly ASTNode[]] =
    node.op === 'rcall' && MACROS.has(node.args[0]) ? [node.args[1], node.args[2]] : [null, []];
  let repeatedNodes = place === 'repeated' ? 1 : 0;
  for (const child of childrenOf(node)) {
    const scan = scanNodes(
      child,
      body.includes(child) ? 'repeated' : place === 'outside' && child === range ? 'range' : place,
    );
    if (scan.fault !== null) return scan;
    repeatedNodes += scan.repeatedNodes;
  }
  return { fault: null, repeatedNodes };
}

function nodeFault(node: ASTNode, place: Place): string | null {
  const name = node.op === 'call' || node.op === 'rcall' ? node.args[0] : node.op;
  if (node.op === 'call' && !FUNCTIONS.has(name)) return `may not use ${name}()`;
  if (node.op === 'rcall' && name === 'matches') {
    return 'may not use matches(): regular expressions can take seconds; use startsWith, endsWith, contains or a condition with a glob';
  }
  if (node.op === 'rcall' && !METHODS.has(name) && !MACROS.has(name)) return `may not use ${name}()`;
  if (node.op === 'map') return 'may not use map literals';
  if (node.op === 'value' && node.args instanceof Uint8Array) return 'may not use bytes';
  if (place === 'repeated' && MACROS.has(name))
    return `may not use ${name}() inside another macro: nested ones multiply`;
  if (place !== 'outside' && NOT_IN_MACROS.has(name)) {
    return `may not use ${name} in a macro or in the list that it goes through`;
  }
  return null;
}

function childrenOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return [];
    case '.':
    case '.?':
      return [node.args[0]];
    case 'call':
      return node.args[1];
    case 'rcall':
      return [node.args[1], ...node.args[2]];
    case 'map':
      return node.args.flat();
    case '!_':
    case '-_':
      return [node.args];
    default:
      return node.args;
  }
}

/** The first line of what the library says, without its excerpt of the source. */
function summaryOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be evaluated';
  const summary = 'summary' in error && typeof error.summary === 'string' ? error.summary : error.message;
  return summary.split('\n', 1)[0] ?? '';
}
