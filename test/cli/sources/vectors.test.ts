// Detection by variables and files against the committed cases, which the Go SDK is held to as well.

import { afterEach, describe, expect, it } from 'vitest';

import { CliFailure } from '../../../src/cli/failure.ts';
import { detectSources } from '../../../src/cli/sources/detect.ts';
import { obtainIdToken } from '../../../src/cli/sources/obtain.ts';
import vectors from '../../vectors/sources.json' with { type: 'json' };
import { place, token, world } from './imitation.ts';
import type { World } from './imitation.ts';

interface Case {
  readonly name: string;
  /** A value or text that starts with `$` is the token of that name. */
  readonly variables: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly programs?: readonly string[];
  readonly source?: string;
  readonly chosen?: string;
  readonly code?: string;
}

const tokens: Readonly<Record<string, Record<string, unknown>>> = vectors.tokens;
const cases = vectors.cases as readonly Case[];
const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

function filled(text: string): string {
  return text.replace(/^\$(\w+)/, (_, name: string) => token(tokens[name]));
}

function worldOf({ variables, files = {}, programs = [] }: Case): World {
  const tree = place();
  cleanups.push(tree.remove);
  for (const [path, text] of Object.entries(files)) tree.write(path, filled(text));
  const given = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, filled(value)]));
  const { deployment } = vectors;
  const made = world(given, { root: tree.root });
  return {
    ...made,
    system: { ...made.system, isProgram: async (name) => programs.includes(name) },
    context: { variables: given, audience: deployment, deployment },
  };
}

describe('the sources of ID tokens', () => {
  it.each(cases)('$name', async (one) => {
    const { system, context } = worldOf(one);
    if (one.chosen !== undefined) {
      const { chosen } = await detectSources(system, context, one.source);
      expect(chosen?.source.name).toBe(one.chosen);
      return;
    }
    const failure: unknown = await obtainIdToken(system, context, one.source).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CliFailure);
    expect(failure).toHaveProperty('details.code', one.code);
  });
});
