// The presets as a whole: every name has its data, every issuer selects the platform it belongs to and no other.

import { describe, expect, it } from 'vitest';

import { EVERY_FACTS } from '../../src/platforms/every-facts.ts';
import { PRESET_NAMES } from '../../src/platforms/preset.ts';
import { ALL_PRESETS, detectPreset, presetByName } from '../../src/platforms/presets.ts';
import { readPlatformFixtures } from './platform-fixtures.ts';

/** Platforms that live under names of their owners' choice, or share their path with other products. */
const NEVER_DETECTED = new Set(['ansible', 'gocdnext', 'generic']);

describe('presetByName', () => {
  it.each(PRESET_NAMES)('finds %s under its own name (contract §5.1)', (name) => {
    expect(presetByName(name).name).toBe(name);
  });
});

describe('detectPreset', () => {
  it.each(ALL_PRESETS.flatMap(({ name, issuers }) => issuers.map((pattern) => [pattern, name] as const)))(
    'takes %s for %s alone (contract §5.1)',
    (pattern, name) => {
      const issuer = pattern.replaceAll(/\{\w+\}/g, 'x1');
      expect(detectPreset(issuer)).toBe(name);
      const rivals = ALL_PRESETS.filter((preset) => preset.name !== name && preset.issuers.includes(pattern));
      expect(rivals).toEqual([]);
    },
  );

  it('knows the issuer of every published sample, or takes it for generic (contract §5.1)', () => {
    const mistaken = readPlatformFixtures().flatMap(({ preset, tokens }) =>
      tokens
        .map(({ claims }) => claims['iss'])
        .filter((issuer) => typeof issuer === 'string')
        .filter((issuer) => ![preset, 'generic'].includes(detectPreset(issuer))),
    );
    expect(mistaken).toEqual([]);
  });

  it.each(ALL_PRESETS.map(({ name }) => name).filter((name) => !NEVER_DETECTED.has(name)))(
    'detects %s by at least one issuer (contract §5.1)',
    (name) => {
      expect(presetByName(name).issuers.length).toBeGreaterThan(0);
    },
  );

  it.each([
    ['https://token.actions.githubusercontent.com', 'github'],
    ['https://token.actions.githubusercontent.com/avocado-corp', 'github'],
    ['https://token.actions.octocorp.ghe.com', 'github'],
    ['https://ghe.example.com/_services/token', 'github'],
    ['https://gitlab.com', 'gitlab'],
    ['https://gitlab.example.com', 'gitlab'],
    ['https://oidc.eks.us-east-2.amazonaws.com/id/2F331C82755EF3E43731C8D6E299FAEF', 'kubernetes'],
    ['https://eastus.oic.prod-aks.azure.com/a/b/', 'kubernetes'],
    ['https://kubernetes.default.svc', 'kubernetes'],
    ['https://forge.example.com/git/api/actions', 'forgejo'],
    ['https://jenkins.example.com/oidc/job/team-a', 'jenkins'],
    ['https://sts.windows.net/11111111-2222-3333-4444-555555555555/', 'azure'],
    ['https://api.pulumi.com/oidc', 'pulumi'],
    ['spiffe://example.org', 'spiffe'],
  ] as const)('takes %s for %s (contract §5.1)', (issuer, name) => {
    expect(detectPreset(issuer)).toBe(name);
  });

  it.each([
    ['', 'nothing'],
    ['https://idp.example.com', 'an unknown issuer'],
    ['https://token.actions.githubusercontent.com/', 'a trailing slash that GitHub does not send'],
    ['https://token.actions.githubusercontent.com/a/b', 'a path that is too deep'],
    ['http://token.actions.githubusercontent.com', 'another scheme'],
    ['https://TOKEN.actions.githubusercontent.com', 'another case'],
    ['https://token.actions.githubusercontent.com.evil.example', 'a host that only begins like it'],
    ['https://evil.example/https://gitlab.com', 'an issuer inside a path'],
    ['https://eastus.oic.prod-aks.azure.com/a/b', 'an AKS issuer without its slash'],
    ['https://oidc.circleci.com/org/', 'an empty run'],
    ['https://oidc.circleci.com/org/a/b', 'a run with a slash'],
    ['https://.cloudflareaccess.com', 'an empty run before a suffix'],
    ['https://keys.example.com/oidc', 'a path that many products use'],
    ['https://accounts.google.com.evil.example', 'a suffix behind an exact issuer'],
    ['spiffe://example.org/workload', 'a workload instead of a trust domain'],
  ])('takes %s for generic: %s (contract §5.1)', (issuer) => {
    expect(detectPreset(issuer)).toBe('generic');
  });

  it('answers at once for a long hostile issuer', () => {
    const started = performance.now();
    for (const issuer of [`https://${'a/'.repeat(200_000)}`, `https://token.actions.${'.ghe.com'.repeat(100_000)}`]) {
      detectPreset(issuer);
    }
    expect(performance.now() - started).toBeLessThan(250);
  });
});

describe('the data', () => {
  it.each(ALL_PRESETS)('of $name has patterns that one look can match', ({ issuers }) => {
    for (const part of issuers.flatMap((pattern) => pattern.split('/'))) {
      expect(part).toMatch(/^[^{}]*(\{\w+\}[^{}]*)?$/);
    }
  });

  it.each(ALL_PRESETS)('of $name says what a subject looks like and what can go wrong', (preset) => {
    expect(EVERY_FACTS[preset.name].subjectGrammar.length).toBeGreaterThan(0);
    expect(EVERY_FACTS[preset.name].risks.length).toBeGreaterThan(0);
    for (const { why, liftedBy } of preset.guards) {
      expect(why).toMatch(/\.$/);
      expect(liftedBy).not.toBe('');
    }
  });

  it('lets only SPIFFE omit iss, iat and kid, and only GitHub have two subject forms (contract §5.1, §5.3)', () => {
    expect(ALL_PRESETS.filter(({ jwtSvid }) => jwtSvid).map(({ name }) => name)).toEqual(['spiffe']);
    expect(ALL_PRESETS.filter((preset) => preset.subjectForms === 'github').map(({ name }) => name)).toEqual([
      'github',
    ]);
  });

  it('allows exactly the GitHub events of the contract (contract §5.3)', () => {
    const [guard, ...others] = presetByName('github').guards;
    expect(others).toEqual([]);
    expect(guard).toMatchObject({ kind: 'allowOnly', claim: 'event_name', liftedBy: 'event_name' });
    expect(guard).toHaveProperty('values', [
      'push',
      'schedule',
      'workflow_dispatch',
      'repository_dispatch',
      'release',
      'create',
      'delete',
      'deployment',
      'deployment_status',
      'merge_group',
      'registry_package',
      'pull_request',
    ]);
  });

  it('has a fixture for every platform but generic', () => {
    const covered = new Set(readPlatformFixtures().map(({ preset }) => preset));
    expect([...PRESET_NAMES].filter((name) => !covered.has(name))).toEqual(['generic']);
  });
});
