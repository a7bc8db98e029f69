#!/usr/bin/env node
// The entry of `cambist`.

import { runThisProcess } from './this-process.ts';

await runThisProcess();
