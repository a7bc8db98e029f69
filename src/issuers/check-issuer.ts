// The issuer doctor (contract §5.1): looks at everything that verifying an issuer's tokens needs, and names the fix; changes nothing.

import { withinTime } from '../timeout.ts';
import { discoveryUrl, fetchableUrlFault } from '../token/issuer-address.ts';
import type { IssuerFinding } from '../objects/issuer-port.ts';
import { isJsonObject } from '../token/json.ts';
import type { JsonValue } from '../token/json.ts';
import { ISSUER_FETCH_TIMEOUT_MS, MAX_JWKS_BYTES } from './limits.ts';
import { CLOCK_SKEW_SECONDS } from '../token/limits.ts';
import type { IdentityProvider } from '../objects/identity-provider.ts';
import { discoveryDocument, quoted } from './discovery.ts';
import type { FetchDeps } from './discovery.ts';
import { UNREACHABLE, adviceFor } from './fetch-advice.ts';
import { fetchDocument } from './fetch-document.ts';
import type { FetchedDocument } from './fetch-document.ts';
import { checkKeySet } from './check-jwk-set.ts';

type Report = (
  check: IssuerFinding['check'],
  verdict: IssuerFinding['verdict'],
  detail: string,
  advice?: string,
) => void;

/** Every finding at `now` (epoch seconds), as far as the look got; keys given by hand are judged without the network. */
export async function checkIssuer(
  provider: IdentityProvider,
  now: number,
  deps: FetchDeps,
): Promise<readonly IssuerFinding[]> {
  const findings: IssuerFinding[] = [];
  const report: Report = (check, verdict, detail, advice) => {
    findings.push({ check, verdict, detail, advice: advice ?? null });
  };
  if (provider.status === 'active') report('status', 'ok', 'the identity provider is active');
  else report('status', 'warning', 'every token of this issuer is refused', 'set the status of the provider to active');

  if (provider.localJwks !== null) {
    report('jwks', 'ok', 'the keys are given by hand in localJwks: the issuer is not asked');
    findings.push(...checkKeySet({ keys: provider.localJwks.keys }, provider, []));
    return findings;
  }
  return withinTime(
    ISSUER_FETCH_TIMEOUT_MS,
    async (signal) => {
      findings.push(...(await lookAt(provider, now, deps, signal, report)));
      return findings;
    },
    () => [
      ...findings,
      {
        check: findings.some(({ check }) => check === 'jwks_uri') ? 'jwks' : 'discovery',
        verdict: 'failed',
        detail: `there was no answer within ${ISSUER_FETCH_TIMEOUT_MS} ms`,
        advice: UNREACHABLE,
      },
    ],
  );
}

/** Asks the issuer as an exchange would; reports on the way, and answers what the keys and the clock are like. */
async function lookAt(
  provider: IdentityProvider,
  now: number,
  deps: FetchDeps,
  signal: AbortSignal,
  report: Report,
): Promise<IssuerFinding[]> {
  const discovered =
    provider.providerJwksUri === null
      ? await checkDiscovery(provider.providerIssuer, deps, signal, report)
      : { jwksUri: provider.providerJwksUri, algorithms: [] };
  if (discovered === null) return [];
  const { jwksUri, algorithms } = discovered;
  if (provider.providerJwksUri !== null) report('discovery', 'ok', 'not used: providerJwksUri says where the keys are');

  const fault = fetchableUrlFault(jwksUri, deps);
  if (fault !== null) {
    report('jwks_uri', 'failed', `the jwks_uri ${quoted(jwksUri)} is not fetched: it ${fault}`, NOT_FETCHABLE);
    return [];
  }
  report('jwks_uri', 'ok', `the keys are at ${jwksUri}`);
  const fetched = await fetchDocument(deps.fetch, { url: jwksUri, maxBytes: MAX_JWKS_BYTES }, signal);
  if (!fetched.ok) {
    report('jwks', 'failed', fetched.error.detail, adviceFor(fetched.error));
    return [];
  }
  return [...checkKeySet(fetched.value.value, provider, algorithms), checkClock(fetched.value, now)];
}

