// What recorded grants ever needed of what a rule may give: scopes, audiences, lifetimes; when a record does not say, everything was needed.

import { readAudience } from '../rules/audience.ts';
import { capLifetime } from '../rules/lifetime.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import type { RecordedGrant } from './recorded-grants.ts';

/** The parts of the rule's members that were needed, each in the rule's own order. */
export type Needs = Pick<FederatedIdentity, 'allowedScopes' | 'tokenAudiences' | 'trustedAudiences'> & {
  /** Seconds; the longest that a token was issued for. */
  readonly longest: number;
};

/** What the grants needed. The rule's lists of audiences have the deployment's defaults in place of empty ones. */
export function needsOf(rule: FederatedIdentity, grants: readonly RecordedGrant[]): Needs {
  const { allowedScopes, tokenAudiences, trustedAudiences } = rule;
  const scopes = new Set<string>();
  const audiences = new Set<string>();
  const trusted = new Set<string>();
  let longest = 0;
  for (const { asked, claims } of grants) {
    // A request that names no scope gets all of them, and may use any.
    for (const scope of asked?.scope ?? allowedScopes) scopes.add(scope);
    const named = asked?.audiences ?? tokenAudiences;
    for (const audience of named.length > 0 ? named : tokenAudiences.slice(0, 1)) audiences.add(audience);
    for (const audience of readAudience(claims?.['aud']) ?? trustedAudiences) trusted.add(audience);
    longest = Math.max(longest, asked === null ? rule.maxTokenLifetime : capLifetime(asked.lifetimeSeconds, rule));
  }
  return {
    allowedScopes: allowedScopes.filter((scope) => scopes.has(scope)),
    tokenAudiences: tokenAudiences.filter((audience) => audiences.has(audience)),
    // `exact` wants them all in every token.
    trustedAudiences:
      rule.audienceMatchMode === 'exact'
        ? trustedAudiences
        : trustedAudiences.filter((audience) => trusted.has(audience)),
    longest,
  };
}
