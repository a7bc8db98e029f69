// What counts as one source of requests when load is shed; decides nothing about access.

/**
 * An IPv4 address as it is, and the /64 network of an IPv6 address (RFC 4291 §2.5.4): one subscriber has all of the network, so that
 * counting addresses would count nothing. Anything else counts as it is.
 */
export function sourceOf(address: string): string {
  // An IPv4 address inside an IPv6 one is one host's, and its first 64 bits are everybody's.
  if (!address.includes(':') || address.includes('.')) return address;
  const [before, after] = address.toLowerCase().split('::').map(groupsOf);
  if (before === undefined) return address;
  const zeros = after === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...(after ?? [])];
  return `${groups.slice(0, 4).join(':')}::/64`;
}

function groupsOf(part: string): string[] {
  return part === '' ? [] : part.split(':').map((group) => group.replace(/^0+(?=.)/, ''));
}
