// Where AWS STS answers in a region; asks nobody.

import { PlatformFailure } from '../failure.ts';
import type { Variables } from '../source.ts';

/** What AWS puts behind the region, by the beginning of its name; each partition has its own. */
const DOMAINS: readonly (readonly [start: string, domain: string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['us-isof-', 'csp.hci.ic.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
];
const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** The regional endpoint without a trailing slash, or what AWS_ENDPOINT_URL_STS says. Throws a PlatformFailure if that would send a token in clear. */
export function stsOrigin(variables: Variables, region: string): string {
  const override = variables['AWS_ENDPOINT_URL_STS'];
  if (override) return checkedOverride(override).replace(/\/+$/, '');
  const domain = DOMAINS.find(([start]) => region.startsWith(start))?.[1] ?? 'amazonaws.com';
  return `https://sts.${region}.${domain}`;
}

function checkedOverride(override: string): string {
  const url = URL.canParse(override) ? new URL(override) : null;
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.has(url.hostname))) return override;
  throw new PlatformFailure('AWS_ENDPOINT_URL_STS is no https address; http is for loopback only.');
}
