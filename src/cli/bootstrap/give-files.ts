// What a bootstrap gives at its end: the configuration to paste, or manifests to apply, printed or written into a directory.

import { join } from 'node:path';

import type { Recipe } from '../../platforms/recipe.ts';
import type { OptionReader } from '../command.ts';
import type { Output } from '../output.ts';
import type { Plan } from '../../bootstrap/build-plan.ts';
import type { ManifestWishes } from './read-manifest-wishes.ts';
import { renderConfiguration } from '../../bootstrap/render-configuration.ts';
import type { Configuration } from '../../bootstrap/render-configuration.ts';

export interface Files {
  readonly configuration: Configuration | null;
  readonly manifests: readonly Configuration[];
}

export const NO_FILES: Files = { configuration: null, manifests: [] };

/** The files of a rule whose account is known, and what shows or writes them. */
export interface FileGiver {
  readonly render: (plan: Plan, url: string, accountIdentity: string) => Files;
  readonly give: (files: Files, output: Output) => Promise<void>;
}

/** Reads what the files are to hold, before anything is written to the service. Throws a usage failure. */
export async function fileGiver(recipe: Recipe, options: OptionReader): Promise<FileGiver> {
  if (recipe.hasManifests !== true)
    return {
      render: (...about) => ({ configuration: renderConfiguration(...about), manifests: [] }),
      give: async ({ configuration }, output) => show(configuration === null ? [] : [configuration], output),
    };
  const [{ readManifestWishes }, { renderManifests }, { writeManifests }, { EVERY_MANIFESTS }] = await Promise.all([
    import('./read-manifest-wishes.ts'),
    import('./render-manifests.ts'),
    import('./write-manifests.ts'),
    import('../../platforms/every-manifests.ts'),
  ]);
  const manifests = EVERY_MANIFESTS[recipe.preset];
  if (manifests === undefined)
    throw new Error(`the platform ${recipe.preset} has no manifests, though its recipe says so`);
  const wishes = readManifestWishes(options);
  const { directory, wantsPod } = wishes;
  return {
    render: (plan, url, account) => ({
      configuration: wantsPod ? renderConfiguration(plan, url, account) : null,
      manifests: renderManifests(manifests, wishes, plan, { url, account }),
    }),
    give: async (files, output) => {
      if (directory !== null) await writeManifests(directory, files.manifests, options.flag('update'));
      const shown = [files.configuration ?? [], directory === null ? files.manifests : []].flat();
      show(shown, output);
      if (files.manifests.length > 0) output.line(['', ...stepsAfter(wishes)]);
    },
  };
}

function show(files: readonly Configuration[], output: Output): void {
  for (const { file, text } of files) {
    output.line();
    output.line(output.paint('bold', file));
    output.line(text.trimEnd().split('\n'));
  }
}

/** What is left to do. */
function stepsAfter({ sets, image, directory }: ManifestWishes): readonly string[] {
  const hasAgent = sets.some((set) => set !== 'image-pull');
  const steps = [
    ...(hasAgent && image === null
      ? [
          'Nobody publishes the image of the agent: build deploy/kubernetes/Dockerfile, push it, and give it with --image.',
        ]
      : []),
    ...(directory === null
      ? ['Write these files with --output-dir DIRECTORY, then apply them.']
      : sets.map((set) => `kubectl apply -k ${join(directory, set)}`)),
    ...(sets.includes('image-pull') ? ['The files in image-pull/node are for each node, and not for kubectl.'] : []),
  ];
  return ['Next:', ...steps.map((step) => `  ${step}`)];
}
