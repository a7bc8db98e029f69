// Puts a plan together: parameters, what follows from them, look-ups, and what a real token adds; writes nothing to the service.

import type { Recipe } from '../../platforms/recipe.ts';
import type { CommandContext } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { canonicalJson } from '../canonical-json.ts';
import { deriveVariables } from './derive.ts';
import { readParameters, selectVariant } from './parameters.ts';
import { buildPlan } from './plan.ts';
import type { Plan, Wishes } from './plan.ts';
import { resolvePlatform } from './resolve.ts';
import { customSubject } from './token-file.ts';
import type { RealToken } from './token-file.ts';

/** Claims of several platforms that say which ref or environment a job runs for. */
const REF_CLAIMS = ['ref', 'ref_type', 'environment', 'environment_protected'];

/** The plan of one workload: from what was said, from a real token where there is one, and from what could be looked up. */
export async function makePlan(
  recipe: Recipe,
  { options, world }: Pick<CommandContext, 'options' | 'world'>,
  wishes: Wishes,
  real: RealToken | null,
): Promise<{ readonly plan: Plan; readonly notes: readonly string[]; readonly warnings: readonly string[] }> {
  const { variant, values } = selectVariant(recipe, readParameters(recipe, options, real?.claims ?? null));
  const derived = deriveVariables(recipe.preset, values);
  const resolved = await resolvePlatform(recipe, {
    variables: derived,
    variant,
    world,
    wantsIds: !options.flag('undo'),
  });
  const known = new Map([...derived, ...resolved.variables]);
  const plan = buildPlan(recipe, variant, known, resolved.localJwks, wishes);
  const warnings = [...resolved.warnings, ...plan.warnings];
  if (real === null) return { plan, notes: resolved.notes, warnings };

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
  if (custom === null) return { plan, notes: resolved.notes, warnings };
  const exact = new Map([...known, ['exact-subject', custom]]);
  for (const id of ['repository-id', 'owner-id']) if (known.has(id)) exact.set(`${id}-condition`, known.get(id) ?? '');
  // Such a subject need not hold the ref or the environment: the claims of their own do.
  const held = REF_CLAIMS.filter((claim) => typeof real.claims[claim] === 'string' && real.claims[claim] !== '');
  const conditions = {
    ...Object.fromEntries(held.map((claim) => [claim, real.claims[claim] ?? ''])),
    ...wishes.conditions,
  };
  return {
    plan: buildPlan(recipe, variant, exact, resolved.localJwks, { ...wishes, conditions }),
    notes: [
      ...resolved.notes,
      'The subject of this token is not the usual one of the platform: the rule takes it as it is.',
    ],
    warnings,
  };
}
