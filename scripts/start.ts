// `npm start`: the production bundle on workerd, kept running for local use.

import { buildBundle } from './local/bundle.ts';
import { runScript } from './local/refusal.ts';
import { serve } from './local/serve.ts';

await runScript('cambist', async () => serve(buildBundle));
