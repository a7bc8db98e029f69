// Every set of manifests by its name, as `--manifests` takes it.

import type { Manifests } from '../../recipe.ts';
import { cronjob } from './cronjob.ts';
import { deployment } from './deployment.ts';
import { imagePull } from './image-pull.ts';

export const manifests: Manifests = { deployment, cronjob, 'image-pull': imagePull };
