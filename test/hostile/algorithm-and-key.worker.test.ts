// Hostile class 2, end to end: algorithms, headers, signatures and keys; the table is in algorithm-and-key.cases.ts.

import { algorithmAndKey } from './algorithm-and-key.cases.ts';
import { runHostileClass } from './battery.ts';

runHostileClass(algorithmAndKey);
