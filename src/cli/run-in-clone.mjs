// Starts `cambist` in a clone (`npm run cambist`), and keeps the JavaScript that Node.js makes of it for the next start. The published
// package is JavaScript already, and keeps nothing.

import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Beside the packages, and not where Node.js would put it: others may write to the directory for temporary files.
enableCompileCache(join(import.meta.dirname, '../../node_modules/.cache/cambist'));
await import('./main.ts');
