// The narrowest subject that recorded grants need: the one that they had, or the pattern of those that they had.

import { githubIdRule, githubSubjectForms } from '../rules/github-subject.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import type { Preset } from '../platforms/preset.ts';
import type { JsonObject } from '../token/json.ts';
import type { SubjectRule } from './pattern-containment.ts';

/** True if no value came up in the newer half of the grants that the older half did not have; they are given oldest first. */
export function isSettled(values: readonly string[]): boolean {
  const older = new Set(values.slice(0, Math.ceil(values.length / 2)));
  return values.every((value) => older.has(value));
}

/** Subjects to try in the place of a pattern, the narrowest first; the subjects of the grants are given oldest first. */
export function narrowerSubjects(subjects: readonly string[]): readonly SubjectRule[] {
  const distinct = [...new Set(subjects)];
  const [only = ''] = distinct;
  if (distinct.length === 1) return [{ providerSubject: only, providerSubjectMatch: 'exact' }];
  const texts = distinct.map((subject) => subject.split(/([:/])/));
  // A subject with a star of its own cannot be written as a pattern.
  if (distinct.some((subject) => subject.includes('*'))) return [];
  return [bySegments(texts), byBeginning(texts)]
    .filter((glob) => glob !== null)
    .map((glob) => ({ providerSubject: glob, providerSubjectMatch: 'glob' }));
}

/** A star for each segment that differs; null if the subjects have different numbers of segments, or other separators. */
function bySegments(texts: readonly (readonly string[])[]): string | null {
  const [first = [], ...others] = texts;
  if (others.some((parts) => parts.length !== first.length)) return null;
  const pattern = first.map((part, at) => (others.every((parts) => parts[at] === part) ? part : '*'));
  // Separators stand at the odd places.
  return pattern.some((part, at) => at % 2 === 1 && part === '*') ? null : pattern.join('');
}

/** The segments that all begin with, and anything behind them. */
function byBeginning(texts: readonly (readonly string[])[]): string | null {
  const [first = [], ...others] = texts;
  let same = 0;
  while (same < first.length && others.every((parts) => parts[same] === first[same])) same += 1;
  // Up to and with the last separator.
  const kept = same - (same % 2);
  return kept === 0 ? null : `${first.slice(0, kept).join('')}**`;
}

/** The subject of a token in the form in which the rule names subjects. */
export function subjectAsRuled(
  rule: FederatedIdentity,
  forms: Preset['subjectForms'],
  claims: JsonObject,
  subject: string,
): string {
  if (forms !== 'github') return subject;
  const derived = githubSubjectForms(claims, subject);
  if (derived.kind !== 'both') return subject;
  if (githubIdRule(rule.providerSubject) === null) return derived.nameForm;
  const [, ownerId = '', nameId = '', rest = ''] = /^repo:@(\d+)\/@(\d+)(.*)$/s.exec(derived.idForm) ?? [];
  // The names say nothing in such a rule: they stay as it has them.
  const [, owner = '', name = ''] = /^repo:([^/:@]+)@\d+\/([^/:@*]*)/.exec(rule.providerSubject) ?? [];
  const shown = name === '' ? (derived.repository.split('/')[1] ?? '') : name;
  return `repo:${owner}@${ownerId}/${shown}@${nameId}${rest}`;
}
