// Subject rules: no token is accepted under a rule that neither of its forms satisfies, and no glob reaches another tenant (contract §5.3).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { JsonObject } from '../../src/token/json.ts';
import { compileSubject, subjectKeyOfRule, subjectKeysOfToken, validateSubjectRule } from '../../src/rules/subject.ts';
import { holds } from '../support/runs.ts';
import { naiveGlob } from './naive-glob.ts';

type Match = 'exact' | 'glob';
const match = fc.constantFrom<Match>('exact', 'glob');

function accepts(rule: string, how: Match, sub: string, claims: JsonObject, forms: 'github' | 'literal'): boolean {
  return compileSubject(rule, how, forms)(claims, sub).ok;
}

function naively(rule: string, how: Match, text: string): boolean {
  if (how === 'exact') return rule === text;
  return validateSubjectRule(rule, how) === null && naiveGlob(rule, text);
}

const text = fc.string({ unit: fc.constantFrom('a', 'b', ':', '/', '@', '1'), maxLength: 12 });
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', ':', '/', '@', '1', '*', '**'), maxLength: 10 });

describe('a subject rule, compared literally', () => {
  it('accepts exactly what its pattern means, and nothing where it is too broad (contract §5.3)', async () => {
    const pair = pattern.chain((rule) =>
      fc.tuple(
        fc.constant(rule),
        fc.oneof(
          text,
          fc.constantFrom('a', 'ab', 'b:a', '').map((run) => rule.replaceAll(/\*+/g, run)),
        ),
      ),
    );
    await holds(
      fc.property(pair, match, ([rule, sub], how) => {
        const expected = rule !== '' && naively(rule, how, sub);
        expect(accepts(rule, how, sub, {}, 'literal')).toBe(expected);
      }),
      { usually: 1_000 },
    );
  });

  it('never reaches another tenant than the one whose segments it pins (contract §5.3)', async () => {
    await holds(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b', ':', '/', '*', '**'), minLength: 1, maxLength: 14 }),
        text,
        (rule, sub) => {
          if (!accepts(rule, 'glob', sub, {}, 'github')) return;
          const pinned = /^[^:/*]+[:/][^:/*]+/.exec(rule)?.[0] ?? '?';
          expect(sub.startsWith(pinned)).toBe(true);
          expect(sub.slice(pinned.length)).toMatch(/^([:/]|$)/);
        },
      ),
      { usually: 1_000 },
    );
  });
});

const name = fc.constantFrom('acme', 'app', 'a', 'acme-evil');
const id = fc.constantFrom('1', '2', '12', '21');
const rest = fc.constantFrom('', ':x', ':x:y', ':ref:refs/heads/main', ':');
const repository = fc.record({ owner: name, ownerId: id, name, nameId: id });

/** How a signed claim relates to what the subject says. */
type Says = 'agrees' | 'number' | 'absent' | 'differs' | 'is no text';
const says = fc.constantFrom<Says>(
  'agrees',
  'agrees',
  'agrees',
  'agrees',
  'agrees',
  'agrees',
  'absent',
  'differs',
  'is no text',
);
const saysId = fc.oneof({ weight: 4, arbitrary: says }, { weight: 1, arbitrary: fc.constant<Says>('number') });

const token = fc.record({
  of: repository,
  rest,
  withIds: fc.boolean(),
  claims: fc.record({ repository: says, repository_owner: says, repository_id: saysId, repository_owner_id: saysId }),
});

function claimed(truth: string, how: Says): unknown {
  if (how === 'differs') return `${truth}0`;
  if (how === 'is no text') return [truth];
  return how === 'number' ? Number(truth) : truth;
}

const rule = fc.record({
  of: repository,
  ids: fc.constantFrom('none', 'both', 'owner'),
  third: fc.constantFrom('name', '*', '**'),
  rest: fc.oneof(rest, fc.constantFrom(':*', ':**', ':x:*', ':ref:**')),
});

describe('the two forms of a GitHub subject', () => {
  it('are accepted exactly where the name, or the ids and only the ids, of the signed claims satisfy the rule (contract §5.3)', async () => {
    const seen = { both: 0, disagree: 0, literal: 0 };
    await holds(
      fc.property(token, rule, match, (given, wanted, how) => {
        const { owner, ownerId, name: repo, nameId } = given.of;
        const truth = {
          repository: `${owner}/${repo}`,
          repository_owner: owner,
          repository_id: nameId,
          repository_owner_id: ownerId,
        };
        const claims = Object.fromEntries(
          (Object.keys(truth) as (keyof typeof truth)[])
            .filter((claim) => given.claims[claim] !== 'absent')
            .map((claim) => [claim, claimed(truth[claim], given.claims[claim])]),
        ) as JsonObject;
        const sub = given.withIds
          ? `repo:${owner}@${ownerId}/${repo}@${nameId}${given.rest}`
          : `repo:${owner}/${repo}${given.rest}`;

        const third = wanted.third === 'name' ? wanted.of.name : wanted.third;
        const pinned = wanted.ids === 'both' && wanted.third === 'name' ? `@${wanted.of.nameId}` : '';
        const ruleOwner = wanted.ids === 'none' ? wanted.of.owner : `${wanted.of.owner}@${wanted.of.ownerId}`;
        const written = `repo:${ruleOwner}/${third}${pinned}${wanted.rest}`;

        const contradicts = (claim: keyof typeof truth): boolean =>
          ['differs', 'is no text'].includes(given.claims[claim]);
        const names = ['repository', 'repository_owner'] as const;
        const ids = ['repository_id', 'repository_owner_id'] as const;
        const disagree = names.some(contradicts) || (given.withIds && ids.some(contradicts));
        const agreeing = names.every((claim) => given.claims[claim] === 'agrees');
        // Where the subject has no ids, the signed ones are the only ones, whatever they are.
        const signedId = (claim: 'repository_id' | 'repository_owner_id'): string | null =>
          ['absent', 'is no text'].includes(given.claims[claim]) ? null : String(claims[claim]);
        const [signedName, signedOwner] = [signedId('repository_id'), signedId('repository_owner_id')];
        const kind = disagree
          ? 'disagree'
          : agreeing && signedName !== null && signedOwner !== null
            ? 'both'
            : 'literal';
        seen[kind] += 1;

        const pinsIds = wanted.ids !== 'none' && (pinned !== '' || wanted.third !== 'name');
        const byIds = (): boolean =>
          wanted.of.ownerId === signedOwner &&
          (pinned !== ''
            ? wanted.of.nameId === signedName && naivelyRest(written, how, wanted.rest, given.rest)
            : naively(
                `repo:@${signedOwner}/${third}${wanted.rest}`,
                how,
                `repo:@${signedOwner}/@${signedName}${given.rest}`,
              ));
        const expected = {
          disagree: () => false,
          literal: () => naively(written, how, sub),
          both: () => (pinsIds ? byIds() : naively(written, how, `repo:${owner}/${repo}${given.rest}`)),
        }[kind]();
        expect(accepts(written, how, sub, claims, 'github')).toBe(expected);
        // A provider without the two forms knows the subject alone.
        expect(accepts(written, how, sub, claims, 'literal')).toBe(naively(written, how, sub));
      }),
      { usually: 1_000 },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(50);
  });

  it('never let a rule with ids accept other ids than the signed ones (contract §5.3)', async () => {
    await holds(
      fc.property(repository, repository, fc.boolean(), (wanted, given, withIds) => {
        const claims = {
          repository: `${given.owner}/${given.name}`,
          repository_owner: given.owner,
          repository_id: given.nameId,
          repository_owner_id: given.ownerId,
        };
        const sub = withIds
          ? `repo:${given.owner}@${given.ownerId}/${given.name}@${given.nameId}:x`
          : `repo:${claims.repository}:x`;
        const [sameOwner, sameName] = [wanted.ownerId === given.ownerId, wanted.nameId === given.nameId];
        const withIdsRule = `repo:${wanted.owner}@${wanted.ownerId}/${wanted.name}@${wanted.nameId}:x`;
        expect(accepts(withIdsRule, 'exact', sub, claims, 'github')).toBe(sameOwner && sameName);
        expect(accepts(`repo:${wanted.owner}@${wanted.ownerId}/*:x`, 'glob', sub, claims, 'github')).toBe(sameOwner);
        const sameNames = wanted.owner === given.owner && wanted.name === given.name;
        expect(accepts(`repo:${wanted.owner}/${wanted.name}:x`, 'exact', sub, claims, 'github')).toBe(sameNames);
      }),
    );
  });

  it('never accept a hostile subject that the rule, read literally or without its names, does not describe (contract §5.3)', async () => {
    const odd = fc.constantFrom(
      'acme',
      'app',
      'acme@1',
      'app@2',
      '@1',
      '@2',
      '*',
      '**',
      '',
      'a:b',
      'a/b',
      'acme@1@1',
      '\n',
      'é@1',
    );
    const subject = fc.tuple(odd, odd, rest).map(([a, b, c]) => `repo:${a}/${b}${c}`);
    const value = fc.constantFrom<unknown>(undefined, 'acme/app', 'acme', '1', '2', 1, 2, null, '@1', '*');
    const claimSet = fc.record({
      repository: value,
      repository_owner: value,
      repository_id: value,
      repository_owner_id: value,
    });
    await holds(
      fc.property(subject, subject, match, claimSet, (written, sub, how, values) => {
        const claims = Object.fromEntries(Object.entries(values).filter(([, one]) => one !== undefined)) as JsonObject;
        if (!accepts(written, how, sub, claims, 'github')) return;
        const { repository: full, repository_owner_id: ownerId, repository_id: nameId } = claims;
        const tail = /^repo:[^:]*((?::.*)?)$/s.exec(sub)?.[1] ?? '';
        const withoutNames = written.replace(/^repo:[^/:@*]*@/, 'repo:@').replace(/^(repo:@[^/]*\/)[^/:@*]+@/, '$1@');
        const forms = [
          naively(written, how, sub),
          naively(written, how, `repo:${String(full)}${tail}`),
          naively(withoutNames, how, `repo:@${String(ownerId)}/@${String(nameId)}${tail}`),
        ];
        expect(forms).toContain(true);
      }),
      { usually: 1_000 },
    );
  });
});

/** Whether the rest of a subject after its repository satisfies the rest of the rule. */
function naivelyRest(written: string, how: Match, wanted: string, given: string): boolean {
  if (how === 'exact') return wanted === given;
  return validateSubjectRule(written, how) === null && naiveGlob(wanted, given);
}

describe('index keys of subjects', () => {
  it('find every exact rule that matches, whatever the preset and however the claims lie (contract §7)', async () => {
    const owner = fc.constantFrom('acme', 'b', 'acme@1', 'b@2', '*', '', 'a:b');
    const third = fc.constantFrom('app', 'c', 'app@2', 'c@1', '*', '**', 'x/y');
    const tail = fc.constantFrom('', ':', ':x', ':ref:refs/heads/main', '/x', ':\n');
    const subject = fc.oneof(
      { weight: 6, arbitrary: fc.tuple(owner, third, tail).map(([o, n, r]) => `repo:${o}/${n}${r}`) },
      { weight: 1, arbitrary: fc.string({ minLength: 1, maxLength: 8 }) },
    );
    const value = <T>(...values: T[]): fc.Arbitrary<T | undefined> => fc.constantFrom(undefined, ...values);
    const claimSet = fc
      .record({
        repository: value('acme/app', 'b/c', 'acme/c'),
        repository_owner: value('acme', 'b'),
        repository_id: value<unknown>('2', '1', 2, null),
        repository_owner_id: value<unknown>('1', '2', 1),
      })
      .map((claims) => Object.fromEntries(Object.entries(claims).filter(([, one]) => one !== undefined)));
    const forms = fc.constantFrom<'github' | 'literal'>('github', 'literal');
    await holds(
      fc.property(subject, subject, claimSet, forms, (written, sub, claims, how) => {
        if (!accepts(written, 'exact', sub, claims as JsonObject, how)) return;
        expect(subjectKeysOfToken(claims as JsonObject, sub)).toContain(subjectKeyOfRule(written, 'exact'));
      }),
      { usually: 2_000 },
    );
  });
});
