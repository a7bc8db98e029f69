// Proposes the rule of one workload, from parameters, look-ups and a real token; writes nothing to the service.

import type { Variables } from '../../platforms/look-up.ts';
import type { Recipe } from '../../platforms/recipe.ts';
import type { CommandContext } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { canonicalJson } from '../../token/canonical-json.ts';
import { asUsage, chooseVariant, readGiven, usageOf } from './given-parameters.ts';
import { buildPlan, deriveVariables } from '../../bootstrap/build-plan.ts';
import type { Plan, BootstrapOptions } from '../../bootstrap/build-plan.ts';
import { lookUpPlatform } from './look-up-platform.ts';
import { customSubject } from './read-token.ts';
import type { RealToken } from './read-token.ts';

export interface ProposedRule {
  readonly plan: Plan;
  readonly notes: readonly string[];
  /** Said aloud before anything is written. */
  readonly warnings: readonly string[];
}

/** The plan of one workload: from what was said, from a real token if there is one, and from what could be looked up. */
export async function proposeRule(
  recipe: Recipe,
  { options, world }: Pick<CommandContext, 'options' | 'world'>,
  asked: BootstrapOptions,
  real: RealToken | null,
): Promise<ProposedRule> {
  const given = readGiven(recipe, options, real?.claims ?? null);
  const { variant, values } = chooseVariant(recipe, given);
  const derived = deriveVariables(recipe, values);
  const found = await lookUpPlatform(recipe, world, {
    variables: derived,
    variant: variant.name,
    wantsIds: !options.flag('undo'),
  });
  const planOf = async (variables: Variables): Promise<Plan> => {
    try {
      return await buildPlan(recipe, variant, variables, found.localJwks, asked);
    } catch (error) {
      throw usageOf(error);
    }
  };
  const known = new Map([...derived, ...found.variables]);
  const plan = await planOf(known);
  const warnings = [...found.warnings, ...plan.warnings];
  const notes = [...found.notes, ...given.dropped];
  if (real === null) return { plan, notes, warnings };

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
  if (custom === null) return { plan, notes, warnings };
  const customised = new Map([
    ...known,
    ['exact-subject', custom],
    ...asUsage(() => recipe.customise?.(real.claims, custom) ?? []),
  ]);
  return {
    plan: await planOf(customised),
    notes: [
      ...notes,
      'The subject of this token is not the usual one of the platform: the rule is made of it, and of conditions on what the usual one would say.',
    ],
    warnings,
  };
}
