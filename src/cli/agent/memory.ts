// Keeps the memory of a process flat that works for seconds and then rests for hours.

import { setFlagsFromString } from 'node:v8';

/** From here on V8 collects what lives shortly rather than take more room for it: tens of megabytes after many renewals. */
export function keepYoungHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
