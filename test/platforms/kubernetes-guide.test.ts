// docs/guides/kubernetes.md: what its commands name is there; test/cli/bootstrap runs those of `cambist bootstrap`, `npm run check:kubernetes` the rest.

import { existsSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { blocksOf, COMMANDS, commandsOf } from './kubernetes-guide.ts';

const NODE = 'deploy/kubernetes/image-pull/node';
const after = (words: readonly string[], word: string): string => words[words.indexOf(word) + 1] ?? '';

describe('the guide', () => {
  it('has no command that no test knows', () => {
    const known = ['cambist', 'docker', 'install', 'kubectl', 'npm'];
    expect(COMMANDS.map(([program]) => program).filter((program) => !known.includes(program ?? ''))).toEqual([]);
    expect(commandsOf('npm').map(([word]) => word)).toEqual(['ci', 'run', 'install']);
  });

  it('builds the image from what `npm run pack` writes, under the name that it goes on with', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const [build = []] = commandsOf('docker', 'build');
    expect(existsSync(after(build, '--file'))).toBe(true);
    expect(scripts['pack']).toMatch(new RegExp(` --pack-destination ${build.at(-1)}$`));
    expect(commandsOf('docker', 'push')).toEqual([[after(build, '--tag')]]);
    const images = commandsOf('cambist', 'bootstrap').flatMap((words) =>
      words.includes('--image') ? [after(words, '--image')] : [],
    );
    expect(new Set(images)).toEqual(new Set([after(build, '--tag')]));
  });

  it('applies the directories that bootstrap writes, and looks at what is in them', () => {
    const sets = commandsOf('kubectl', 'apply', '-k').map(([directory = '']) => directory.replace('kubernetes/', ''));
    expect(sets).toEqual(['deployment', 'cronjob', 'image-pull']);
    for (const set of sets) expect(existsSync(`deploy/kubernetes/${set}/kustomization.yaml`)).toBe(true);
    const deployment = readFileSync('deploy/kubernetes/deployment/deployment.yaml', 'utf8');
    for (const words of commandsOf('kubectl', '--namespace', 'payments', 'logs')) {
      expect(words[0]).toBe('deployment/checkout');
      expect(deployment).toContain(`- name: ${after(words, '--container')}\n`);
    }
    const [block = ''] = blocksOf('yaml');
    const { images } = parse(block) as { readonly images: readonly { readonly name: string }[] };
    const kustomization = readFileSync('deploy/kubernetes/deployment/kustomization.yaml', 'utf8');
    for (const { name } of images) expect(kustomization).toContain(`- name: ${name}\n`);
  });

  it('puts the files of a node where the kubelet and the program look for them', () => {
    const { version } = JSON.parse(readFileSync('packages/cli/package.json', 'utf8')) as { readonly version: string };
    const [npm = []] = commandsOf('npm', 'install');
    expect(npm.at(-1)).toBe(`./cambist-${version}.tgz`);
    expect(readFileSync(`${NODE}/cambist`, 'utf8')).toContain(`PATH=${after(npm, '--prefix')}/bin:`);
    const [options = ''] = blocksOf('text');
    const files = commandsOf('install').map((words) => words.slice(-2));
    for (const [source = ''] of files) expect(existsSync(`${NODE}/${source}`)).toBe(true);
    const [[, program = ''] = [], [, configuration = ''] = []] = files;
    expect(options).toContain(`--image-credential-provider-config=${configuration}\n`);
    const { providers } = parse(readFileSync(`${NODE}/credential-provider.yaml`, 'utf8')) as {
      readonly providers: readonly [{ readonly name: string }];
    };
    const [, directory] = /--image-credential-provider-bin-dir=(\S+)/.exec(options) ?? [];
    expect(program).toBe(`${directory}/${providers[0].name}`);
  });
});
