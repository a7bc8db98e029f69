// The manifests of `cambist bootstrap kubernetes`: what is wanted is read before anything is written, and what is printed holds it (contract §9).

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { readManifestWishes } from '../../../src/cli/bootstrap/read-manifest-wishes.ts';
import { renderManifests } from '../../../src/cli/bootstrap/render-manifests.ts';
import { writeManifests } from '../../../src/cli/bootstrap/write-manifests.ts';
import type { OptionReader } from '../../../src/cli/command.ts';
import { CliFailure } from '../../../src/cli/failure.ts';
import { manifests } from '../../../src/platforms/kubernetes/manifests/every-manifest.ts';

type Given = Readonly<Record<string, readonly string[]>>;

const DIGEST = `sha256:${'0a'.repeat(32)}`;
const ACCOUNT = 'sa_01h45ytscbebyvny4gc8cr8ma2';

function optionsOf(given: Given): OptionReader {
  return {
    text: (name) => given[name]?.at(-1),
    list: (name) => given[name] ?? [],
    flag: (name) => given[name] !== undefined,
    wholeNumber: () => undefined,
  };
}

function filesOf(
  given: Given,
  more: {
    readonly account?: string;
    readonly audience?: string;
    readonly conditions?: Readonly<Record<string, string>>;
  } = {},
): ReadonlyMap<string, string> {
  const variables = new Map([
    ['namespace', 'on'],
    ['kubernetes-service-account', more.account ?? '0123'],
  ]);
  const plan = {
    audience: more.audience ?? 'null',
    variables,
    identity: more.conditions === undefined ? {} : { conditions: more.conditions },
  };
  const deployment = { url: 'https://tokens.acme.test', account: ACCOUNT };
  const files = renderManifests(manifests, readManifestWishes(optionsOf(given)), plan, deployment);
  return new Map(files.map(({ file, text }) => [file, text]));
}

/** The members of one of the files. */
const parsed = (files: ReadonlyMap<string, string>, file: string): unknown => parse(files.get(file) ?? '');

describe('what is wanted', () => {
  it.each<[name: string, given: Given, said: RegExp]>([
    ['an unknown set', { manifests: ['pods'] }, /none of deployment, cronjob, image-pull, pod/],
    ['an image without a tag', { image: ['registry.acme.test/agent'] }, /can be another image tomorrow/],
    ['the tag latest', { image: ['registry.acme.test:5000/agent:latest'] }, /can be another image tomorrow/],
    ['an application without a tag', { 'app-image': ['shop'] }, /--app-image "shop" can be another/],
    ['a short digest', { image: ['registry.acme.test/agent@sha256:0a'] }, /is not the name of an image/],
    ['an image that leaves its quotes', { image: ["a:1'\n- x"] }, /is not the name of an image/],
    ['no registry', { manifests: ['image-pull'] }, /no registry may get the token/],
    ['a registry with a scheme', { manifests: ['image-pull'], registry: ['https://r.test'] }, /is not a host/],
    ['a registry for a Deployment', { registry: ['r.test'] }, /--registry goes together with --manifests image-pull/],
    ['an image for the pod', { manifests: ['pod'], image: ['a:1'] }, /--image goes together with/],
    ['a schedule for a Deployment', { schedule: ['@daily'] }, /--schedule goes together with --manifests cronjob/],
    ['a schedule of four fields', { manifests: ['cronjob'], schedule: ['* * * *'] }, /is not five fields/],
    ['a schedule that leaves its quotes', { manifests: ['cronjob'], schedule: ["* * * * '"] }, /is not five fields/],
    ['an output without a path', { output: ['token'] }, /is not TYPE=PATH/],
    ['an output elsewhere', { output: ['token=/etc/passwd'] }, /is not TYPE=PATH/],
    ['an output above', { output: ['token=../token'] }, /is not TYPE=PATH/],
    ['an unknown type', { output: ['tokens=a'] }, /type of an output must be one of/],
    ['a member that the type does not take', { output: ['token=a,role=b'] }, /means nothing for the type token/],
    ['a member that is missing', { output: ['aws=a'] }, /is required for the type aws/],
    ['a member without a value', { output: ['token=a,scope='] }, /is not member=value/],
    ['two outputs in one file', { output: ['token=a', 'token=a'] }, /is written by another output, too/],
    ['a mode for everybody', { output: ['token=a,mode=0644'] }, /mode of an output must be 0600/],
  ])('is refused: %s', (_, given, said) => {
    expect(() => readManifestWishes(optionsOf(given))).toThrow(said);
  });

  it.each<[name: string, given: Given]>([
    ['nothing', {}],
    ['an image with a tag', { image: ['registry.acme.test:5000/team/agent:1.2.3'] }],
    ['an image with a digest', { image: [`registry.acme.test/agent:1@${DIGEST}`] }],
    ['several sets', { manifests: ['deployment,cronjob', 'image-pull', 'pod'], registry: ['r.test:5000'] }],
    ['a name for a time', { manifests: ['cronjob'], schedule: ['@daily'] }],
    ['a time', { manifests: ['cronjob'], schedule: ['*/5 0-6 1,15 * MON'] }],
    [
      'outputs with members',
      { output: ['token=a,scope=api:read,scope=api:write', 'docker-config=docker/config.json,registry=r.test'] },
    ],
  ])('is taken: %s', (_, given) => {
    expect(() => readManifestWishes(optionsOf(given))).not.toThrow();
  });
});

