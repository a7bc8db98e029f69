// Every page of the console: to add one, write a file beside this one and a line here. Navigation and routes follow from it.

import type { ConsolePage } from '../page.ts';
import { accountPages } from './accounts.tsx';
import { activityPage } from './activity.tsx';
import { credentialPages } from './credentials.tsx';
import { eventPage } from './event.tsx';
import { keyPages } from './keys.tsx';
import { organisationPages } from './organisations.tsx';
import { overviewPage } from './overview.tsx';
import { pipelinePages } from './pipelines.tsx';
import { providerPages } from './providers.tsx';
import { rolePages } from './roles.tsx';
import { trustProposalPage } from './trust-proposal.tsx';
import { trustReportPage } from './trust-report.tsx';
import { trustPages } from './trust.tsx';

/** In the order of the navigation. */
export const consolePages: readonly ConsolePage[] = [
  overviewPage,
  activityPage,
  eventPage,
  ...pipelinePages,
  ...trustPages,
  trustReportPage,
  trustProposalPage,
  ...providerPages,
  ...accountPages,
  ...credentialPages,
  ...rolePages,
  ...keyPages,
  ...organisationPages,
];
