// Which encodings of an Ed25519 key may verify anything (RFC 8032 §5.1.3); imports and verifies nothing.

const PRIME = 2n ** 255n - 19n;
/** The y of two of the points of order 8; of the other two it is negated. */
const ORDER_8_Y = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
/** The y of every point whose order divides 8, the cofactor of the curve. */
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([0n, 1n, PRIME - 1n, ORDER_8_Y, PRIME - ORDER_8_Y]);

/**
 * Why the 32 bytes of a key must not verify, as a phrase; null if they may. BoringSSL, and so workerd, imports keys of small
 * order: under one of them a signature that nobody had to make fits one message in eight, or every message.
 */
export function ed25519KeyFault(bytes: Uint8Array): string | null {
  // Little-endian; the highest bit is the sign of x.
  const y = bytes.reduceRight((value, byte, index) => value * 256n + BigInt(index === 31 ? byte & 0x7f : byte), 0n);
  // Two spellings of one key would be two keys wherever keys are compared.
  if (y >= PRIME) return 'its coordinate is not written in the one canonical way';
  return SMALL_ORDER_Y.has(y) ? 'it is of small order, so that anybody could sign for it' : null;
}
