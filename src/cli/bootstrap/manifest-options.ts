// The options of `cambist bootstrap` for a platform that has manifests; data alone.

import type { Recipe } from '../../platforms/recipe.ts';
import type { CommandOption } from '../command.ts';

/** The sets by name; `pod` is the platform's configuration, which needs no image. */
export const MANIFEST_NAMES = ['deployment', 'cronjob', 'image-pull', 'pod'] as const;
export type ManifestName = (typeof MANIFEST_NAMES)[number];

const OPTIONS: readonly CommandOption[] = [
  {
    flags: '--manifests <set>',
    description: `what to print: ${MANIFEST_NAMES.join(', ')} (a pod with a script, which needs no image of yours); default: deployment`,
    repeatable: true,
  },
  { flags: '--image <image>', description: 'the image of the agent that you built and pushed, with its tag or digest' },
  { flags: '--app-image <image>', description: 'the image of the application; default: one that only shows the file' },
  {
    flags: '--output <type=path>',
    description:
      'a file for the application, below /run/cambist/tokens, with its members after commas: aws=aws,role=ARN; default: token=token',
    repeatable: true,
  },
  { flags: '--schedule <schedule>', description: 'when the CronJob runs; default: 0 3 * * *' },
  { flags: '--registry <host>', description: 'a registry whose images are pulled (image-pull)', repeatable: true },
  { flags: '--output-dir <directory>', description: 'write the files there, each set in a directory of its own' },
];

/** The options, if the platform has manifests. */
export function manifestOptions({ hasManifests }: Recipe): readonly CommandOption[] {
  return hasManifests === true ? OPTIONS : [];
}
