// Runs the tests of a configuration over the rules as the service would decide, without a service; prints nothing.

import type { WrittenConfiguration } from '../../exchange/written-configuration.ts';
import { judgeClaims } from '../../exchange/decide-written.ts';
import type { Verdict } from '../../exchange/decide-written.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import { ANY_REASON } from './refusal-reasons.ts';
import type { DeclaredTest } from './read-tests.ts';

export interface TestResult {
  readonly name: string;
  readonly passed: boolean;
  /** What was decided, in a sentence. */
  readonly decided: string;
  /** Why it failed; null if it passed. */
  readonly why: string | null;
  readonly verdict: Verdict;
}

/** Decides every test at `now` (epoch seconds). */
export function runTests(
  tests: readonly DeclaredTest[],
  configuration: WrittenConfiguration,
  now: number,
): readonly TestResult[] {
  return tests.map((test) => runTest(test, configuration, now));
}

function runTest(test: DeclaredTest, configuration: WrittenConfiguration, now: number): TestResult {
  const provider = configuration.providers.find(({ name }) => name === test.provider);
  // What every test would have to repeat; a claim that is given, also as null, stays as it is given.
  const claims: JsonObject = {
    ...(provider === undefined ? {} : { iss: provider.providerIssuer }),
    aud: configuration.issuerUrl,
    ...test.claims,
  };
  const { serviceAccount, scope, audiences, project } = test;
  const asked = { claims, provider: test.provider, serviceAccount, scope, audiences, project, now };
  const verdict = judgeClaims(configuration, asked);
  const why = unclearSigner(test, claims['iss'], configuration) ?? reasonOfFailure(test, verdict, configuration);
  return { name: test.name, passed: why === null, decided: sentenceOf(verdict), why, verdict };
}

/** Claims alone do not tell whose key signed a token if several providers have its issuer (contract §5.1). */
function unclearSigner(
  { provider }: DeclaredTest,
  issuer: JsonValue | undefined,
  { providers }: WrittenConfiguration,
): string | null {
  const sharing = providers.filter(({ providerIssuer }) => providerIssuer === issuer).map(({ name }) => name);
  if (sharing.length < 2 || (provider !== null && sharing.includes(provider))) return null;
  return `several providers have the issuer ${String(issuer)}: say whose key signs the token, with provider: ${sharing.join(' or ')}`;
}

function sentenceOf(verdict: Verdict): string {
  return verdict.allowed
    ? `allowed as ${verdict.serviceAccount}, by ${verdict.identity}`
    : `refused: ${verdict.reason}`;
}

function reasonOfFailure(
  { expected }: DeclaredTest,
  verdict: Verdict,
  configuration: WrittenConfiguration,
): string | null {
  if ('refused' in expected) {
    if (verdict.allowed) return 'it must be refused';
    if (expected.refused === ANY_REASON || expected.refused === verdict.reason) return null;
    return `it must be refused for ${expected.refused}; it is refused because ${verdict.detail}`;
  }
  if (!verdict.allowed) return `it must be allowed as ${expected.allowed}; ${verdict.detail}`;
  const account = configuration.serviceAccounts.find(({ name }) => name === verdict.serviceAccount);
  if (expected.allowed !== verdict.serviceAccount && expected.allowed !== account?.slug)
    return `it must be allowed as ${expected.allowed}`;
  return difference('roles', expected.roles, verdict.roles) ?? difference('scopes', expected.scopes, verdict.scope);
}

function difference(what: string, wanted: readonly string[] | null, given: readonly string[]): string | null {
  if (wanted === null || [...new Set(wanted)].toSorted().join(' ') === given.toSorted().join(' ')) return null;
  return `its ${what} must be ${wanted.join(' ') || 'none'}, and are ${given.join(' ') || 'none'}`;
}
