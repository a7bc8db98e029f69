// Keeps the memory of a process small that works for milliseconds and then rests for minutes.

import { setFlagsFromString } from 'node:v8';

const FLAGS = [
  // Compilers pay off in what runs hot. Their code would come into memory, and then what they make.
  '--no-opt',
  '--no-maglev',
  '--no-sparkplug',
  // Collects what lives shortly rather than take more room for it.
  '--semi-space-growth-factor=1',
  '--optimize-for-size',
] as const;

/** From here on V8 takes little memory rather than little time. */
export function takeLittleMemory(): void {
  for (const flag of FLAGS) setFlagsFromString(flag);
}