describe('what is printed', () => {
  it('stays text where YAML would read something else', () => {
    const files = filesOf({ manifests: ['deployment', 'cronjob', 'image-pull'], registry: ['1.1'] });
    expect(parsed(files, 'deployment/kustomization.yaml')).toMatchObject({ namespace: 'on' });
    expect(parsed(files, 'cronjob/service-account.yaml')).toMatchObject({ metadata: { name: '0123' } });
    expect(parsed(files, 'deployment/agent.yaml')).toMatchObject({ idTokenAudience: 'null', serviceAccount: ACCOUNT });
    expect(parsed(files, 'image-pull/node/credential-provider.yaml')).toMatchObject({
      providers: [{ matchImages: ['1.1'], tokenAttributes: { serviceAccountTokenAudience: 'null' } }],
    });
    for (const text of files.values()) expect(text).not.toMatch(/\{[a-z][a-z-]*\}|\n\n/);
  });

  it('has the images by what pins them, and a command only if there is no application', () => {
    const image = ['registry.acme.test/agent:1'];
    const own = filesOf({ image });
    expect(parsed(own, 'deployment/kustomization.yaml')).toMatchObject({
      images: [
        { name: 'cambist-agent', newName: 'registry.acme.test/agent', newTag: '1' },
        { name: 'cambist-app', newName: 'registry.acme.test/agent', newTag: '1' },
      ],
    });
    expect(own.get('deployment/deployment.yaml')).toContain('command: [sh, -c, ');
    const theirs = filesOf({ image, 'app-image': [`shop@${DIGEST}`] });
    expect(parsed(theirs, 'deployment/kustomization.yaml')).toMatchObject({
      images: [{ newTag: '1' }, { name: 'cambist-app', newName: 'shop', digest: DIGEST }],
    });
    expect(theirs.get('deployment/deployment.yaml')).not.toContain('command: [sh');
  });

  it('has the outputs in the file of the agent, and the first one in the application', () => {
    const files = filesOf({
      output: ['aws=aws/credentials,role=arn:aws:iam::123456789012:role/shop', 'token=b,scope=a,scope=b'],
    });
    expect(parsed(files, 'deployment/agent.yaml')).toMatchObject({
      outputs: [
        {
          type: 'aws',
          path: '/run/cambist/tokens/aws/credentials',
          mode: '0640',
          role: 'arn:aws:iam::123456789012:role/shop',
        },
        { type: 'token', path: '/run/cambist/tokens/b', mode: '0640', scope: ['a', 'b'] },
      ],
    });
    expect(files.get('deployment/deployment.yaml')).toContain("value: '/run/cambist/tokens/aws/credentials'");
  });

  it.each([
    [undefined, 'ServiceAccount'],
    [{ '/kubernetes.io/serviceaccount/uid': 'a' }, 'ServiceAccount'],
    [{ '/kubernetes.io/pod/name': 'a' }, 'Token'],
  ])('lets pods share an answer only if the rule looks at the account alone: %j', (conditions, cacheType) => {
    const given = { manifests: ['image-pull'], registry: ['r.test'] };
    const files = filesOf(given, conditions === undefined ? {} : { conditions });
    expect(parsed(files, 'image-pull/node/credential-provider.yaml')).toMatchObject({
      providers: [{ tokenAttributes: { cacheType } }],
    });
  });

  it('gives a workload a name that a CronJob can have, whatever the account is called', () => {
    const files = filesOf({ manifests: ['cronjob'] }, { account: `${'a.'.repeat(19)}a.${'b'.repeat(80)}` });
    const { metadata } = parsed(files, 'cronjob/cronjob.yaml') as { readonly metadata: { readonly name: string } };
    expect(metadata.name).toBe(`${'a-'.repeat(19)}a`);
  });
});

describe('what is written', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'cambist-manifests-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('goes into the directory, a script as a program', async () => {
    const files = [
      { file: 'a/b.yaml', text: 'a: 1\n' },
      { file: 'a/node/c', text: '#!/bin/sh\n' },
    ];
    await writeManifests(directory, files, false);
    expect(readFileSync(join(directory, 'a/b.yaml'), 'utf8')).toBe('a: 1\n');
    expect(statSync(join(directory, 'a/b.yaml')).mode & 0o111).toBe(0);
    expect(statSync(join(directory, 'a/node/c')).mode & 0o100).toBe(0o100);
    await writeManifests(directory, files, false);
  });

  it('replaces what somebody else wrote only if it is told to', async () => {
    writeFileSync(join(directory, 'b.yaml'), 'mine');
    const files = [
      { file: 'a.yaml', text: 'a' },
      { file: 'b.yaml', text: 'b' },
    ];
    const refusal = await writeManifests(directory, files, false).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(CliFailure);
    expect(String(refusal)).toContain('b.yaml is there already');
    expect(existsSync(join(directory, 'a.yaml'))).toBe(false);
    await writeManifests(directory, files, true);
    expect(readFileSync(join(directory, 'b.yaml'), 'utf8')).toBe('b');
  });
});
