// The installed executables themselves: on each Node.js of this machine, behind links, without a home, and with nothing left behind.

import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { filesBelow, machinePath } from '../lab.ts';
import type { Lab, Variables } from '../lab.ts';
import { expectThat, LeftOut } from '../tool.ts';
import type { Proof } from '../tool.ts';

const REGISTRY = 'registry.example.com';
const ASKED: readonly (readonly [string, readonly string[], string])[] = [
  ['docker-credential-cambist', ['get'], REGISTRY],
  ['git-credential-cambist', ['get'], 'protocol=https\nhost=git.example.com\n\n'],
  ['terraform-credentials-cambist', ['get', REGISTRY], ''],
];
/** The oldest Node.js that the package names, and the one of this repository. */
const MAJORS = [20, 24];
const JWT = /eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/;

/** What is true of all three, whatever tool starts them. */
export function executableProofs(lab: Lab): readonly Proof[] {
  return [
    ...MAJORS.map((major) => ({
      says: `the three executables run on Node.js ${major}`,
      prove: async () => {
        const node = await findNode(lab, major);
        if (node === null) throw new LeftOut('there is none on this machine; https://nodejs.org has it');
        await eachAnswers(lab, lab.bin, { PATH: `${dirname(node)}:/usr/bin:/bin` });
      },
    })),
    {
      says: 'the three executables run behind a link in a directory with a space',
      prove: async () => {
        const links = join(lab.home, 'my links');
        mkdirSync(links);
        for (const [name] of ASKED) symlinkSync(join(lab.bin, name), join(links, name));
        await eachAnswers(lab, links, {});
      },
    },
    {
      says: 'the three executables need no home directory that can be written to',
      prove: async () =>
        await eachAnswers(lab, lab.bin, { HOME: '/dev/null/nobody', XDG_CACHE_HOME: '/dev/null/cache' }),
    },
    {
      says: 'ten at once each get a token of their own',
      prove: async () => {
        const [name, args, stdin] = ASKED[0] ?? ['', [], ''];
        const ended = await Promise.all(
          Array.from({ length: 10 }, async () => await lab.runUnseen(join(lab.bin, name), args, {}, stdin)),
        );
        const tokens = new Set(ended.map(({ stdout }) => JWT.exec(stdout)?.[0]));
        expectThat(
          tokens.size === 10 && !tokens.has(undefined),
          'ten tokens',
          ended.map(({ stderr }) => stderr),
        );
      },
    },
  ];
}

/** What is true when everything else has run. */
export function leftBehindProofs(lab: Lab): readonly Proof[] {
  return [
    {
      says: 'no tool printed a token, and no file of the home directory has one',
      prove: async () => {
        const shown = JWT.exec(lab.printed());
        expectThat(
          shown === null,
          'no token was printed',
          lab.printed().slice(Math.max(0, (shown?.index ?? 0) - 300), shown?.index),
        );
        const files = filesBelow(lab.home).filter(([, text]) => JWT.test(text));
        expectThat(
          files.length === 0,
          'no token in a file',
          files.map(([file]) => file),
        );
        await Promise.resolve();
      },
    },
  ];
}

/** A Node.js of this major: the one that runs this, or one on the PATH. */
async function findNode(lab: Lab, major: number): Promise<string | null> {
  for (const node of [process.execPath, ...machinePath().map((folder) => join(folder, 'node'))]) {
    const { stdout } = await lab.run(node, ['--version']);
    if (stdout.startsWith(`v${major}.`)) return node;
  }
  return null;
}

async function eachAnswers(lab: Lab, folder: string, variables: Variables): Promise<void> {
  for (const [name, args, stdin] of ASKED) {
    const ended = await lab.runUnseen(join(folder, name), args, variables, stdin);
    expectThat(ended.code === 0 && ended.stderr === '', `${name} answers`, ended.stderr);
    await lab.deployment.verify(JWT.exec(ended.stdout)?.[0] ?? '', lab.deployment.url);
  }
}
