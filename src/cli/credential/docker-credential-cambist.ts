#!/usr/bin/env node
// The entry of `docker-credential-cambist`: `cambist credential docker` under the name that the tool looks for.

import { runThisProcess } from '../this-process.ts';

await runThisProcess(['credential', 'docker']);
