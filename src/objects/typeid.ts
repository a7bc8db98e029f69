// The spelling of our identifiers: a UUID as a TypeID, `evt_01h455vb4pex5vsknk084sn02q`; pure.

/** Crockford's base 32, in lower case: no i, l, o, u. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
/** 128 bits in groups of five. */
const SUFFIX_CHARS = 26;

/** The TypeID of a UUID (RFC 9562 §4) with this prefix; ids sort as their UUIDs do. */
export function typeIdOf(prefix: string, uuid: string): string {
  let rest = BigInt(`0x${uuid.replaceAll('-', '')}`);
  let suffix = '';
  for (let place = 0; place < SUFFIX_CHARS; place += 1) {
    suffix = (ALPHABET[Number(rest & 31n)] ?? '') + suffix;
    rest >>= 5n;
  }
  return `${prefix}_${suffix}`;
}

/** The next id in order, of the same prefix; the last there is has none, and is never made. */
export function idAfter(id: string): string {
  const last = ALPHABET.at(-1) ?? '';
  const kept = id.replace(new RegExp(`${last}+$`), '');
  const next = ALPHABET[ALPHABET.indexOf(kept.at(-1) ?? '') + 1] ?? '';
  return (kept.slice(0, -1) + next).padEnd(id.length, ALPHABET[0]);
}
