// A configuration that is written down decides as one that is stored: the same reasons, the same defaults.

import { describe, expect, it } from 'vitest';

import type { WrittenConfiguration, WrittenIdentity } from '../../src/exchange/written-configuration.ts';
import { judgeClaims } from '../../src/exchange/decide-written.ts';
import type { Question } from '../../src/exchange/decide-written.ts';
import type { JsonObject } from '../../src/token/json.ts';
import { githubActions } from '../support/claims.ts';

const NOW = 1_800_000_000;
const MAIN = 'repo:acme@123456/app@456789:ref:refs/heads/main';

function configuration(
  identity: Partial<WrittenIdentity> = {},
  more: Partial<WrittenConfiguration> = {},
): WrittenConfiguration {
  return {
    issuerUrl: 'https://cambist.test',
    defaultAudience: 'https://api.acme.test',
    providers: [{ name: 'GitHub', providerIssuer: 'https://token.actions.githubusercontent.com' }],
    serviceAccounts: [{ name: 'Deployer' }],
    identities: [
      {
        name: 'main',
        serviceAccount: 'Deployer',
        provider: 'GitHub',
        providerSubject: MAIN,
        allowedScopes: ['api:read', 'api:write'],
        ...identity,
      },
    ],
    bindings: [{ role: 'deployments', serviceAccount: 'Deployer', projects: [], scopes: [] }],
    ...more,
  };
}

function question(claims: Record<string, unknown> = {}, more: Partial<Question> = {}): Question {
  return {
    claims: githubActions({ now: NOW, claims }) as JsonObject,
    serviceAccount: 'Deployer',
    scope: null,
    audiences: [],
    project: null,
    now: NOW,
    ...more,
  };
}

const reasonOf = (written: WrittenConfiguration, asked: Question): string => {
  const verdict = judgeClaims(written, asked);
  return verdict.allowed ? 'allowed' : verdict.reason;
};

describe('judgeClaims', () => {
  it('allows what the rule accepts, with every default of the service (contract §5.3)', () => {
    expect(judgeClaims(configuration(), question())).toEqual({
      allowed: true,
      serviceAccount: 'Deployer',
      identity: 'main',
      scope: ['api:read', 'api:write'],
      audiences: ['https://api.acme.test'],
      roles: ['deployments'],
      lifetimeSeconds: 3600,
    });
  });

  it('finds an account by its name and by the slug that the service would make of it (contract §5.2)', () => {
    expect(reasonOf(configuration(), question({}, { serviceAccount: 'deployer' }))).toBe('allowed');
    expect(reasonOf(configuration(), question({}, { serviceAccount: 'DEPLOYER' }))).toBe('service_account_unknown');
  });

  it.each([
    ['issuer_not_registered', configuration(), question({ iss: 'https://elsewhere.example.com' })],
    ['issuer_missing', configuration(), question({ iss: undefined })],
    ['subject_missing', configuration(), question({ sub: '' })],
    ['subject_mismatch', configuration(), question({ sub: MAIN.replace('main', 'other'), ref: 'refs/heads/other' })],
    ['audience_mismatch', configuration(), question({ aud: 'https://elsewhere.example.com' })],
    ['preset_refused', configuration(), question({ event_name: 'pull_request_target' })],
    ['condition_failed', configuration({ conditions: { ref_type: 'tag' } }), question()],
    ['expression_failed', configuration({ expression: 'claims.actor == "nobody"' }), question()],
    ['rule_invalid', configuration({ providerSubject: 'repo:*', providerSubjectMatch: 'glob' }), question()],
    ['identity_expired', configuration({ expiresAt: '2020-01-01T00:00:00Z' }), question()],
    ['identity_inactive', configuration({ status: 'inactive' }), question()],
    ['no_federated_identity', configuration({ mode: 'shadow' }), question()],
    ['scope_not_allowed', configuration(), question({}, { scope: ['iam:admin'] })],
    ['audience_not_allowed', configuration(), question({}, { audiences: ['https://elsewhere.example.com'] })],
    [
      'service_account_inactive',
      configuration({}, { serviceAccounts: [{ name: 'Deployer', status: 'inactive' }] }),
      question(),
    ],
    [
      'provider_inactive',
      configuration(
        {},
        {
          providers: [
            { name: 'GitHub', providerIssuer: 'https://token.actions.githubusercontent.com', status: 'inactive' },
          ],
        },
      ),
      question(),
    ],
  ] as const)('refuses with %s (contract §3)', (reason, written, asked) => {
    expect(reasonOf(written, asked)).toBe(reason);
  });

  it('refuses a project that no binding names, and allows one that does (contract §3)', () => {
    const bound = configuration(
      {},
      { bindings: [{ role: 'deployments', serviceAccount: 'Deployer', projects: ['shop'], scopes: [] }] },
    );
    expect(reasonOf(bound, question({}, { project: 'till' }))).toBe('project_not_allowed');
    expect(judgeClaims(bound, question({}, { project: 'shop' }))).toMatchObject({
      allowed: true,
      roles: ['deployments'],
    });
    expect(judgeClaims(bound, question())).toMatchObject({ allowed: true, roles: [] });
  });

  it('names no account where two would do, and says so only where none was asked for (contract §3)', () => {
    const [main] = configuration().identities;
    const two = configuration(
      {},
      {
        serviceAccounts: [{ name: 'Deployer' }, { name: 'Other' }],
        identities: [main!, { ...main!, serviceAccount: 'Other' }],
      },
    );
    expect(reasonOf(two, question({}, { serviceAccount: null }))).toBe('ambiguous_service_account');
    expect(reasonOf(two, question())).toBe('allowed');
    expect(reasonOf(configuration(), question({}, { serviceAccount: null }))).toBe('allowed');
  });

  it('considers without an account only the rules that storage would select (contract §7)', () => {
    const other = question({ sub: 'repo:acme@123456/other@1:ref:refs/heads/main' }, { serviceAccount: null });
    expect(reasonOf(configuration(), other)).toBe('no_federated_identity');
  });

  it('reads the subject from the claim that the provider names (contract §5.1)', () => {
    const written = configuration(
      { providerSubject: 'acme/app' },
      {
        providers: [
          {
            name: 'GitHub',
            providerIssuer: 'https://token.actions.githubusercontent.com',
            subjectClaim: 'repository',
            preset: 'generic',
          },
        ],
      },
    );
    expect(reasonOf(written, question({}, { serviceAccount: null }))).toBe('allowed');
    expect(reasonOf(written, question({ repository: 'acme/other' }))).toBe('subject_mismatch');
  });
});
