// GitHub: looks up a repository's ids and subject settings, and says plainly if only names could be pinned.

import type { JsonObject } from '../../token/json.ts';
import { isJsonObject } from '../../token/json.ts';
import { PlatformFailure } from '../failure.ts';
import { idOf, NOTHING_FOUND } from '../look-up.ts';
import type { LookUpAnswer, LookUpQuestion, Variables } from '../look-up.ts';

interface Ids {
  readonly repository: string;
  readonly ownerId: string | undefined;
  readonly repositoryId: string | undefined;
}

/** The ids of the repository and the form of its subjects. */
export async function lookUp(question: LookUpQuestion): Promise<LookUpAnswer> {
  const { variables, variant, wantsIds, system, askApi } = question;
  const wanted = variables.get('repository') ?? '';
  const [owner = '', name = ''] = wanted.split('/');
  if (!wantsIds) return { ...NOTHING_FOUND, variables: [['repo', wanted]] };

  const host = variables.get('host') ?? 'github.com';
  const isServer = host !== 'github.com' && !host.endsWith('.ghe.com');
  const api =
    host === 'github.com' ? 'https://api.github.com' : isServer ? `https://${host}/api/v3` : `https://api.${host}`;
  const secret = isServer
    ? (system.variables['GH_ENTERPRISE_TOKEN'] ?? system.variables['GITHUB_ENTERPRISE_TOKEN'])
    : (system.variables['GH_TOKEN'] ?? system.variables['GITHUB_TOKEN']);
  const token = secret === undefined || secret === '' ? null : { header: 'authorization', value: `Bearer ${secret}` };
  const found = await askApi(name === '*' ? `${api}/users/${owner}` : `${api}/repos/${owner}/${name}`, token);
  const ids = idsOf(wanted, found.ok ? found.body : null, variables);

  const warnings: string[] = [];
  const notes: string[] = [];
  const segment = (text: string, id: string | undefined): string =>
    id === undefined || isServer ? text : `${text}@${id}`;
  const [canonicalOwner = '', canonicalName = ''] = ids.repository.split('/');
  const pins = ids.ownerId !== undefined && (name === '*' || ids.repositoryId !== undefined);
  // One id without the other is a form that GitHub does not send.
  const repo = pins
    ? `${segment(canonicalOwner, ids.ownerId)}/${name === '*' ? '*' : segment(canonicalName, ids.repositoryId)}`
    : ids.repository;
  if (!pins) {
    warnings.push(
      `Only names are pinned: whoever owns ${ids.repository} next gets in. ` +
        (found.ok
          ? ''
          : `${api} was asked for the ids, but ${found.reason}: set ${isServer ? 'GH_ENTERPRISE_TOKEN' : 'GH_TOKEN'}, or give `) +
        '--repository-id and --owner-id.',
    );
  } else if (!found.ok)
    notes.push(`${api} was not asked successfully (${found.reason}): the ids are those that were given.`);

  const settings = name === '*' || token === null ? null : await subjectSettings(askApi, api, ids.repository, token);
  if (settings === null && token === null && name !== '*')
    notes.push('Without GH_TOKEN the subject settings of the repository were not looked at: the default is assumed.');
  const known: Variables = new Map([
    ...variables,
    ['repo', repo],
    ['repository', ids.repository],
    ['owner', canonicalOwner],
    ['repository-name', canonicalName],
    ...(ids.ownerId === undefined ? [] : [['owner-id', ids.ownerId] as const]),
    ...(ids.repositoryId === undefined ? [] : [['repository-id', ids.repositoryId] as const]),
  ]);
  const customised = settings === null ? null : customisedSubject(settings, known, variant);
  if (customised !== null) notes.push(`The repository customised its subject: ${customised}`);

  const conditionsPin = pins && (isServer || customised !== null);
  return {
    ...NOTHING_FOUND,
    warnings,
    notes,
    variables: [
      ...known,
      ...(pins && name !== '*' && !isServer && customised === null ? [['pins-repository', 'true'] as const] : []),
      ...(conditionsPin && ids.repositoryId !== undefined
        ? [['repository-id-condition', ids.repositoryId] as const]
        : []),
      ...(conditionsPin && ids.ownerId !== undefined ? [['owner-id-condition', ids.ownerId] as const] : []),
      ...(customised === null ? [] : [['exact-subject', customised] as const]),
    ],
  };
}

