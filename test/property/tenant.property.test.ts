// On github.com, where everybody composes the subject of their own tokens, no accepted rule that names one tenant matches another's (contract §5.3).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { compileSubject, validateSubjectRule } from '../../src/rules/subject.ts';
import { tenantFault } from '../../src/rules/tenant.ts';
import { holds } from '../support/runs.ts';

const PROVIDER = { providerIssuer: 'https://token.actions.githubusercontent.com', subjectClaim: 'sub' };

/** What a stranger's tokens say of the stranger, by signed claims. */
const STRANGER = { repository: 'evil/x', repository_id: '6', repository_owner: 'evil', repository_owner_id: '66' };
const STRANGERS_PAIRS = [...Object.entries(STRANGER).map(([key, value]) => `${key}:${value}`), 'repo:evil/x'];

/** Names that anybody may give to an environment, a workflow or a branch; a colon in one is %3A. */
const CHOSEN = [
  'a',
  'acme/app',
  '9919',
  'acme',
  'repo',
  'repository_owner_id',
  'repository',
  'environment',
  'pull_request',
];
const chosen = fc.constantFrom(...CHOSEN);
const freePair = fc
  .tuple(fc.constantFrom('environment', 'workflow', 'actor', 'job_workflow_ref'), chosen)
  .map(([key, value]) => `${key}:${value}`);
const context = fc.oneof(fc.constant('pull_request'), freePair, fc.constant('ref:refs/heads/a'));

/** Any subject that a stranger could compose. */
const strangersSubject = fc
  .array(fc.oneof(fc.constantFrom(...STRANGERS_PAIRS), freePair, context), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(':'));

/** Subjects and patterns of the same words, with the tenant that the author means; none says a word of the stranger. */
const OWN = [
  'repo:acme/app',
  'repo:acme/*',
  'repository_owner_id:9919',
  'repository:acme/app',
  'repository_owner:acme',
];
const OPEN = ['*', '**', '*:*', 'environment:*', 'workflow:**', 'repo:**', 'repository_owner_id:*', 'ref:refs/heads/*'];
const rule = fc.record({
  providerSubject: fc
    .array(fc.oneof(context, freePair, fc.constantFrom(...OPEN), fc.constantFrom(...OWN)), {
      minLength: 1,
      maxLength: 4,
    })
    .map((parts) => parts.join(':')),
  providerSubjectMatch: fc.constantFrom('exact', 'glob', 'glob'),
  conditions: fc.constant(null),
});

describe('tenantFault', () => {
  it('accepts no subject that a stranger can compose (contract §5.3)', async () => {
    let wouldMatch = 0;
    let accepted = 0;
    await holds(
      fc.property(rule, fc.array(strangersSubject, { minLength: 12, maxLength: 12 }), (written, subjects) => {
        const { providerSubject, providerSubjectMatch } = written;
        if (validateSubjectRule(providerSubject, providerSubjectMatch) !== null) return;
        const isNamed = tenantFault(written, PROVIDER) === null;
        const matches = compileSubject(providerSubject, providerSubjectMatch, 'github');
        const matched = subjects.filter((sub) => matches({ ...STRANGER, sub }, sub).ok);
        accepted += isNamed ? 1 : 0;
        wouldMatch += matched.length > 0 ? 1 : 0;
        if (isNamed) expect(matched).toEqual([]);
      }),
      { usually: 4_000 },
    );
    // Without the tenant rule some of these would be granted, and with it some are still accepted.
    expect(wouldMatch).toBeGreaterThan(20);
    expect(accepted).toBeGreaterThan(100);
  });
});
