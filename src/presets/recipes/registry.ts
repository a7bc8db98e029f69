// Every recipe of `cambist bootstrap`, in the order of the help; the platforms' data stay in their own files.

import type { Recipe } from '../recipe.ts';
import { ansibleRecipe } from './ansible.ts';
import { awsRecipe } from './aws.ts';
import { azureRecipe } from './azure.ts';
import { azureDevopsRecipe } from './azure-devops.ts';
import { bitbucketRecipe } from './bitbucket.ts';
import { buddyRecipe } from './buddy.ts';
import { buildkiteRecipe } from './buildkite.ts';
import { circleciRecipe } from './circleci.ts';
import { cloudflareAccessRecipe } from './cloudflare-access.ts';
import { codefreshRecipe } from './codefresh.ts';
import { flyRecipe } from './fly.ts';
import { forgejoRecipe } from './forgejo.ts';
import { genericRecipe } from './generic.ts';
import { githubRecipe } from './github.ts';
import { gitlabRecipe } from './gitlab.ts';
import { gocdnextRecipe } from './gocdnext.ts';
import { googleRecipe } from './google.ts';
import { jenkinsRecipe } from './jenkins.ts';
import { kubernetesRecipe } from './kubernetes.ts';
import { octopusRecipe } from './octopus.ts';
import { pulumiRecipe } from './pulumi.ts';
import { scalrRecipe } from './scalr.ts';
import { semaphoreRecipe } from './semaphore.ts';
import { spaceliftRecipe } from './spacelift.ts';
import { spiffeRecipe } from './spiffe.ts';
import { terraformCloudRecipe } from './terraform-cloud.ts';
import { vercelRecipe } from './vercel.ts';

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
