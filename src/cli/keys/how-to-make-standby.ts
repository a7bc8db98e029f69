// The command that makes a standby key, for everything that finds none.

/** One line that says how a standby key comes into being, of one algorithm or of the usual ones. */
export function howToMakeStandby(alg?: string): string {
  const option = alg === undefined ? '' : ` --alg ${alg}`;
  return `\`cambist keys generate${option} | npx wrangler secret put SIGNING_KEYS_NEXT\` adds a standby key and leaves SIGNING_KEYS as it is. With a SEALING_KEY the service makes its own.`;
}
