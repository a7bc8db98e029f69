// `cambist test`: runs the tests of a file over the file alone; asks no service.

import { FILE } from '../apply/options.ts';
import type { Declaration } from '../apply/read-declaration.ts';
import { epochSeconds } from '../clock.ts';
import type { CommandBody, CommandContext } from '../command.ts';

export const testCommand: CommandBody = {
  description:
    'Checks the file and decides its tests (claims, and whether they must be allowed or refused) with the code that decides exchanges. ' +
    'Needs no deployment, no address of one and no token. Exits 1 if a test fails.',
  options: [FILE],
  arguments: [],
  examples: ['cambist test', 'cambist test -f cambist.yaml --json'],
  run: test,
};

/** Trusted by a rule without `trustedAudiences`, and the `aud` of claims without one, if nobody says which deployment. */
const SOME_DEPLOYMENT = 'https://deployment.invalid';

/** Runs the tests of the file over the file alone. */
async function test(context: CommandContext): Promise<number> {
  const [{ loadDeclaration }, { pointerOf }, { runTests }, { showTests }, { declaredConfiguration }] =
    await Promise.all([
      import('../apply/load-declaration.ts'),
      import('../apply/read-document.ts'),
      import('../apply/run-tests.ts'),
      import('../apply/show-plan.ts'),
      import('../apply/predict-configuration.ts'),
    ]);
  const { output, settings } = context;
  const { declaration, fail } = await loadDeclaration(context);
  const faults = outsideReferences(declaration);
  if (faults.length > 0) throw fail(faults);
  const known = declaration.deployment ?? (settings.hasUrl() ? settings.url() : null);
  const results = runTests(
    declaration.tests,
    declaredConfiguration(declaration, known ?? SOME_DEPLOYMENT),
    epochSeconds(),
  );
  const warnings = declaration.warnings.map(({ place, detail }) => ({ pointer: pointerOf(place), detail }));
  for (const { pointer, detail } of output.isJson ? [] : warnings) output.warn(`${pointer}: ${detail}`);
  output.data({ tests: results, warnings }, () => {
    showTests(results, output, 'all');
    if (results.length === 0) output.line('The file is sound. It has no tests.');
    if (known === null && results.some(({ passed }) => !passed))
      output.line(
        `The file has no \`deployment\`: rules without trustedAudiences were taken to trust ${SOME_DEPLOYMENT}.`,
      );
  });
  return results.every(({ passed }) => passed) ? 0 : 1;
}

/** What only the deployment has cannot be judged without it. */
function outsideReferences({ objects }: Declaration): { place: (string | number)[]; detail: string }[] {
  return objects.flatMap(({ kind, refersTo, place }) => {
    const wanted = kind === 'identity' ? 'provider' : 'serviceAccount';
    if (refersTo === null || objects.some((object) => object.kind === wanted && object.name === refersTo)) return [];
    return [
      { place: [...place, wanted], detail: `${refersTo} is not declared here: only plan and apply can look it up` },
    ];
  });
}
