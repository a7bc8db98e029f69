// The commands of `cambist bootstrap`, one per recipe: the recipe's parameters and the options that all of them share.

import { EVERY_FACTS } from '../../platforms/every-facts.ts';
import { EVERY_RECIPE } from '../../platforms/every-recipe.ts';
import { PRESET_NAMES } from '../../platforms/preset.ts';
import { presetByName } from '../../platforms/presets.ts';
import type { Recipe, RecipeParameter } from '../../platforms/recipe.ts';
import type { Command, CommandOption } from '../command.ts';
import { YES } from '../confirm.ts';
import { manifestOptions } from './manifest-options.ts';

const SHARED: readonly CommandOption[] = [
  {
    flags: '--service-account <name>',
    description: 'who they act as: id, slug or name; created if there is none',
    completes: 'service-accounts',
  },
  { flags: '--role <role>', description: 'bind the account to this role: id, slug or name', completes: 'roles' },
  { flags: '--project-scope <project>', description: 'bind it in this project only', repeatable: true },
  { flags: '--scope <scope>', description: 'a scope that tokens may carry', repeatable: true },
  { flags: '--audience <audience>', description: 'the audience that ID tokens must have; default: the deployment' },
  { flags: '--token-audience <audience>', description: 'an audience that tokens may be issued for', repeatable: true },
  { flags: '--lifetime <seconds>', description: 'how long a token lives at most' },
  { flags: '--expires-at <time>', description: 'when the rule ends (RFC 3339)' },
  { flags: '--single-use', description: 'accept each ID token once' },
  { flags: '--condition <claim=value>', description: 'a further claim that must have this value', repeatable: true },
  {
    flags: '--from-token <file>',
    description: 'read a real ID token ("-": stdin) and propose the tightest sensible rule',
  },
  {
    flags: '--allow-neighbour <who>',
    description: 'somebody close by who may get in, as the check calls them; otherwise nothing is written',
    repeatable: true,
  },
  {
    flags: '--accept-provider-keys',
    description: 'join an identity provider whose keys somebody gave by hand; they decide who gets in',
  },
  { flags: '--dry-run', description: 'show what would change; write nothing' },
  { flags: '--update', description: 'change what differs' },
  { flags: '--undo', description: 'take back what this command made, and nothing else; asks first' },
  YES,
];

/** One command per platform. */
export const bootstrapCommands: readonly Command[] = PRESET_NAMES.map((name) => EVERY_RECIPE[name]).map((recipe) => ({
  name: recipe.preset,
  summary: recipe.summary,
  description: describe(recipe),
  options: [...recipe.parameters.map(optionOf), ...templateOption(recipe), ...manifestOptions(recipe), ...SHARED],
  arguments: [],
  examples: recipe.examples ?? [],
  run: async (context) => await (await import('./run-bootstrap.ts')).runBootstrap(recipe, context),
}));

function optionOf({ name, value, description, required, default: preset }: RecipeParameter): CommandOption {
  const more = [...(required === true ? ['required'] : []), ...(preset === undefined ? [] : [`default: ${preset}`])];
  return {
    flags: value === null ? `--${name}` : `--${name} <${value}>`,
    // Not commander's own default: what a token says goes before it.
    description: more.length === 0 ? description : `${description} (${more.join(', ')})`,
  };
}

function templateOption({ template }: Recipe): readonly CommandOption[] {
  return template === undefined ? [] : [{ flags: '--uses <address>', description: template.description }];
}

function describe(recipe: Recipe): string {
  const { title } = presetByName(recipe.preset);
  const { risks } = EVERY_FACTS[recipe.preset];
  return (
    `Registers ${recipe.preset === 'generic' ? 'the issuer' : `${title} as an issuer`}, a service account, its role binding and the rule that joins them, checks the rule, ` +
    `and prints the configuration to paste. Repeating it changes nothing.\n\nTo know:\n${risks.map((risk) => `- ${risk}`).join('\n')}`
  );
}
