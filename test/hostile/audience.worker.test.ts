// Hostile class, end to end: audience; the table is in audience.cases.ts.

import { runHostileClass } from './battery.ts';
import { audience } from './audience.cases.ts';

runHostileClass(audience);
