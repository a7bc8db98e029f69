// Workloads close to one that was seen, as the platforms would describe them in a token: another branch, a pull request, another owner.

import type { PresetName } from '../platforms/preset.ts';
import type { JsonObject } from '../token/json.ts';

/** Somebody close by. */
export interface OtherWorkload {
  readonly who: string;
  readonly claims: JsonObject;
}

/** A name that nobody has. */
export const STRANGER = 'cambist-check';
const STRANGE_ID = '0';

/** Those of a platform whose subjects are known here; none of the others. */
export function otherWorkloads(preset: PresetName, claims: JsonObject): readonly OtherWorkload[] {
  if (preset === 'github') return ofGithub(claims);
  return preset === 'gitlab' ? ofGitlab(claims) : [];
}

function ofGithub(claims: JsonObject): readonly OtherWorkload[] {
  const [, owner, ownerId = '', name, nameId = '', rest] =
    /^repo:([^/:@]+)((?:@\d+)?)\/([^/:@]+)((?:@\d+)?)(:.*)$/s.exec(textOf(claims, 'sub')) ?? [];
  if (owner === undefined || name === undefined || rest === undefined) return [];
  const hasIds = ownerId !== '';
  const at = (repository: string, ids: { readonly owner?: string; readonly repository?: string }): JsonObject => {
    const [itsOwner = '', itsName = ''] = repository.split('/');
    const id = { owner: ids.owner ?? ownerId.slice(1), repository: ids.repository ?? nameId.slice(1) };
    return {
      ...claims,
      sub: hasIds ? `repo:${itsOwner}@${id.owner}/${itsName}@${id.repository}${rest}` : `repo:${repository}${rest}`,
      repository,
      repository_owner: itsOwner,
      ...(ids.owner === undefined ? {} : { repository_owner_id: ids.owner }),
      ...(ids.repository === undefined ? {} : { repository_id: ids.repository }),
    };
  };
  const run = (context: string, of: JsonObject): JsonObject => {
    const { environment: _environment, ...others } = claims;
    return { ...others, sub: `repo:${owner}${ownerId}/${name}${nameId}:${context}`, ...of };
  };
  const branch = `refs/heads/${STRANGER}`;
  const tag = `refs/tags/${STRANGER}`;
  return [
    { who: 'other branches', claims: run(`ref:${branch}`, { ref: branch, ref_type: 'branch', event_name: 'push' }) },
    { who: 'tags', claims: run(`ref:${tag}`, { ref: tag, ref_type: 'tag', event_name: 'push' }) },
    {
      who: 'pull requests',
      claims: run('pull_request', { ref: 'refs/pull/1/merge', ref_type: 'branch', event_name: 'pull_request' }),
    },
    { who: 'other environments', claims: run(`environment:${STRANGER}`, { environment: STRANGER }) },
    { who: `other repositories of ${owner}`, claims: at(`${owner}/${STRANGER}`, { repository: STRANGE_ID }) },
    {
      who: `whoever takes the name ${owner}/${name} when it is free`,
      claims: at(`${owner}/${name}`, { owner: STRANGE_ID, repository: STRANGE_ID }),
    },
  ];
}

function ofGitlab(claims: JsonObject): readonly OtherWorkload[] {
  const [, path] = /^project_path:(.+):ref_type:[^:]+:ref:.+$/s.exec(textOf(claims, 'sub')) ?? [];
  if (path === undefined) return [];
  const group = path.slice(0, path.lastIndexOf('/'));
  const at = (project: string, type: string, ref: string, of: JsonObject): JsonObject => ({
    ...claims,
    sub: `project_path:${project}:ref_type:${type}:ref:${ref}`,
    project_path: project,
    ref_type: type,
    ref,
    ...of,
  });
  const type = textOf(claims, 'ref_type');
  const ref = textOf(claims, 'ref');
  const strange = { project_id: STRANGE_ID, job_project_id: STRANGE_ID };
  return [
    { who: 'other branches', claims: at(path, 'branch', STRANGER, { ref_path: `refs/heads/${STRANGER}` }) },
    { who: 'tags', claims: at(path, 'tag', STRANGER, { ref_path: `refs/tags/${STRANGER}` }) },
    { who: `other projects of ${group}`, claims: at(`${group}/${STRANGER}`, type, ref, strange) },
    {
      who: `whoever takes the path ${path} when it is free`,
      claims: at(path, type, ref, { ...strange, namespace_id: STRANGE_ID }),
    },
  ];
}

function textOf(claims: JsonObject, name: string): string {
  const value = claims[name];
  return typeof value === 'string' ? value : '';
}
