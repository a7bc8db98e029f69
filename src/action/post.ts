// The entry of the Action's `post`: joins it with the process.

import { runnerOf } from './runner.ts';
import { takeBack } from './take-back.ts';

await takeBack(
  runnerOf(process.env, (text) => process.stdout.write(text)),
  process.env,
);
