// Reads which manifests are wanted and with what in them, before anything is written; refuses what they would not work with.

import type { JsonObject } from '../../token/json.ts';
import { readOutputs } from '../agent/read-outputs.ts';
import type { OptionReader } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { readHosts } from '../token/credential-helper.ts';
import { MANIFEST_NAMES } from './manifest-options.ts';
import type { ManifestName } from './manifest-options.ts';

/** An image by what kustomize sets: its name, and its tag or digest. */
export interface PinnedImage {
  readonly name: string;
  readonly pin: { readonly digest: string } | { readonly newTag: string };
}

export interface ManifestWishes {
  readonly sets: readonly Exclude<ManifestName, 'pod'>[];
  readonly wantsPod: boolean;
  /** Null if the user has none yet. */
  readonly image: PinnedImage | null;
  /** Null for a container that only shows the file. */
  readonly appImage: PinnedImage | null;
  /** As they stand in the file of the agent. */
  readonly outputs: readonly (JsonObject & { readonly path: string })[];
  readonly schedule: string;
  readonly registries: readonly string[];
  readonly directory: string | null;
}

/** Where the files are, in a directory that the agent makes for itself: everybody can write to the volume. */
const TOKENS = '/run/cambist/tokens';
const SCHEDULE = '0 3 * * *';

/** What the options say. Throws a usage failure. */
export function readManifestWishes(options: OptionReader): ManifestWishes {
  const given = options.list('manifests').flatMap((text) => text.split(','));
  const names = [...new Set(given.length === 0 ? ['deployment'] : given)].map(nameOf);
  const sets = names.filter((name) => name !== 'pod');
  const hasAgent = sets.some((name) => name !== 'image-pull');
  for (const [option, isUsed, by] of [
    ['image', hasAgent, 'deployment or cronjob'],
    ['app-image', hasAgent, 'deployment or cronjob'],
    ['output', hasAgent, 'deployment or cronjob'],
    ['schedule', sets.includes('cronjob'), 'cronjob'],
    ['registry', sets.includes('image-pull'), 'image-pull'],
    ['output-dir', sets.length > 0, 'deployment, cronjob or image-pull'],
  ] as const)
    if (options.list(option).length > 0 && !isUsed)
      throw usageFailure(`--${option} goes together with --manifests ${by} only.`);
  const registries = readHosts(options.list('registry'));
  if (sets.includes('image-pull') && registries.length === 0)
    throw usageFailure(
      'No --registry is given: no registry may get the token.',
      'Name each registry whose images are pulled: --registry registry.example.com',
    );
  return {
    sets,
    wantsPod: names.includes('pod'),
    image: imageOf(options, 'image'),
    appImage: imageOf(options, 'app-image'),
    outputs: outputsOf(options.list('output')),
    schedule: scheduleOf(options.text('schedule') ?? SCHEDULE),
    registries,
    directory: options.text('output-dir') ?? null,
  };
}

function nameOf(text: string): ManifestName {
  const found = MANIFEST_NAMES.find((name) => name === text);
  if (found !== undefined) return found;
  throw usageFailure(`--manifests ${JSON.stringify(text)} is none of ${MANIFEST_NAMES.join(', ')}.`);
}

const IMAGE =
  /^([a-z0-9][a-z0-9._-]*(?::\d{1,5})?(?:\/[a-z0-9][a-z0-9._-]*)*)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/;

function imageOf(options: OptionReader, option: string): PinnedImage | null {
  const text = options.text(option);
  if (text === undefined) return null;
  const [, name, tag, digest] = IMAGE.exec(text) ?? [];
  if (name === undefined) throw usageFailure(`--${option} ${JSON.stringify(text)} is not the name of an image.`);
  if (digest !== undefined) return { name, pin: { digest } };
  if (tag !== undefined && tag !== 'latest') return { name, pin: { newTag: tag } };
  throw usageFailure(
    `--${option} ${JSON.stringify(text)} can be another image tomorrow.`,
    'Give its digest (NAME@sha256:…), or a tag that you do not move.',
  );
}

function scheduleOf(text: string): string {
  if (
    /^(?:@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)|[\d*/,?A-Za-z-]+(?: [\d*/,?A-Za-z-]+){4})$/.test(
      text,
    )
  )
    return text;
  throw usageFailure(`--schedule ${JSON.stringify(text)} is not five fields such as ${JSON.stringify(SCHEDULE)}.`);
}

/** The outputs, judged by what judges the file of the agent. */
function outputsOf(given: readonly string[]): ManifestWishes['outputs'] {
  const outputs = (given.length === 0 ? ['token=token'] : given).map(readOutput);
  const faults: string[] = [];
  readOutputs([...outputs], ['outputs'], ([, , member], detail) =>
    faults.push(`${member === undefined ? 'An output' : `The member ${String(member)} of an output`} ${detail}`),
  );
  const [fault] = faults;
  if (fault !== undefined) throw usageFailure(`--output: ${fault}.`);
  return outputs;
}

function readOutput(text: string): JsonObject & { readonly path: string } {
  const [first = '', ...parts] = text.split(',');
  const [type, file = ''] = splitAt(first);
  if (!/^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/.test(file))
    throw usageFailure(
      `--output ${JSON.stringify(text)} is not TYPE=PATH.`,
      `The path is a name below ${TOKENS}: --output token=api-token,scope=api:read`,
    );
  // The application runs as another user, in the same group.
  const output: Record<string, string | readonly string[]> = { type, path: `${TOKENS}/${file}`, mode: '0640' };
  for (const [name, value] of parts.map(splitAt)) {
    if (value === undefined || value === '' || name === 'path' || name === 'type')
      throw usageFailure(`--output: ${JSON.stringify(name)} is not member=value.`);
    const before = output[name];
    output[name] = before === undefined || name === 'mode' ? value : [before, value].flat();
  }
  return output as JsonObject & { readonly path: string };
}

function splitAt(part: string): readonly [name: string, value?: string] {
  const at = part.indexOf('=');
  return at < 0 ? [part] : [part.slice(0, at), part.slice(at + 1)];
}
