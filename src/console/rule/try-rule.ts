// Tries a rule that is not saved yet: on the claims of a token, and on those of its neighbours; by the functions that decide an exchange.

import { denialDetail } from '../../exchange/denial-detail.ts';
import type { ExplainedIdentity } from '../../exchange/explained-rules.ts';
import type { WrittenConfiguration } from '../../exchange/written-configuration.ts';
import { isWritable } from '../../objects/definition.ts';
import type { Members } from '../../objects/definition.ts';
import { federatedIdentity } from '../../objects/federated-identity.ts';
import { identityProvider } from '../../objects/identity-provider.ts';
import type { JsonObject } from '../../token/json.ts';

/** What a rule made of somebody's claims. */
export interface Tried {
  readonly who: string;
  readonly isAccepted: boolean;
  /** Every check; null if no rule is looked at, for the reason in `detail`. */
  readonly explained: ExplainedIdentity | null;
  readonly detail: string | null;
}

/** The account's name here: there is one, so it needs none. */
const ACCOUNT = 'account';
/** Checks of who a token is; what is asked for with it is another matter. */
export const CHECKS_OF_RULE: ReadonlySet<string> = new Set([
  'status',
  'audience',
  'subject',
  'preset',
  'condition',
  'expression',
]);

/** Tries a rule as the API would keep it, for the tokens of a provider. `now` is in epoch seconds. */
export async function tryRule(
  rule: JsonObject,
  provider: JsonObject,
  issuerUrl: string,
  samples: readonly { readonly who: string; readonly claims: JsonObject }[],
  now: number,
): Promise<readonly Tried[]> {
  // Loaded late: expressions and hints are only evaluated here.
  const { explainClaims } = await import('../../exchange/decide-written.ts');
  const name = String(provider['name']);
  const providerIssuer = String(provider['providerIssuer']);
  const providerSubject = String(rule['providerSubject'] ?? '');
  const configuration: WrittenConfiguration = {
    issuerUrl,
    defaultAudience: issuerUrl,
    providers: [{ ...membersIn(provider, identityProvider.members), name, providerIssuer, status: 'active' }],
    serviceAccounts: [{ name: ACCOUNT }],
    identities: [
      {
        ...membersIn(rule, federatedIdentity.members),
        name: String(rule['name'] ?? 'this rule'),
        providerSubject,
        serviceAccount: ACCOUNT,
        provider: name,
      },
    ],
    bindings: [],
  };
  return samples.map(({ who, claims }) => {
    const question = { claims, serviceAccount: ACCOUNT, scope: null, audiences: [], project: null, now };
    const explained = explainClaims(configuration, question);
    if (!explained.ok) return { who, isAccepted: false, explained: null, detail: denialDetail(explained.error) };
    const [only] = explained.value;
    return { who, isAccepted: only?.matched === true, explained: only ?? null, detail: null };
  });
}

/** The members that somebody may write, without the references, which are names here. */
function membersIn(object: JsonObject, members: Members): JsonObject {
  return Object.fromEntries(
    Object.entries(object).filter(([name, value]) => {
      const member = members[name];
      return value !== null && member !== undefined && isWritable(member) && member.is.kind !== 'identifier';
    }),
  );
}
