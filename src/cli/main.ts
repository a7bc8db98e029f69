#!/usr/bin/env node
// The entry of `cambist`. The version is asked for so often, by scripts and by people who look whether it is there, that nothing else
// is loaded for it.

import { packageVersion } from './package-version.ts';

if (process.argv.length === 3 && process.argv[2] === '--version') process.stdout.write(`${packageVersion()}\n`);
else await (await import('./this-process.ts')).runThisProcess();
