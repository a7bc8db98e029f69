// The command that makes a standby key, for everything that finds none.

/** One line that says how a standby key comes into being, of one algorithm or of the usual ones. */
export function howToMakeStandby(alg?: string): string {
  const option = alg === undefined ? '' : ` --alg ${alg}`;
  return `\`cambist keys generate${option} --add-to keys.json --out new-keys.json\` adds a standby key to the bundle in use.`;
}
