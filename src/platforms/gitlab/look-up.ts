// GitLab: looks up the ids of a project or group, and says plainly if only paths could be pinned.

import { isJsonObject } from '../../token/json.ts';
import { PlatformFailure } from '../failure.ts';
import { idOf, NOTHING_FOUND } from '../look-up.ts';
import type { LookUpAnswer, LookUpQuestion } from '../look-up.ts';

/** The ids of the project and its group. */
export async function lookUp({ variables, wantsIds, system, askApi }: LookUpQuestion): Promise<LookUpAnswer> {
  if (!wantsIds) return NOTHING_FOUND;
  const project = variables.get('project') ?? '';
  const isGroup = project.endsWith('/*');
  const host = variables.get('host') ?? 'gitlab.com';
  const secret = system.variables['GITLAB_TOKEN'];
  const token = secret === undefined || secret === '' ? null : { header: 'private-token', value: secret };
  const path = isGroup
    ? `groups/${encodeURIComponent(project.slice(0, -2))}`
    : `projects/${encodeURIComponent(project)}`;
  const found = await askApi(`https://${host}/api/v4/${path}`, token);

  const body = found.ok ? found.body : {};
  const namespace = isGroup ? body : isJsonObject(body['namespace']) ? body['namespace'] : {};
  const projectId = (isGroup ? undefined : idOf(body['id'])) ?? variables.get('project-id');
  const namespaceId = idOf(namespace['id']) ?? variables.get('namespace-id');
  for (const [flag, value] of [
    ['project-id', projectId],
    ['namespace-id', namespaceId],
  ] as const) {
    const given = variables.get(flag);
    if (given !== undefined && value !== undefined && given !== value)
      throw new PlatformFailure(`--${flag} ${given} is not the id of ${project}: GitLab says ${value}.`);
  }
  const warnings: string[] = [];
  if (isGroup ? namespaceId === undefined : projectId === undefined) {
    warnings.push(
      `Only the path is pinned: whoever owns ${project} next gets in. ` +
        (found.ok ? '' : `https://${host} was asked for the id, but ${found.reason}: set GITLAB_TOKEN, or give `) +
        `--${isGroup ? 'namespace' : 'project'}-id.`,
    );
  }
  if (variables.has('allow-unprotected'))
    warnings.push('Refs and environments need not be protected: whoever may push a branch of that name gets in.');
  return {
    ...NOTHING_FOUND,
    warnings,
    variables: [
      ...(projectId === undefined || isGroup
        ? []
        : [['project-id', projectId] as const, ['project-id-condition', projectId] as const]),
      ...(namespaceId === undefined ? [] : [['namespace-id', namespaceId] as const]),
    ],
  };
}
