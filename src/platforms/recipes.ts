// Every recipe of `cambist bootstrap`, in the order of the help; the platforms' data stay in their own files.

import type { Recipe } from './recipe.ts';
import { ansibleRecipe } from './ansible/recipe.ts';
import { awsRecipe } from './aws/recipe.ts';
import { azureRecipe } from './azure/recipe.ts';
import { azureDevopsRecipe } from './azure-devops/recipe.ts';
import { bitbucketRecipe } from './bitbucket/recipe.ts';
import { buddyRecipe } from './buddy/recipe.ts';
import { buildkiteRecipe } from './buildkite/recipe.ts';
import { circleciRecipe } from './circleci/recipe.ts';
import { cloudflareAccessRecipe } from './cloudflare-access/recipe.ts';
import { codefreshRecipe } from './codefresh/recipe.ts';
import { flyRecipe } from './fly/recipe.ts';
import { forgejoRecipe } from './forgejo/recipe.ts';
import { genericRecipe } from './generic/recipe.ts';
import { githubRecipe } from './github/recipe.ts';
import { gitlabRecipe } from './gitlab/recipe.ts';
import { gocdnextRecipe } from './gocdnext/recipe.ts';
import { googleRecipe } from './google/recipe.ts';
import { jenkinsRecipe } from './jenkins/recipe.ts';
import { kubernetesRecipe } from './kubernetes/recipe.ts';
import { octopusRecipe } from './octopus/recipe.ts';
import { pulumiRecipe } from './pulumi/recipe.ts';
import { scalrRecipe } from './scalr/recipe.ts';
import { semaphoreRecipe } from './semaphore/recipe.ts';
import { spaceliftRecipe } from './spacelift/recipe.ts';
import { spiffeRecipe } from './spiffe/recipe.ts';
import { terraformCloudRecipe } from './terraform-cloud/recipe.ts';
import { vercelRecipe } from './vercel/recipe.ts';

export const ALL_RECIPES: readonly Recipe[] = [
  githubRecipe,
  gitlabRecipe,
  kubernetesRecipe,
  bitbucketRecipe,
  circleciRecipe,
  buildkiteRecipe,
  terraformCloudRecipe,
  azureDevopsRecipe,
  azureRecipe,
  googleRecipe,
  awsRecipe,
  vercelRecipe,
  flyRecipe,
  jenkinsRecipe,
  spiffeRecipe,
  forgejoRecipe,
  codefreshRecipe,
  buddyRecipe,
  semaphoreRecipe,
  pulumiRecipe,
  spaceliftRecipe,
  scalrRecipe,
  octopusRecipe,
  cloudflareAccessRecipe,
  ansibleRecipe,
  gocdnextRecipe,
  genericRecipe,
];
