// GET /v1/reports/trust (contract §11): what of the trust that was given can be taken away; what makes the report is loaded when it is asked for.

import { federatedIdentity } from '../../objects/federated-identity.ts';
import { trustReportSchema } from '../../objects/trust-report.ts';
import { GRANTS_PER_LOOK_BACK, MAX_NEWEST_GRANTS, MAX_REPORTED_IDENTITIES } from '../limits.ts';
import { listQuery } from './list-query.ts';
import type { IamRoute } from './routing.ts';

export const trustReportRoutes: readonly IamRoute[] = [
  {
    scope: 'iam:read',
    operation: async (request) => (await import('./make-trust-report.ts')).answerTrustReport(request),
    config: {
      method: 'get',
      path: '/v1/reports/trust',
      summary: 'Report which trust can be taken away',
      description: `For each federated identity: when it was last used, what can be said against it, and the narrowest rule that its recorded grants need, tried on them. In the order of creation. A page has at most ${MAX_REPORTED_IDENTITIES} identities, and fewer if many events had to be read; the \`link\` of an answer leads to the next one. Of one identity the newest ${MAX_NEWEST_GRANTS} grants are read, and if there are more, ${GRANTS_PER_LOOK_BACK} from each look further back; \`complete\` is false then.`,
      tag: 'trust report',
      query: listQuery(federatedIdentity),
      answer: { description: 'A page of the report', schema: trustReportSchema },
    },
  },
];
