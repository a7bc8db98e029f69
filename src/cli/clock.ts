// The clock of the command line; no other file asks for the time of day.

/** Epoch seconds, now. */
export function epochSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
