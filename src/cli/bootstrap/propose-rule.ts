// Proposes the rule of one workload, from parameters, look-ups and a real token; writes nothing to the service.

import type { Recipe } from '../../platforms/recipe.ts';
import type { CommandContext } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { canonicalJson } from '../../token/canonical-json.ts';
import { readParameters, selectVariant } from './read-parameters.ts';
import { buildPlan, deriveVariables } from './build-plan.ts';
import type { Plan, BootstrapOptions } from './build-plan.ts';
import { lookUpPlatform } from './look-up-platform.ts';
import { customSubject } from './read-token.ts';
import type { RealToken } from './read-token.ts';

/** Claims of several platforms that say which ref or environment a job runs for. */
const REF_CLAIMS = ['ref', 'ref_type', 'environment', 'environment_protected'];

/** The plan of one workload: from what was said, from a real token where there is one, and from what could be looked up. */
export async function proposeRule(
  recipe: Recipe,
  { options, world }: Pick<CommandContext, 'options' | 'world'>,
  asked: BootstrapOptions,
  real: RealToken | null,
): Promise<{ readonly plan: Plan; readonly notes: readonly string[]; readonly warnings: readonly string[] }> {
  const { variant, values } = selectVariant(recipe, readParameters(recipe, options, real?.claims ?? null));
  const derived = deriveVariables(recipe, values);
  const found = await lookUpPlatform(recipe, world, {
    variables: derived,
    variant: variant.name,
    wantsIds: !options.flag('undo'),
  });
  const known = new Map([...derived, ...found.variables]);
  const plan = buildPlan(recipe, variant, known, found.localJwks, asked);
  const warnings = [...found.warnings, ...plan.warnings];
  if (real === null) return { plan, notes: found.notes, warnings };

  const { iss, aud } = real.claims;
  // A JWT-SVID may lack iss; the trust domain of its sub was taken in its place.
  if (iss !== plan.provider.providerIssuer && !(recipe.preset === 'spiffe' && iss === undefined)) {
    throw usageFailure(
      `The token was issued by ${JSON.stringify(iss ?? null)}, but this rule trusts ${plan.provider.providerIssuer}.`,
      'Is it a token of this platform? `cambist bootstrap --help` lists the others.',
    );
  }
  if (![aud].flat().includes(plan.audience)) {
    warnings.push(
      `The token was made for ${canonicalJson(aud ?? null)}. The rule wants ${plan.audience}, as the configuration below asks for: ` +
        'whoever receives tokens for another audience could replay them here.',
    );
  }
  const { providerSubject, providerSubjectMatch } = plan.identity;
  const custom = customSubject(real.claims, [
    { subject: providerSubject, isGlob: providerSubjectMatch === 'glob' },
    // GitHub's other form.
    { subject: providerSubject.replaceAll(/@\d+/g, ''), isGlob: providerSubjectMatch === 'glob' },
  ]);
  if (custom === null) return { plan, notes: found.notes, warnings };
  const exact = new Map([...known, ['exact-subject', custom]]);
  for (const id of ['repository-id', 'owner-id']) if (known.has(id)) exact.set(`${id}-condition`, known.get(id) ?? '');
  // Such a subject need not hold the ref or the environment: the claims of their own do.
  const held = REF_CLAIMS.filter((claim) => typeof real.claims[claim] === 'string' && real.claims[claim] !== '');
  const conditions = {
    ...Object.fromEntries(held.map((claim) => [claim, real.claims[claim] ?? ''])),
    ...asked.conditions,
  };
  return {
    plan: buildPlan(recipe, variant, exact, found.localJwks, { ...asked, conditions }),
    notes: [
      ...found.notes,
      'The subject of this token is not the usual one of the platform: the rule takes it as it is.',
    ],
    warnings,
  };
}
