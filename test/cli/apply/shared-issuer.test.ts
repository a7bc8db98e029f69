// Several clusters under one issuer, in a configuration: each its own provider, told apart by its keys (contract §5.1).

import { describe, expect, it } from 'vitest';

import { planChanges } from '../../../src/cli/apply/plan-changes.ts';
import { configurationAfter, declaredConfiguration } from '../../../src/cli/apply/predict-configuration.ts';
import { readDeclaration } from '../../../src/cli/apply/read-declaration.ts';
import type { StoredObject } from '../../../src/cli/apply/read-state.ts';
import { runTests } from '../../../src/cli/apply/run-tests.ts';
import type { JsonObject } from '../../../src/token/json.ts';

const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const DEPLOYMENT = 'https://tokens.acme.test';
const NOW = 1_800_000_000;
const key = (x: string, kid = 'k1'): JsonObject => ({ kty: 'EC', crv: 'P-256', x, y: 'AQAB', kid, alg: 'ES256' });
const cluster = (...keys: JsonObject[]): JsonObject => ({
  providerIssuer: ISSUER,
  localJwks: { keys },
  preset: 'kubernetes',
});
const rule = (provider: string): JsonObject => ({
  provider,
  providerSubject: 'system:serviceaccount:payments:deployer',
});
const FILE: JsonObject = {
  name: 'test',
  providers: { blue: cluster(key('blue')), green: cluster(key('green')) },
  serviceAccounts: { one: { identities: { main: rule('blue') } }, two: { identities: { main: rule('green') } } },
};

function declared(data: JsonObject) {
  const { declaration, faults } = readDeclaration(data);
  return { declaration, faults: faults.map(({ place, detail }) => `${place.join('/')} ${detail}`) };
}

function storedProvider(name: string, view: JsonObject): StoredObject {
  const common = { identity: `idp_${name}`, name, description: '', labels: {}, annotations: {}, objectVersion: 1 };
  const whole = { ...common, providerJwksUri: null, status: 'active', ...view };
  return { kind: 'provider', name, parent: null, refersTo: null, identity: `idp_${name}`, version: 1, view: whole };
}

function results(test: JsonObject) {
  const { declaration, faults } = declared({ ...FILE, tests: { one: test } });
  expect(faults).toEqual([]);
  return runTests(declaration.tests, declaredConfiguration(declaration, DEPLOYMENT), NOW)[0];
}

describe('providers of one issuer', () => {
  it('may stand beside each other if each has keys of its own, whatever their kids (contract §5.1)', () => {
    expect(declared(FILE).faults).toEqual([]);
    for (const other of [cluster(key('blue', 'k2')), cluster(key('x'), key('blue')), { providerIssuer: ISSUER }])
      expect(declared({ name: 'test', providers: { blue: cluster(key('blue')), other } }).faults.join()).toContain(
        'providers/other/providerIssuer is the issuer of another provider here',
      );
  });

  it('a new one takes no other over, where one with the same key is renamed', () => {
    const { declaration } = declared({ name: 'test', providers: { green: cluster(key('green')) } });
    const planned = (stored: StoredObject) =>
      planChanges(declaration, { objects: [stored] }, false).changes.map(({ action, path }) => `${action} ${path[0]}`);
    expect(planned(storedProvider('blue', cluster(key('blue'))))).toEqual(['create green']);
    expect(planned(storedProvider('old', cluster(key('green'))))).toEqual(['update green']);
    expect(planned(storedProvider('old', { providerIssuer: ISSUER, localJwks: null }))).toEqual(['update green']);
  });

  it('the one in the deployment stays beside a new one in what a plan predicts', () => {
    const { declaration } = declared({ name: 'test', providers: { green: cluster(key('green')) } });
    const names = (stored: StoredObject) => {
      const state = { objects: [stored] };
      const after = configurationAfter(declaration, state, planChanges(declaration, state, false), DEPLOYMENT);
      return after.providers.map(({ name }) => name);
    };
    expect(names(storedProvider('blue', cluster(key('blue'))))).toEqual(['blue', 'green']);
    expect(names(storedProvider('old', cluster(key('green'))))).toEqual(['green']);
  });

  it('a test says whose key signs the token, and is judged by that one alone (contract §5.1)', () => {
    const claims = { sub: 'system:serviceaccount:payments:deployer' };
    expect(results({ provider: 'green', claims, allowed: 'two' })).toMatchObject({ passed: true });
    expect(results({ provider: 'blue', claims, allowed: 'one' })).toMatchObject({ passed: true });
    expect(results({ provider: 'blue', claims, serviceAccount: 'two', refused: 'any' })).toMatchObject({
      passed: true,
    });
    expect(results({ claims: { ...claims, iss: ISSUER }, allowed: 'two' })).toMatchObject({
      passed: false,
      why: `several providers have the issuer ${ISSUER}: say whose key signs the token, with provider: blue or green`,
    });
  });
});