async function checkDiscovery(
  issuer: string,
  deps: FetchDeps,
  signal: AbortSignal,
  report: Report,
): Promise<{ readonly jwksUri: string; readonly algorithms: readonly string[] } | null> {
  const url = discoveryUrl(issuer);
  const fault = fetchableUrlFault(url, deps);
  if (fault !== null) {
    report('discovery', 'failed', `the issuer ${quoted(issuer)} is not fetched: it ${fault}`, NOT_FETCHABLE);
    return null;
  }
  const fetched = await fetchDocument(deps.fetch, discoveryDocument(url), signal);
  if (!fetched.ok) {
    report('discovery', 'failed', fetched.error.detail, adviceFor(fetched.error));
    return null;
  }
  const document = fetched.value.value;
  if (!isJsonObject(document)) {
    report('discovery', 'failed', `the document at ${url} is not a JSON object`, NOT_A_DOCUMENT);
    return null;
  }
  report('discovery', 'ok', `found at ${url}`);
  const { issuer: named, jwks_uri: jwksUri, id_token_signing_alg_values_supported: listed } = document;
  if (named !== issuer) {
    report(
      'issuer',
      'failed',
      `the document names the issuer ${quoted(named)}, registered is ${issuer}`,
      issuerAdvice(named, issuer),
    );
    return null;
  }
  report('issuer', 'ok', 'the document names the very issuer that is registered');
  if (typeof jwksUri !== 'string') {
    report('jwks_uri', 'failed', `the document at ${url} has no jwks_uri`, NOT_A_DOCUMENT);
    return null;
  }
  const algorithms = Array.isArray(listed) ? listed.filter((name): name is string => typeof name === 'string') : [];
  return { jwksUri, algorithms };
}

function checkClock({ clock }: FetchedDocument, now: number): IssuerFinding {
  const finding = (verdict: IssuerFinding['verdict'], detail: string, advice: string | null): IssuerFinding => ({
    check: 'clock',
    verdict,
    detail,
    advice,
  });
  if (clock === null) {
    const advice = 'if tokens are refused as not yet valid, compare the clock of the issuer with a time server';
    return finding('warning', 'the issuer sends no Date header, so its clock cannot be compared', advice);
  }
  const ahead = Math.round(clock - now);
  if (Math.abs(ahead) * 2 <= CLOCK_SKEW_SECONDS)
    return finding('ok', 'its clock agrees with that of this service', null);
  const mend = 'synchronise the clock of the issuer (NTP)';
  if (ahead < 0) {
    return finding('warning', `its clock is ${-ahead} s behind: its tokens live that much shorter here`, mend);
  }
  return ahead > CLOCK_SKEW_SECONDS
    ? finding('failed', `its clock is ${ahead} s ahead: its tokens are refused as not yet valid`, mend)
    : finding(
        'warning',
        `its clock is ${ahead} s ahead; from ${CLOCK_SKEW_SECONDS} s on, its tokens are refused`,
        mend,
      );
}

const NOT_FETCHABLE =
  'only public https addresses are asked; where the issuer has another one, give its keys by hand in localJwks, or a public address of them in providerJwksUri';
const NOT_A_DOCUMENT =
  'the address must answer the OpenID Connect discovery document itself; where the issuer has none, set providerJwksUri';

function issuerAdvice(named: JsonValue | undefined, issuer: string): string {
  if (typeof named !== 'string') return NOT_A_DOCUMENT;
  const other = `register another identity provider whose providerIssuer is exactly ${quoted(named)}`;
  if (`${named}/` === issuer || named === `${issuer}/`)
    return `they differ in a trailing slash, which counts: ${other}`;
  if (named.toLowerCase() === issuer.toLowerCase())
    return `they differ in upper and lower case, which counts: ${other}`;
  return `if tokens really carry that issuer, ${other}; if not, the issuer's own setting of its address is wrong`;
}
