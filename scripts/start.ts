// `npm start`: the production bundle on workerd, kept running for local use. PORT (8787; 0 is any) and STATE_DIR (.cambist) say
// where, and the settings of docs/contract.md §0 what.

import { buildBundle } from './local/bundle.ts';
import { runScript } from './local/refusal.ts';
import { serve } from './local/serve.ts';
import { readUsage } from './local/usage.ts';

readUsage(import.meta.filename);

await runScript('cambist', async () => serve(buildBundle));
