// What replaces or deletes asks on a terminal, and needs `--yes` without one (contract §9); what only adds asks nobody.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { COMMANDS } from '../../src/cli/commands/registry.ts';
import type { CliRun, CliWorld } from './support/cli.ts';
import { cambist } from './support/cli.ts';
import { FAKE_ENV, fakeApi } from './support/fake-api.ts';

const directory = mkdtempSync(join(tmpdir(), 'cambist-confirm-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const NEW = join(directory, 'new.yaml');
writeFileSync(NEW, 'name: test\nserviceAccounts:\n  new: {}\n');
const SAME = join(directory, 'same.yaml');
writeFileSync(SAME, 'name: test\n');

const UNDO = ['bootstrap', 'generic', '--issuer', 'https://a.example', '--subject', 'a', '--undo'];

/** A command that confirms, what it asks, and the writes that it makes then. */
const CONFIRMED: readonly (readonly [argv: readonly string[], question: string | RegExp, writes: readonly string[]])[] =
  [
    [['apply', '-f', NEW], 'Make this change?', ['POST /v1/service-accounts']],
    ...(['providers', 'service-accounts', 'identities', 'roles'] as const).map(
      (group) => [[group, 'delete', 'main'], /^Delete the .*\?$/, [expect.stringMatching(/^DELETE \/v1\//)]] as const,
    ),
    [
      ['identities', 'update', 'main', '--status', 'revoked'],
      /^Revoke the federated identity main/,
      [expect.stringMatching(/^PUT /)],
    ],
    [
      ['identities', 'update', 'main', '--set', 'status=revoked'],
      /^Revoke the federated identity main/,
      [expect.stringMatching(/^PUT /)],
    ],
    [
      ['roles', 'disallow', 'main', 'rule_01h45ytscbebyvny4gc8cr8ma2'],
      'Take rule_01h45ytscbebyvny4gc8cr8ma2 away from the role main?',
      [expect.stringMatching(/^DELETE .*\/rules\//)],
    ],
    [
      ['roles', 'unbind', 'main', 'bind_01h45ytscbebyvny4gc8cr8ma2'],
      'Take bind_01h45ytscbebyvny4gc8cr8ma2 away from the role main?',
      [expect.stringMatching(/^DELETE .*\/bindings\//)],
    ],
    [
      ['keys', 'rotate', '--mode', 'emergency'],
      'End every token that the old key signed, at once?',
      ['POST /v1/signing-keys/rotate'],
    ],
    ...(['service-accounts', 'identities'] as const).map(
      (group) =>
        [
          [group, 'revoke-tokens', 'main'],
          /^End every token of the .*\?$/,
          [expect.stringMatching(/^POST .*\/revoke-tokens$/)],
        ] as const,
    ),
    [UNDO, 'Delete this object?', ['DELETE /v1/federated-identities/fid_01h45ytscbebyvny4gc8cr8ma2']],
  ];

/** Commands that change nothing that is there, or that say with their own words all that they change. */
const UNASKED: readonly (readonly string[])[] = [
  ['apply', '-f', SAME],
  ['plan', '-f', NEW],
  ['keys', 'rotate'],
  ['identities', 'update', 'main', '--status', 'inactive'],
  ['roles', 'bind', 'main', '--service-account', 'deployer'],
  ['roles', 'allow', 'main', '--resource', 'a', '--permission', 'read'],
  [...UNDO, '--dry-run'],
];

async function run(
  argv: readonly string[],
  world: CliWorld = {},
): Promise<CliRun & { readonly writes: readonly string[] }> {
  const asked: string[] = [];
  const ended = await cambist(argv, { env: FAKE_ENV, elsewhere: fakeApi((text) => text, asked), ...world });
  const writes = asked.filter((request) => !request.startsWith('GET ') && !request.endsWith('/explain'));
  return { ...ended, writes };
}

function person(answer: string): { readonly asked: string[]; readonly ask: (question: string) => Promise<string> } {
  const asked: string[] = [];
  return {
    asked,
    ask: async (question) => {
      asked.push(question);
      return await Promise.resolve(answer);
    },
  };
}

describe.each(CONFIRMED)('%j', (argv, question, writes) => {
  it('is refused without a terminal (exit 2), and says what to pass', async () => {
    for (const more of [[], ['--json']]) {
      const ended = await run([...argv, ...more]);
      expect([ended.code, ended.writes]).toEqual([2, []]);
      expect(ended.stderr).toContain('Nobody is at a terminal to answer, and nothing was changed.');
      expect(ended.stderr).toContain('Pass --yes to go on without being asked.');
    }
  });

  it('goes on with --yes, with and without a terminal, and asks nobody', async () => {
    const { asked, ask } = person('n');
    for (const world of [{}, { ask }])
      for (const yes of ['--yes', '-y']) expect(await run([...argv, yes], world)).toMatchObject({ code: 0, writes });
    expect(asked).toEqual([]);
  });

  it('asks on a terminal, and goes on with a yes alone', async () => {
    for (const answer of ['y', 'YES ']) {
      const { asked, ask } = person(answer);
      expect(await run(argv, { ask, isTTY: true })).toMatchObject({ code: 0, writes });
      expect(asked).toHaveLength(1);
      const said = asked[0]?.replace(/ \[y\/N\] $/, '');
      expect(said).toEqual(typeof question === 'string' ? question : expect.stringMatching(question));
    }
    for (const answer of ['', 'n', 'yeah', 'no']) {
      const ended = await run(argv, { ask: person(answer).ask, isTTY: true });
      expect([ended.code, ended.writes]).toEqual([1, []]);
      expect(ended.stdout).toMatch(/Nothing was \w+\.\n$/);
    }
  });
});

it.each(UNASKED)('asks nobody: %s %s %s', async (...argv) => {
  const { asked, ask } = person('n');
  expect(await run(argv, { ask })).toMatchObject({ code: 0 });
  expect(await run(argv)).toMatchObject({ code: 0 });
  expect(asked).toEqual([]);
});

it('every command that has --yes is tried here', async () => {
  const withYes = await Promise.all(
    COMMANDS.map(async (entry) =>
      (await entry.load())
        .filter(({ options }) => options.some(({ flags }) => flags.includes('--yes')))
        .map(({ name }) => (entry.kind === 'command' ? name : `${entry.name} ${name}`)),
    ),
  );
  const tried = CONFIRMED.map(([[first, second]]) => (first === 'apply' ? 'apply' : `${first} ${second}`));
  // Every platform's bootstrap is the same code; so are the updates that can revoke. A restore asks wrangler, not the API (backup.test.ts).
  // What names of deployments stand for is in a file of the user: test/cli/deployments/. A report needs recorded grants: test/cli/report.
  const others = /^(?:bootstrap .*|restore|report|deployments .*)$/;
  expect(withYes.flat().filter((name) => !tried.includes(name) && !others.test(name))).toEqual([]);
});
