// Makes the ids of requests, events and objects, from the clock and from chance; those of one isolate sort in the order in which they were made.

import { typeIdOf } from './objects/typeid.ts';

/** The counter is 12 bits wide. It starts in the lower half, so that at least 2,048 ids fit into a millisecond. */
const MAX_COUNTER = 0xfff;
const MAX_FIRST_COUNTER = 0x7ff;
/** Milliseconds that ids may be ahead of the clock; a clock that was set back by more than this is followed. */
const MAX_AHEAD_MS = 10_000;

let last = 0;
let counter = 0;

/** A UUID that sorts by time (RFC 9562 §5.7), after every other one of this isolate (§6.2, method 1). */
export function newUuid(): string {
  const chance = crypto.getRandomValues(new Uint16Array(5));
  const now = Date.now();
  if (now > last || now < last - MAX_AHEAD_MS) {
    last = now;
    counter = (chance[0] ?? 0) & MAX_FIRST_COUNTER;
  } else if (counter < MAX_COUNTER) {
    counter += 1;
  } else {
    last += 1;
    counter = 0;
  }
  const time = hex(last, 12);
  const variant = hex(((chance[1] ?? 0) & 0x3fff) | 0x8000, 4);
  const tail = [...chance.subarray(2)].map((part) => hex(part, 4)).join('');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(counter, 3)}-${variant}-${tail}`;
}

/** A new TypeID with this prefix. */
export function newId(prefix: string): string {
  return typeIdOf(prefix, newUuid());
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
