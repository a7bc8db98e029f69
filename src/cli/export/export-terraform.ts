// `cambist export --format hcl`: reads an organisation and writes it as Terraform's configuration; changes nothing.

import type { JsonObject } from '../../token/json.ts';
import type { Api, JsonMap } from '../api.ts';
import { collectionPath } from '../apply/kinds.ts';
import { readState } from '../apply/read-state.ts';
import { LISTS_AT_ONCE } from '../limits.ts';
import { terraformConfiguration } from './terraform-configuration.ts';
import type { ExportedObject, ResourceKind } from './terraform-configuration.ts';

const RESOURCE_OF: Readonly<Record<string, ResourceKind>> = {
  provider: 'identity_provider',
  serviceAccount: 'service_account',
  identity: 'federated_identity',
  role: 'role',
  binding: 'role_binding',
};

/** The whole organisation of the credential, as a file for Terraform. */
export async function exportTerraform(api: Api): Promise<string> {
  const [{ objects }, caller] = await Promise.all([readState(api), api.get('/me')]);
  const exported: ExportedObject[] = objects.flatMap(({ kind, view }) => {
    const resource = RESOURCE_OF[kind];
    const role = view['role'] as JsonObject | undefined;
    return resource === undefined
      ? []
      : [{ kind: resource, view, parent: kind === 'binding' ? String(role?.['identity']) : null }];
  });
  const accounts = objects.filter(({ kind }) => kind === 'serviceAccount').map(({ identity }) => identity);
  for (let from = 0; from < accounts.length; from += LISTS_AT_ONCE) {
    const some = accounts.slice(from, from + LISTS_AT_ONCE);
    exported.push(...(await Promise.all(some.map((account) => credentialsOf(api, account)))).flat());
  }
  const organisation = (caller['organisation'] as JsonMap | undefined)?.['slug'];
  return terraformConfiguration(exported, { url: api.url, organisation: String(organisation ?? '') });
}

async function credentialsOf(api: Api, account: string): Promise<readonly ExportedObject[]> {
  const views = await api.list<JsonObject>(`${collectionPath('serviceAccount', '')}/${account}/access-credentials`);
  return views.map((view) => ({ kind: 'access_credential', view, parent: account }));
}
