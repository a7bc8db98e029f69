#!/usr/bin/env node
// The entry of `terraform-credentials-cambist`: `cambist credential terraform` under the name that the tool looks for.

import { runThisProcess } from '../this-process.ts';

await runThisProcess(['credential', 'terraform']);
