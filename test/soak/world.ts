// The issuers, accounts and rules of a soak, and those of them that change while it runs.

import type { Issuer, Issuers } from './issuers.ts';
import type { Service } from './service.ts';

export const AUDIENCE = 'https://api.acme.example';
export const CLOUD_AUDIENCE = 'sts.amazonaws.com';

/** A rule with an account of its own. */
export interface Rule {
  readonly account: string;
  readonly identity: string;
}

/** Something that is on or off, and neither while it is being changed. */
export interface Switch {
  isOn: boolean;
  /** Odd while it is being changed; another number than before where it has been changed. */
  version: number;
}

export interface World {
  readonly issuers: Readonly<Record<'steady' | 'abrupt' | 'flaky' | 'tenant', Issuer>>;
  /** The identity of each issuer's provider. */
  readonly providers: Readonly<Record<'steady' | 'abrupt' | 'flaky' | 'tenant', string>>;
  /** By the subject's last part. */
  readonly rules: Readonly<
    Record<'many' | 'once' | 'cloud' | 'logic' | 'pattern' | 'long' | 'api' | 'flip' | 'narrow' | 'idle', Rule>
  > &
    Readonly<Record<'abrupt' | 'flaky' | 'tenant', Rule>>;
  /** An account that is deleted and made again. */
  churned: Rule;
  readonly switches: Readonly<Record<'flip' | 'narrow' | 'idle' | 'tenant' | 'churned', Switch>>;
}

/** Registers everything; all switches are on. */
export async function buildWorld(service: Service, { add }: Issuers): Promise<World> {
  const issuers = {
    steady: await add('steady'),
    abrupt: await add('abrupt'),
    flaky: await add('flaky'),
    tenant: await add('tenant'),
  };
  const provider = async (name: keyof typeof issuers): Promise<string> => {
    const body = { name, providerIssuer: issuers[name].issuer, preset: 'generic' };
    return String((await service.change('POST', '/v1/federated-identity-providers', body))['identity']);
  };
  const providers = {
    steady: await provider('steady'),
    abrupt: await provider('abrupt'),
    flaky: await provider('flaky'),
    tenant: await provider('tenant'),
  };
  const rule = (name: string, more: object = {}, of: keyof typeof issuers = 'steady'): Promise<Rule> =>
    addRule(service, name, providers[of], more);
  const on = (): Switch => ({ isOn: true, version: 0 });
  return {
    issuers,
    providers,
    rules: {
      many: await rule('many'),
      once: await rule('once', { replayProtection: 'singleUse' }),
      cloud: await rule('cloud', { tokenAudiences: [AUDIENCE, CLOUD_AUDIENCE] }),
      logic: await rule('logic', { expression: 'claims.ref == "refs/heads/main" && claims.attempt < 3' }),
      pattern: await rule('pattern', {
        providerSubject: 'job:pattern:ref:*',
        providerSubjectMatch: 'glob',
        conditions: { environment: ['production', 'staging'] },
      }),
      long: await rule('long', { tokenLifetime: 86_400, maxTokenLifetime: 86_400 }),
      api: await rule('api', { allowedScopes: ['iam:read'], tokenAudiences: [service.url] }),
      flip: await rule('flip'),
      narrow: await rule('narrow'),
      idle: await rule('idle'),
      abrupt: await rule('abrupt', {}, 'abrupt'),
      flaky: await rule('flaky', {}, 'flaky'),
      tenant: await rule('tenant', {}, 'tenant'),
    },
    churned: await rule('churned'),
    switches: { flip: on(), narrow: on(), idle: on(), tenant: on(), churned: on() },
  };
}

/** Makes an account with one rule for the subject `job:{name}`. */
export async function addRule(service: Service, name: string, provider: string, more: object = {}): Promise<Rule> {
  const account = String((await service.change('POST', '/v1/service-accounts', { name }))['identity']);
  const identity = await service.change('POST', '/v1/federated-identities', {
    name,
    serviceAccountIdentity: account,
    providerIdentity: provider,
    providerSubject: `job:${name}`,
    allowedScopes: ['api:read', 'api:write'],
    tokenAudiences: [AUDIENCE],
    ...more,
  });
  return { account, identity: String(identity['identity']) };
}
