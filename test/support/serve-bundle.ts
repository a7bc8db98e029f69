// `npm start` with the bundle that the run of the tests has built: building it anew for each start took most of their time.

import { runScript } from '../../scripts/local/refusal.ts';
import { serve } from '../../scripts/local/serve.ts';

await runScript('cambist', async () => serve(async () => process.env['TEST_BUNDLE'] ?? ''));