function idsOf(wanted: string, body: JsonObject | null, variables: Variables): Ids {
  const isAll = wanted.endsWith('/*');
  const owner = isAll ? body : body === null ? null : body['owner'];
  const foundOwner = isJsonObject(owner) ? idOf(owner['id']) : undefined;
  const foundRepository = isAll || body === null ? undefined : idOf(body['id']);
  for (const [flag, found] of [
    ['owner-id', foundOwner],
    ['repository-id', foundRepository],
  ] as const) {
    const given = variables.get(flag);
    if (given !== undefined && found !== undefined && given !== found)
      throw new PlatformFailure(`--${flag} ${given} is not the id of ${wanted}: GitHub says ${found}.`);
  }
  const fullName = isAll || body === null ? undefined : body['full_name'];
  // A renamed repository is found under its old name, too; a rule would never match.
  if (typeof fullName === 'string' && fullName.toLowerCase() !== wanted.toLowerCase())
    throw new PlatformFailure(`${wanted} is now called ${fullName}.`, `Give --repository ${fullName}.`);
  return {
    // Subjects are compared byte for byte, names on GitHub are not.
    repository: typeof fullName === 'string' ? fullName : wanted,
    ownerId: foundOwner ?? variables.get('owner-id'),
    repositoryId: isAll ? undefined : (foundRepository ?? variables.get('repository-id')),
  };
}

/** The claims that the repository's subject is made of; null for the default. */
async function subjectSettings(
  askApi: LookUpQuestion['askApi'],
  api: string,
  repository: string,
  token: { readonly header: string; readonly value: string },
): Promise<readonly string[] | null> {
  const own = await askApi(`${api}/repos/${repository}/actions/oidc/customization/sub`, token);
  if (!own.ok || own.body['use_default'] !== false) return null;
  const keys = own.body['include_claim_keys'];
  if (Array.isArray(keys)) return keys as readonly string[];
  // Neither the default nor its own: the organisation's.
  const inherited = await askApi(`${api}/orgs/${repository.split('/')[0] ?? ''}/actions/oidc/customization/sub`, token);
  const theirs = inherited.ok ? inherited.body['include_claim_keys'] : undefined;
  return Array.isArray(theirs) ? (theirs as readonly string[]) : null;
}

function customisedSubject(keys: readonly string[], known: Variables, variant: string): string {
  const ref = known.get('sample-ref') ?? '';
  const environment = known.get('environment');
  const context =
    variant === 'environment'
      ? `environment:${escaped(environment ?? '')}`
      : variant === 'pull-request'
        ? 'pull_request'
        : `ref:${escaped(ref)}`;
  const values: Readonly<Record<string, string | undefined>> = {
    repository: known.get('repository'),
    repository_id: known.get('repository-id'),
    repository_owner: known.get('owner'),
    repository_owner_id: known.get('owner-id'),
    job_workflow_ref: known.get('reusable-workflow'),
    ref: variant === 'pull-request' ? undefined : ref,
    environment,
  };
  const parts = keys.map((key) => {
    if (key === 'repo') return `repo:${known.get('repo') ?? ''}`;
    if (key === 'context') return context;
    const value = values[key];
    if (value === undefined || value.includes('*')) {
      throw new PlatformFailure(
        `The subjects of this repository are made of ${keys.join(', ')}, and ${key} is not known.`,
        'Save an ID token of a real run and give it with --from-token FILE' +
          (key === 'job_workflow_ref' ? ', or give --reusable-workflow.' : '.'),
        'customised_subject',
      );
    }
    return `${key}:${escaped(value)}`;
  });
  return parts.join(':');
}

function escaped(value: string): string {
  return value.replaceAll(':', '%3A');
}
