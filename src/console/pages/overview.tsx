// The overview: what needs attention.

import type { ConsolePage } from '../page.ts';
import { PageHead } from '../parts/layout.tsx';

/** `/console`. */
export const overviewPage: ConsolePage = {
  path: '',
  title: 'Overview',
  navigation: 'Overview',
  needs: 'iam:read',
  show: async () => ({ body: <PageHead title="Overview" /> }),
};
