// How many identities a thread can hold against a token in a second, by kind of rule, worst patterns included.

import { compileExpression } from '../src/rules/expression.ts';
import { decide } from '../src/exchange/decide.ts';
import { NOTHING_ASKED } from '../src/exchange/request.ts';
import { compileFederatedIdentity } from '../src/rules/rule.ts';
import type { FederatedIdentity } from '../src/objects/federated-identity.ts';
import { presetByName } from '../src/platforms/presets.ts';
import { identityOf } from '../test/support/objects.ts';
import { AUDIENCE, SUBJECT } from './workload.ts';

const NOW = 1_789_000_000;
const BATCH = 200;

/** Matches a token against each kind of rule for some milliseconds. */
export function measureMatching(milliseconds: number): { rule: string; perSecond: number }[] {
  const long = `repo:acme@9919/shop@742190:ref:refs/heads/${'a'.repeat(4_000)}`;
  return [
    { rule: 'exact subject', perSecond: measure(milliseconds, {}) },
    {
      rule: 'glob subject',
      perSecond: measure(milliseconds, {
        providerSubject: 'repo:acme/*:ref:refs/heads/main',
        providerSubjectMatch: 'glob',
      }),
    },
    {
      rule: 'glob of 100 stars against a subject of 4,000 characters',
      perSecond: measure(
        milliseconds,
        { providerSubject: `repo:acme/shop:ref:refs/heads/${'*a'.repeat(100)}b`, providerSubjectMatch: 'glob' },
        long,
        true,
      ),
    },
    {
      rule: 'exact subject and three conditions',
      perSecond: measure(milliseconds, {
        conditions: { ref_protected: true, event_name: ['push', 'schedule'], actor: { not: 'mallory' } },
      }),
    },
    {
      rule: 'exact subject and a CEL expression',
      perSecond: measure(milliseconds, {
        expression: "claims.ref.startsWith('refs/heads/') && claims.run_attempt == '1'",
      }),
    },
  ];
}

function measure(
  milliseconds: number,
  rule: Partial<FederatedIdentity>,
  subject: string = SUBJECT,
  refuses = false,
): number {
  const identity = identityOf({
    providerSubject: SUBJECT,
    trustedAudiences: ['https://cambist.example.com'],
    tokenAudiences: [AUDIENCE],
    ...rule,
  });
  const compiled = compileFederatedIdentity(identity, {
    issuerUrl: 'https://cambist.example.com',
    defaultAudience: AUDIENCE,
    compileExpression,
    preset: presetByName('github'),
    providerIssuer: 'https://token.actions.githubusercontent.com',
  });
  const [owner, repository] = ['acme', 'acme/shop'];
  const claims = {
    sub: subject,
    aud: 'https://cambist.example.com',
    repository,
    repository_owner: owner,
    repository_id: '742190',
    repository_owner_id: '9919',
    ref: 'refs/heads/main',
    ref_protected: 'true',
    event_name: 'push',
    actor: 'octocat',
    run_attempt: '1',
  };
  const asked = { ...NOTHING_ASKED, now: NOW };
  const facts = { serviceAccount: null, truncated: false, heldRoles: [] };
  const token = { claims, issuer: 'https://token.actions.githubusercontent.com', subject };
  const once = (): boolean => decide(asked, facts, [compiled], token, 'https://cambist.example.com').granted;
  if (once() === refuses) throw new Error(`the rule ${identity.providerSubject} does not do what the benchmark says`);
  let matches = 0;
  const started = performance.now();
  while (performance.now() - started < milliseconds) {
    for (let index = 0; index < BATCH; index += 1) once();
    matches += BATCH;
  }
  return (matches * 1000) / (performance.now() - started);
}
