// What src/platforms believes of the issuers that everybody can reach, and a look at each with the issuer doctor; changes nothing.

import { checkIssuer } from '../../src/issuers/check-issuer.ts';
import type { FetchDeps } from '../../src/issuers/discovery.ts';
import { ACCEPTED_ALGORITHMS } from '../../src/objects/identity-provider.ts';
import { identityProvider } from '../../src/objects/identity-provider.ts';
import type { Algorithm } from '../../src/objects/identity-provider.ts';
import type { IssuerFinding } from '../../src/objects/issuer-port.ts';
import { EVERY_RECIPE } from '../../src/platforms/every-recipe.ts';
import { discoveryUrl, fetchableUrlFault } from '../../src/token/issuer-address.ts';
import { ALL_PRESETS, detectPreset } from '../../src/platforms/presets.ts';
import type { PresetName } from '../../src/platforms/preset.ts';

/** One issuer with one address for everybody, and what a rule of its platform expects of it. */
export interface BelievedIssuer {
  readonly preset: PresetName;
  readonly issuer: string;
  readonly allowedAlgorithms: readonly Algorithm[];
}

/** What a look at one issuer gave: its faults, and what a person should read. */
export interface IssuerVerdict extends BelievedIssuer {
  readonly faults: readonly string[];
  readonly notes: readonly string[];
}

/** The issuers that can be asked, and those that cannot: patterns (`https://oidc.fly.io/{org}`) and private names. */
export function believedIssuers(): { readonly asked: readonly BelievedIssuer[]; readonly others: readonly string[] } {
  const all = ALL_PRESETS.flatMap(({ name, issuers }) => issuers.map((issuer) => ({ preset: name, issuer })));
  const canBeAsked = ({ issuer }: { readonly issuer: string }): boolean =>
    !issuer.includes('{') && fetchableUrlFault(discoveryUrl(issuer), { ownOrigins: [], allowLoopback: false }) === null;
  return {
    asked: all
      .filter(canBeAsked)
      .map(({ preset, issuer }) => ({ preset, issuer, allowedAlgorithms: algorithmsOf(preset) })),
    others: all.filter((one) => !canBeAsked(one)).map(({ issuer }) => issuer),
  };
}

function algorithmsOf(preset: PresetName): readonly Algorithm[] {
  const named = EVERY_RECIPE[preset].provider.allowedAlgorithms;
  return named === undefined
    ? identityProvider.members.allowedAlgorithms.default
    : ACCEPTED_ALGORITHMS.filter((algorithm) => named.includes(algorithm));
}

/** Looks at each issuer at `now` (epoch seconds), all at once; what cannot be reached is a fault like any other. */
export async function lookAtIssuers(
  issuers: readonly BelievedIssuer[],
  now: number,
  deps: FetchDeps,
): Promise<readonly IssuerVerdict[]> {
  return Promise.all(
    issuers.map(async (believed) => {
      const findings = await checkIssuer(providerOf(believed), now, deps);
      const detected = detectPreset(believed.issuer);
      const misnamed = detected === believed.preset ? [] : [`the issuer selects the preset ${detected}`];
      return {
        ...believed,
        faults: [...misnamed, ...sentences(findings, 'failed')],
        notes: sentences(findings, 'warning'),
      };
    }),
  );
}

function sentences(findings: readonly IssuerFinding[], wanted: IssuerFinding['verdict']): string[] {
  return findings.filter(({ verdict }) => verdict === wanted).map(({ check, detail }) => `${check}: ${detail}`);
}

/** The provider that `cambist bootstrap` would register for it, as far as the doctor reads it. */
function providerOf({ preset, issuer, allowedAlgorithms }: BelievedIssuer): Parameters<typeof checkIssuer>[0] {
  const { maxTokenLifetime = 86_400, subjectClaim = 'sub' } = EVERY_RECIPE[preset].provider;
  return {
    id: `nightly ${preset}`,
    organisationId: 'nightly',
    providerIssuer: issuer,
    providerJwksUri: null,
    localJwks: null,
    status: 'active',
    preset,
    allowedAlgorithms,
    maxTokenLifetime,
    subjectClaim,
    tokensNotBefore: null,
    keysVersion: 0,
  };
}
