// Hostile class, end to end: widening; the table is in widening.cases.ts.

import { runHostileClass } from './battery.ts';
import { widening } from './widening.cases.ts';

runHostileClass(widening);
