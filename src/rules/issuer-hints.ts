// Which registered issuer an unregistered one nearly is, and what it tells about itself; explains a refusal and never changes it.

import { lookAlike } from './look-alikes.ts';

const DISCOVERY = '/.well-known/openid-configuration';

/** What may be wrong with an issuer that is not registered; null if nothing likely is found. */
export function issuerHint(issuer: string, registered: readonly string[]): string | null {
  for (const [changed, how] of NEAR_MISSES) {
    const meant = registered.find((other) => other !== issuer && changed(other) === changed(issuer));
    if (meant !== undefined)
      return `the registered issuer ${meant} differs only in ${how}: register it exactly as the token has it`;
  }
  const discovery = registered.find((other) => withoutSlash(other) === withoutSlash(issuer) + DISCOVERY);
  if (discovery !== undefined) {
    return `the registered issuer ${discovery} is the address of a discovery document: register ${issuer} instead`;
  }
  const parent = registered.find((other) => isBelow(issuer, other) || isBelow(other, issuer));
  if (parent !== undefined) {
    const enterprise = issuer.includes('githubusercontent.com')
      ? ' (an enterprise with an issuer of its own has its name there)'
      : '';
    return `the registered issuer ${parent} differs in its path${enterprise}: register the token's as an identity provider of its own`;
  }
  return ownHint(issuer);
}

const NEAR_MISSES: readonly (readonly [(issuer: string) => string, string])[] = [
  [withoutSlash, 'a trailing slash'],
  [(issuer) => withoutSlash(withoutDoubleSlash(issuer)), 'a double slash'],
  [(issuer) => withoutSlash(issuer.toLowerCase()), 'upper and lower case'],
  [(issuer) => withoutSlash(withoutPort(issuer)), 'its port'],
  [(issuer) => withoutSlash(issuer.replace(/^http:/, 'https:')), 'http in place of https'],
  [(issuer) => withoutSlash(issuer.replace(/^(https?:\/\/)www\./, '$1')), 'www. before its host'],
  [(issuer) => withoutSlash(lookAlike(issuer)), 'characters that look the same'],
];

/** What the issuer of a cluster or a document tells without any registered one. */
function ownHint(issuer: string): string | null {
  if (/^(?:https?:\/\/)?kubernetes(?:\.default(?:\.svc(?:\.[\w.-]+)?)?)?\/?$/.test(issuer)) {
    return 'this is the default issuer of a Kubernetes cluster, which nobody outside can reach: register it with its keys (cambist bootstrap kubernetes --upload-jwks), or give the cluster a --service-account-issuer';
  }
  if (issuer.endsWith(DISCOVERY))
    return 'this is the address of a discovery document, not an issuer: the token comes from an issuer that names itself wrongly';
  return null;
}

function isBelow(longer: string, shorter: string): boolean {
  const parent = withoutSlash(shorter);
  return parent.startsWith('https://') && longer !== parent && withoutSlash(longer).startsWith(`${parent}/`);
}

function withoutSlash(text: string): string {
  return text.replace(/\/+$/, '');
}

function withoutDoubleSlash(issuer: string): string {
  return issuer.replace(/([^:])\/{2,}/g, '$1/');
}

function withoutPort(issuer: string): string {
  return issuer.replace(/^(https?:\/\/[^/:]+):\d+/, '$1');
}
