// What has to be looked up before a plan can be made: a platform's ids and subject settings, a cluster's issuer, files of keys.

import { readFile } from 'node:fs/promises';

import type { LocalJwks } from '../../objects/identity-provider.ts';
import type { Recipe } from '../../platforms/recipe.ts';
import { usageFailure } from '../failure.ts';
import { resolveGithub } from './github.ts';
import { resolveGitlab } from './gitlab.ts';
import { resolveKubernetes } from './kubernetes.ts';
import { NOTHING, parseJwks } from './resolution.ts';
import type { Question, Resolved } from './resolution.ts';

/** Looks up what the recipe's platform needs. */
export async function resolvePlatform(recipe: Recipe, question: Question): Promise<Resolved> {
  const local = await readLocalJwks(question.variables.get('jwks'));
  const resolved = await resolveByPlatform(recipe, { ...question, hasKeys: local !== null });
  return { ...resolved, localJwks: local ?? resolved.localJwks };
}

async function resolveByPlatform(
  recipe: Recipe,
  question: Question & { readonly hasKeys: boolean },
): Promise<Resolved> {
  if (recipe.preset === 'github') return await resolveGithub(question);
  if (recipe.preset === 'gitlab') return await resolveGitlab(question);
  if (recipe.preset === 'kubernetes') return await resolveKubernetes(question);
  if (recipe.preset === 'spiffe' && !question.hasKeys && !question.variables.has('jwks-uri')) {
    throw usageFailure(
      'A trust domain has no discovery document: where are its keys?',
      'Give --jwks-uri or --jwks FILE.',
    );
  }
  return NOTHING;
}

async function readLocalJwks(file: string | undefined): Promise<LocalJwks | null> {
  if (file === undefined) return null;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    throw usageFailure(`The file of keys ${file} cannot be read.`);
  }
  return parseJwks(text, file);
}
