// The state of the deployment as `cambist export` writes it, with every proposal of the report in its place; changes nothing.

import type { TrustReportView } from '../../objects/trust-report.ts';
import type { Api, JsonMap } from '../api.ts';
import { membersOf } from './read-report.ts';

/** The configuration as text: for `cambist apply`, or for Terraform. */
export async function writeProposals(
  { identities }: TrustReportView,
  format: 'yaml' | 'hcl',
  api: Api,
): Promise<string> {
  const proposals = new Map(
    identities.flatMap(({ identity, proposal }) => (proposal === null ? [] : [[identity, membersOf(proposal)]])),
  );
  const asProposed: Api = {
    ...api,
    list: async <T = JsonMap>(...asked: Parameters<Api['list']>) => {
      const views = await api.list<T & { readonly identity?: string }>(...asked);
      return views.map((view): T => ({ ...view, ...proposals.get(view.identity ?? '') }));
    },
  };
  if (format === 'hcl') return await (await import('../export/export-terraform.ts')).exportTerraform(asProposed);
  const { configurationText, exportConfiguration } = await import('../export/export-yaml.ts');
  return configurationText(await exportConfiguration(asProposed));
}
