// Hostile class 1, end to end: malformed tokens; the table is in token-shape.cases.ts.

import { runHostileClass } from './battery.ts';
import { tokenShape } from './token-shape.cases.ts';

runHostileClass(tokenShape);
