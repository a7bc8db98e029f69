// docs/cli.md says what the commands say today, and every command says enough for it.

import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { CLI_DOC, renderCli } from '../../scripts/generate-cli.ts';
import type { Command } from '../../src/cli/command.ts';
import { COMMANDS } from '../../src/cli/commands/registry.ts';
import { EVERY_RECIPE } from '../../src/platforms/every-recipe.ts';
import { PRESET_NAMES } from '../../src/platforms/preset.ts';

const all: readonly (readonly [name: string, command: Command])[] = (
  await Promise.all(
    COMMANDS.map(async ({ kind, name, load }) =>
      (await load()).map(
        (command) => [kind === 'command' ? command.name : `${name} ${command.name}`, command] as const,
      ),
    ),
  )
).flat();

it('keeps docs/cli.md in step with the commands (run scripts/generate-cli.ts)', async () => {
  expect(readFileSync(CLI_DOC, 'utf8')).toBe(await renderCli());
});

it('has a recipe for every preset', () => {
  expect(
    Object.values(EVERY_RECIPE)
      .map(({ preset }) => preset)
      .toSorted(),
  ).toEqual([...PRESET_NAMES].toSorted());
});

describe('every command', () => {
  it.each(all)('%s: has a summary that fits a line, a description, and options that are explained', (_, command) => {
    expect(command.name).toMatch(/^[a-z][a-z-]*(?: [a-z]+)?$/);
    expect(command.summary.length).toBeLessThan(100);
    expect(command.description.length).toBeGreaterThan(10);
    for (const { flags, description } of command.options) {
      expect(flags).toMatch(/^(?:-[a-zA-Z], )?--[a-z][a-z0-9-]*(?: [<[].+[>\]])?$/);
      expect(description).not.toBe('');
    }
    // A token on a command line stays in the history of the shell.
    expect(
      command.options
        .map(({ flags }) => flags)
        .filter((flags) => /--(?:[a-z]+-)?token <(?!file|audience|name=)/.test(flags)),
    ).toEqual([]);
  });
});
