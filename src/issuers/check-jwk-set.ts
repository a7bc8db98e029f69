// Judges a JWK Set for its operator: which keys can verify, which cannot and why, and whether the provider's algorithms fit.

import type { IssuerFinding } from '../objects/issuer-port.ts';
import { isJsonObject } from '../token/json.ts';
import type { JsonValue } from '../token/json.ts';
import { MAX_NAMED, MAX_WORD_CHARS } from './limits.ts';
import { MIN_RSA_BITS } from '../token/limits.ts';
import type { IdentityProvider } from '../objects/identity-provider.ts';
import { canonicalAlgorithm, readVerificationKey } from './verification-key.ts';
import type { VerificationKey } from './verification-key.ts';
import { isPartOf, readKeySet } from './jwk-set.ts';

/** Why keys are skipped that belong into many sets and verify nothing anywhere. */
const HARMLESS: readonly string[] = ['its use is not signing', 'it is symmetric'];

/** Findings about a set; `listed` are the algorithms that the discovery document names. */
export function checkKeySet(
  value: JsonValue,
  provider: Pick<IdentityProvider, 'preset' | 'allowedAlgorithms'>,
  listed: readonly string[],
): IssuerFinding[] {
  const jwtSvid = provider.preset === 'spiffe';
  const set = readKeySet(value, jwtSvid);
  const members: readonly JsonValue[] = isJsonObject(value) && Array.isArray(value['keys']) ? value['keys'] : [];
  if (!set.ok)
    return [
      {
        check: 'keys',
        verdict: 'failed',
        detail: `the key set cannot be used: ${set.error}`,
        advice: adviceFor(set.error),
      },
    ];
  return [
    {
      check: 'jwks',
      verdict: 'ok',
      detail: `a JWK Set of ${members.length} key(s), ${set.value.length} of them usable`,
      advice: null,
    },
    keysFinding(members, set.value, jwtSvid),
    algorithmsFinding(set.value, provider.allowedAlgorithms, listed),
  ];
}

function keysFinding(
  members: readonly JsonValue[],
  usable: readonly VerificationKey[],
  jwtSvid: boolean,
): IssuerFinding {
  const problems: string[] = [];
  members.forEach((member, at) => {
    const name = nameOf(member, at);
    if (!isJsonObject(member)) {
      problems.push(`${name} is not an object`);
      return;
    }
    const read = readVerificationKey(member, jwtSvid);
    if (!read.ok && !HARMLESS.includes(read.error)) problems.push(`${name} is skipped: ${read.error}`);
    if (!read.ok) return;
    if (read.value.kid === null && !jwtSvid) problems.push(`${name} has no kid, and a token must name its key`);
    else if (!usable.some((key) => isPartOf(read.value, key)))
      problems.push(`${name} is skipped: another key has the same kid and could verify the same`);
  });
  if (problems.length === 0)
    return { check: 'keys', verdict: 'ok', detail: 'every signing key is strong enough and named', advice: null };
  const more = problems.length > MAX_NAMED ? `; and ${problems.length - MAX_NAMED} more` : '';
  const detail = `${problems.slice(0, MAX_NAMED).join('; ')}${more}`;
  return { check: 'keys', verdict: 'warning', detail, advice: adviceFor(detail) };
}

function algorithmsFinding(
  keys: readonly VerificationKey[],
  allowed: readonly string[],
  listed: readonly string[],
): IssuerFinding {
  const finding = (verdict: IssuerFinding['verdict'], detail: string, advice: string | null): IssuerFinding => ({
    check: 'algorithms',
    verdict,
    detail,
    advice,
  });
  const accepted = allowed.map(canonicalAlgorithm);
  const fits = ({ algorithms }: VerificationKey): boolean =>
    algorithms.some((algorithm) => accepted.includes(algorithm));
  const wanted = (some: readonly VerificationKey[]): string =>
    [...new Set(some.flatMap(({ restricted, algorithms }) => (restricted ? algorithms : algorithms.slice(0, 1))))].join(
      ', ',
    );
  const unfit = keys.filter((key) => !fits(key));
  if (unfit.length === keys.length) {
    return finding(
      'failed',
      `no key can verify ${allowed.join(', ')}: the keys are for ${wanted(keys)}`,
      `add ${wanted(keys)} to allowedAlgorithms`,
    );
  }
  if (unfit.length > 0) {
    return finding(
      'warning',
      `${unfit.length} key(s) are for ${wanted(unfit)}, which is not allowed: tokens signed with them are refused`,
      `add ${wanted(unfit)} to allowedAlgorithms if the issuer signs ID tokens with it`,
    );
  }
  if (listed.length > 0 && !listed.some((name) => accepted.includes(canonicalAlgorithm(name)))) {
    return finding(
      'warning',
      `the issuer says that it signs with ${listed.slice(0, MAX_NAMED).map(word).join(', ')}, none of which is allowed`,
      'add the algorithm of its ID tokens to allowedAlgorithms',
    );
  }
  return finding(
    'ok',
    `the keys can verify ${allowed.filter((name) => keys.some(({ algorithms }) => algorithms.some((alg) => alg === canonicalAlgorithm(name)))).join(', ')}`,
    null,
  );
}

function adviceFor(problem: string): string {
  if (problem.includes('private')) {
    return 'the issuer publishes a private key: whoever read it can sign in its name; replace the key at the issuer, and publish public members only';
  }
  if (problem.includes(`fewer than ${MIN_RSA_BITS} bits`))
    return `let the issuer sign with an RSA key of at least ${MIN_RSA_BITS} bits, or with ES256`;
  if (problem.includes('kid')) return 'give each key of the set a kid of its own';
  if (problem.includes('not a JWK Set'))
    return 'the address must answer {"keys": [...]} (RFC 7517): check jwks_uri or providerJwksUri';
  if (problem.includes('no keys')) return 'the issuer publishes no key: check that signing is set up there';
  return 'publish a signing key of type RSA, EC (P-256, P-384, P-521) or OKP (Ed25519) at the issuer';
}

function nameOf(member: JsonValue, at: number): string {
  const kid = isJsonObject(member) ? member['kid'] : undefined;
  return typeof kid === 'string' && kid !== '' ? `the key ${word(kid)}` : `key number ${at + 1}`;
}

/** A word of somebody else's document, in a sentence. */
function word(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, '?').slice(0, MAX_WORD_CHARS);
}
