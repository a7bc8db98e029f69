// What an organisation reserves of the token audiences (contract §4): exact values, or prefixes that end in `*`; it knows no other organisation.

/** One entry without its `*`. */
export interface Reservation {
  readonly audience: string;
  readonly isPrefix: boolean;
}

/**
 * Reads an entry as it is written.
 * @internal Tested apart from storage.
 */
export function parseReservation(entry: string): Reservation {
  return entry.endsWith('*') ? { audience: entry.slice(0, -1), isPrefix: true } : { audience: entry, isPrefix: false };
}

/** What is wrong with an entry; null when nothing is. Tokens for this service's own API are everybody's. */
export function reservationFault(entry: string, issuerUrl: string): string | null {
  const reservation = parseReservation(entry);
  if (reservation.audience.includes('*')) return 'may have a * at its end only';
  if (covers(reservation, issuerUrl)) {
    return `must not cover ${issuerUrl}: every organisation calls this service with tokens for it`;
  }
  return null;
}

/**
 * True when the entry reserves the audience.
 * @internal Tested apart from storage.
 */
export function covers({ audience, isPrefix }: Reservation, wanted: string): boolean {
  return isPrefix ? wanted.startsWith(audience) : wanted === audience;
}

/** The entries without those that another of them covers, so that at most one covers an audience. */
export function distinctReservations(entries: readonly string[]): readonly Reservation[] {
  const all = [...new Set(entries)].map(parseReservation);
  return all.filter((one) => !all.some((other) => other !== one && includes(other, one)));
}

function includes(one: Reservation, other: Reservation): boolean {
  return covers(one, other.audience) && (one.isPrefix || !other.isPrefix);
}
