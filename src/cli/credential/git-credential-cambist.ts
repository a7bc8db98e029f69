#!/usr/bin/env node
// The entry of `git-credential-cambist`: `cambist credential git` under the name that the tool looks for.

import { runThisProcess } from '../this-process.ts';

await runThisProcess(['credential', 'git']);
