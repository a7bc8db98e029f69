// Hostile class, end to end: time; the table is in time.cases.ts.

import { runHostileClass } from './battery.ts';
import { time } from './time.cases.ts';

runHostileClass(time);
