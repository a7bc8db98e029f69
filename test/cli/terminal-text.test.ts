// Text of others on a terminal: every control and format character is shown, and none acts (CWE-150).

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { COMMANDS } from '../../src/cli/commands/registry.ts';
import { coloured, renderLine, visible } from '../../src/cli/terminal-text.ts';
import type { CliWorld } from './support/cli.ts';
import { cambist } from './support/cli.ts';
import { FAKE_ENV, fakeApi } from './support/fake-api.ts';

const directory = mkdtempSync(join(tmpdir(), 'cambist-text-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const ACTS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;

it.each([
  ['ESC and CSI', '\u001b[2K', '\\u001b[2K'],
  ['8-bit CSI', '\u009b31m', '\\u009b31m'],
  ['OSC 52, which writes the clipboard', '\u001b]52;c;QQ==\u0007', '\\u001b]52;c;QQ==\\u0007'],
  ['line breaks', 'a\r\nb\u0085c\u2028d\u2029', 'a\\r\\nb\\u0085c\\u2028d\\u2029'],
  ['tab, backspace and DEL', 'a\tb\bc\u007f', 'a\\tb\\u0008c\\u007f'],
  ['directions', '\u202eabc\u2066\u061c', '\\u202eabc\\u2066\\u061c'],
  ['zero width', 'a\u200bb\u200dc\ufeff\u00ad', 'a\\u200bb\\u200dc\\ufeff\\u00ad'],
  ['fillers that show nothing', '\u3164\u115f\u034f', '\\u3164\\u115f\\u034f'],
  ['tags of another plane', '\u{e0041}', '\\udb40\\udc41'],
  ['half a character', '\ud800', '\\ud800'],
])('shows %s', (_, text, shown) => {
  expect(visible(text)).toBe(shown);
});

it.each(['repo:acme/app', 'Zürich – 東京 ключ', '🦊 a\u00a0b', 'a\\b "c"'])('leaves %j as it is', (text) => {
  expect(visible(text)).toBe(text);
});

it('keeps the same JSON', () => {
  const value = { sub: '\u001b[31m\u009b\u202e\n\u{e0041}' };
  expect(JSON.parse(visible(JSON.stringify(value)))).toEqual(value);
});

it('colours what it is told to, and nothing that imitates a colour', () => {
  expect(renderLine(`a ${coloured('red', 'b\u001b[32mc')} d`)).toBe('a \u001b[31mb\\u001b[32mc\u001b[39m d');
  expect(renderLine('\uFDD0green\uFDD1granted\uFDD0\uFDD1')).not.toContain('\u001b');
});

/** The colours of the command line itself. */
const OURS = new RegExp(`${String.fromCharCode(27)}\\[(?:1|2|22|31|32|33|36|39)m`, 'g');
/** A forged line, a cleared line, hidden text, a colour and the clipboard. */
const HOSTILE =
  '\r\u001b[2K\u001b[32mFORGED\u001b[0m\u009b1A\u202e\u200b\n2026-11-28T05:00:01Z  success  signing_key.rotate  root\u001b]52;c;AAAA\u0007\u007f';
const ACCOUNT = 'sa_01h45ytscbebyvny4gc8cr8ma2';

const TOKEN = [
  { alg: 'RS256', kid: HOSTILE },
  { iss: `https://a.example/${HOSTILE}`, sub: HOSTILE, exp: 1, [HOSTILE]: HOSTILE },
]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .concat('c2ln')
  .join('.');

function fileOf(name: string, text: string, mode = 0o644): string {
  const path = join(directory, name);
  writeFileSync(path, text, { mode });
  return path;
}
const CONFIGURATION = fileOf(
  'cambist.yaml',
  JSON.stringify({
    name: 'test',
    deployment: FAKE_ENV.CAMBIST_URL,
    serviceAccounts: { [`deployer${HOSTILE}`]: { description: HOSTILE } },
    tests: { [HOSTILE]: { claims: { iss: HOSTILE, sub: HOSTILE }, refused: 'unknown_issuer' } },
  }),
);
const PLAIN_CONFIGURATION = fileOf('plain.yaml', 'name: test\nserviceAccounts:\n  new: {}\n');

mkdirSync(join(directory, 'cambist'));
fileOf(
  'cambist/config.yaml',
  JSON.stringify({
    default: 'a',
    deployments: { a: { url: 'https://a.example', organisation: HOSTILE, tokenCommand: [HOSTILE] } },
  }),
  0o600,
);
const NAMED = { env: { XDG_CONFIG_HOME: directory } };

/** One call of each command that shows texts of others, and the world it needs. */
const CALLS: readonly (readonly [argv: readonly string[], world?: CliWorld])[] = [
  [['token', '--source', 'env:ID_TOKEN'], { env: { ...FAKE_ENV, ID_TOKEN: TOKEN } }],
  [['exec', '--source', 'env:ID_TOKEN', '--', 'true'], { env: { ...FAKE_ENV, ID_TOKEN: TOKEN } }],
  [
    [
      'agent',
      '--once',
      '--source',
      'env:ID_TOKEN',
      '--output',
      `token=${join(directory, `token${HOSTILE.replaceAll('/', '')}`)}`,
    ],
    { env: { ...FAKE_ENV, ID_TOKEN: TOKEN } },
  ],
  ...['aws', 'gcp', 'docker', 'git', 'kubernetes', 'kubelet', 'terraform'].map((tool): [string[], CliWorld] => [
    ['credential', tool, ...(['docker', 'git', 'terraform'].includes(tool) ? ['get'] : []), '--source', 'env:ID_TOKEN'],
    { env: { ...FAKE_ENV, ID_TOKEN: TOKEN, CAMBIST_CREDENTIAL_HOST: 'r.example.com' }, stdin: HOSTILE },
  ]),
  [['detect'], { env: { ...FAKE_ENV, CAMBIST_ID_TOKEN_FILE: `/nowhere${HOSTILE}` } }],
  [['explain', '--token', '-'], { stdin: TOKEN }],
  [['explain', '--request-id', '00000000-0000-4000-8000-000000000000']],
  [['decode'], { stdin: TOKEN }],
  [['doctor']],
  [['apply', '-f', PLAIN_CONFIGURATION, '--yes']],
  [['apply', '-f', CONFIGURATION, '--yes']],
  [['plan', '-f', CONFIGURATION]],
  [['test', '-f', CONFIGURATION]],
  ...['providers', 'service-accounts', 'identities', 'roles'].flatMap((group): [string[], CliWorld?][] => [
    [[group, 'list']],
    [[group, 'show', 'main']],
    [[group, 'update', 'main', '--name', 'x']],
    [[group, 'delete', 'main', '--yes']],
    [[group, 'delete', 'main'], { ask: async () => await Promise.resolve('n') }],
  ]),
  [['providers', 'create', '--name', 'a', '--provider-issuer', 'https://a.example']],
  [['service-accounts', 'revoke-tokens', 'main', '--yes']],
  [['identities', 'revoke-tokens', 'main', '--yes']],
  [['roles', 'bindings', 'main']],
  [['roles', 'bind', 'main', '--service-account', ACCOUNT]],
  [['roles', 'unbind', 'main', 'bind_01h45ytscbebyvny4gc8cr8ma2', '--yes']],
  [['roles', 'allow', 'main', '--resource', 'a', '--permission', 'read']],
  [['roles', 'disallow', 'main', 'rule_01h45ytscbebyvny4gc8cr8ma2', '--yes']],
  [['audit']],
  [['audit', 'verify']],
  [['report']],
  [['report', '--apply', 'fid_01h45ytscbebyvny4gc8cr8ma2', '--shadow', '--yes']],
  [['keys', 'list']],
  [['keys', 'rotate', '--mode', 'emergency', '--yes']],
  [['me']],
  [['deployments', 'list'], NAMED],
  [['deployments', 'add', `b${HOSTILE}`, '--url', 'https://b.example', '--token-command', HOSTILE], NAMED],
  [['deployments', 'use', `a${HOSTILE}`], NAMED],
  [['deployments', 'remove', `a${HOSTILE}`, '--yes'], NAMED],
  [['bootstrap', 'generic', '--issuer', 'https://a.example', '--subject', 'a', '--dry-run']],
  [['bootstrap', 'generic', '--issuer', 'https://a.example', '--subject', 'a', '--undo', '--yes']],
  [['trust', 'azure', '--service-account', ACCOUNT, '--application', `x${HOSTILE}`]],
  [[`frob${HOSTILE}`]],
  [['me', `--frob${HOSTILE}`]],
];

/** Commands that show nothing of others to people: a file for `apply`, a script, and keys made here. */
const SHOW_NOTHING = [
  'export',
  'keys generate',
  'backup',
  'restore',
  'completion bash',
  'completion zsh',
  'completion fish',
];

describe('a hostile text in every answer of the service', () => {
  it.each(CALLS.flatMap(([argv, world]) => [false, true].map((isTTY) => ({ argv, world, isTTY }))))(
    'cannot control the terminal: $argv, on a terminal $isTTY',
    async ({ argv, world = {}, isTTY }) => {
      const spoil = fakeApi((text) => text + HOSTILE);
      const { code, stdout, stderr } = await cambist(argv, { env: FAKE_ENV, elsewhere: spoil, isTTY, ...world });
      expect(code).toBeLessThan(3);
      const written = stdout + stderr;
      expect(written).not.toContain('A bug in cambist');
      expect(written).not.toContain('\u001b[32mFORGED');
      const text = isTTY ? written.replaceAll(OURS, '') : written;
      expect(text.replaceAll('\n', '')).not.toMatch(ACTS);
      expect(text.split('\n').filter((line) => line.startsWith('2026-11-28T05'))).toEqual([]);
    },
  );

  it('is tried with every command', async () => {
    const names = await Promise.all(
      COMMANDS.map(async ({ kind, name, load }) =>
        (await load()).map((command) => (kind === 'command' ? command.name : `${name} ${command.name}`)),
      ),
    );
    const tried = CALLS.map(([[first = '', second = '']]) => [first, `${first} ${second}`]).flat();
    const missing = names
      .flat()
      .filter((name) => !tried.includes(name) && !SHOW_NOTHING.includes(name))
      // The texts of the five clouds, and of all bootstraps and creations, are made by the same code.
      .filter((name) => !/^(?:trust|bootstrap) | create$/.test(name));
    expect(missing).toEqual([]);
  });

  it('stays exact in JSON, whose characters a terminal does not obey either', async () => {
    const exact = { sub: `repo:acme/app${HOSTILE}` };
    const spoil = fakeApi((text) => text + HOSTILE);
    for (const isTTY of [false, true]) {
      const { stdout } = await cambist(['audit', '--json'], { env: FAKE_ENV, elsewhere: spoil, isTTY });
      expect(JSON.parse(stdout)).toMatchObject({ subject: exact.sub });
      if (isTTY) expect(stdout.trimEnd()).not.toMatch(ACTS);
    }
  });
});

/** Commands that no row above calls, or not so that they have a result. */
const MORE_CALLS: typeof CALLS = [
  [['export']],
  [['export', '--name', 'a']],
  [['export', '--format', 'hcl']],
  [['keys', 'generate', '--alg', 'ES256']],
  [['keys', 'generate', '--sealing-key']],
  [['completion', 'bash']],
  [['test', '-f', PLAIN_CONFIGURATION]],
  [['service-accounts', 'create', '--name', 'a']],
  [
    [
      'identities',
      'create',
      '--name',
      'a',
      '--service-account',
      ACCOUNT,
      '--provider',
      'GitHub',
      '--provider-subject',
      'a',
    ],
  ],
  [['roles', 'create', '--name', 'a']],
  ...[
    ['aws', '--account', '123456789012'],
    ['gcp', '--gcp-project', 'acme', '--gcp-project-number', '123456789012'],
    ['vault', '--vault-address', 'https://vault.example.com'],
    ['kubernetes'],
  ].map((words): [string[]] => [['trust', ...words, '--service-account', ACCOUNT]]),
  [['restore', 'nowhere.sql', '--yes']],
  [['backup', '--state-dir', '/nowhere']],
  [['keys', 'rotate', '--mode', 'emergency'], { ask: async () => await Promise.resolve('n') }],
  [['deployments', 'remove', 'a'], { ...NAMED, ask: async () => await Promise.resolve('n') }],
  [['token', '--output', 'env', '--source', 'env:ID_TOKEN'], { env: { ...FAKE_ENV, ID_TOKEN: TOKEN } }],
];
/** What goes on and on prints one document a line. */
const STREAMS = ['audit', 'agent'];
/** A tool reads these, in its own protocol; a program that has no tool around it calls `token`. */
const PROTOCOLS = ['credential'];

describe('with --json', () => {
  it.each([...CALLS, ...MORE_CALLS].map(([argv, world]) => ({ argv, world })))(
    '$argv prints one document on stdout, and one object for an error on stderr',
    async ({ argv, world = {} }) => {
      const separator = argv.indexOf('--');
      const words =
        separator < 0 ? [...argv, '--json'] : [...argv.slice(0, separator), '--json', ...argv.slice(separator)];
      const { code, stdout, stderr } = await cambist(words, { env: FAKE_ENV, elsewhere: fakeApi(), ...world });
      const said = stderr
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as object);
      const errors = said.filter((one) => 'error' in one);
      for (const one of said) expect(Object.keys(one)[0]).toMatch(/^(?:error|warning)$/);
      if (PROTOCOLS.includes(argv[0] ?? '')) return;
      const documents =
        STREAMS.includes(argv[0] ?? '') && argv[1] !== 'verify' ? stdout.trimEnd().split('\n') : [stdout];
      const results = documents.filter((text) => text !== '').map((text) => JSON.parse(text) as unknown);
      // Whoever reads it is told something: the result, also of a check that failed, or why there is none.
      if (code === 0) expect([results.length > 0, errors]).toEqual([true, []]);
      else expect(errors).toHaveLength(results.length > 0 ? 0 : 1);
      expect([0, 1, 2]).toContain(code);
    },
  );

  it('is tried with every command', async () => {
    const names = await Promise.all(
      COMMANDS.map(async ({ kind, name, load }) =>
        (await load()).map((command) => (kind === 'command' ? command.name : `${name} ${command.name}`)),
      ),
    );
    const tried = [...CALLS, ...MORE_CALLS].map(([[first = '', second = '']]) => [first, `${first} ${second}`]).flat();
    // One recipe and one shell stand for all.
    const missing = names.flat().filter((name) => !tried.includes(name) && !/^(?:bootstrap|completion) /.test(name));
    expect(missing).toEqual([]);
  });
});
