// Which deployment of the file is meant: an option comes before a variable, and a variable before the file's default.

import type { World } from '../command.ts';
import { originOf } from '../deployment-origin.ts';
import { CliFailure, usageFailure } from '../failure.ts';
import { pathOfDeployments, readDeployments } from './deployments-file.ts';
import type { Deployment, DeploymentsFile } from './deployments-file.ts';

/** The chosen one, and whether an option names it; then it comes before the variables. */
export interface Chosen {
  readonly deployment: Deployment;
  readonly isByOption: boolean;
}

interface Named {
  readonly url: string | undefined;
  readonly deployment: string | undefined;
}

/** Null if the address itself is given, or nothing is. Throws a CliFailure if two places name two deployments. */
export async function chooseDeployment(options: Named, world: World): Promise<Chosen | null> {
  const { CAMBIST_URL, CAMBIST_DEPLOYMENT } = world.env;
  const variables: Named = { url: CAMBIST_URL || undefined, deployment: CAMBIST_DEPLOYMENT || undefined };
  const isByOption = options.url !== undefined || options.deployment !== undefined;
  const { url, deployment: name } = isByOption ? options : variables;
  if (name === undefined && url !== undefined) return null;
  const file = await readDeployments(world);
  if (name === undefined) {
    const usual = file?.deployments.find((one) => one.name === file.usual);
    return usual === undefined ? null : { deployment: usual, isByOption };
  }
  const deployment = findDeployment(file, name, world);
  if (url !== undefined && originOf(url) !== deployment.url)
    throw usageFailure(
      `${isByOption ? '--deployment' : 'CAMBIST_DEPLOYMENT'} names ${deployment.url}, and ${isByOption ? '--url' : 'CAMBIST_URL'} another address.`,
      'Leave one of them out.',
    );
  return { deployment, isByOption };
}

/** The deployment of a name. Throws a usage failure that lists those that there are. */
export function findDeployment(file: DeploymentsFile | null, name: string, world: World): Deployment {
  const found = file?.deployments.find((one) => one.name === name);
  if (found !== undefined) return found;
  const path = file?.path ?? pathOfDeployments(world);
  const known = (file?.deployments ?? []).map((one) => one.name);
  throw new CliFailure(
    `There is no deployment ${JSON.stringify(name)}${path === null ? ': there is no home directory to keep any in' : ` in ${path}`}.`,
    {
      code: 'unknown_deployment',
      exitCode: 2,
      next:
        known.length === 0
          ? 'Name one: cambist deployments add NAME --url https://tokens.example.com'
          : `Those are ${known.join(', ')}.`,
    },
  );
}
