// What a subject tells about itself to whoever wonders why no rule accepts it; knows no rule.

import type { JsonObject } from '../token/json.ts';

/** Facts that people overlook about a subject, each a clause; they are true whatever the rules say. */
export function subjectFacts(subject: string, claims: JsonObject): string[] {
  const facts = [...customised(subject, claims), ...kindOf(subject)];
  if (/%[0-9A-Fa-f]{2}/.test(subject)) facts.push('a colon or slash inside a value of the subject is percent-encoded');
  if (subject !== subject.trim()) facts.push('the subject has white space at an end');
  else if (/[^\x20-\x7e]/.test(subject))
    facts.push('the subject has characters outside of ASCII, which may look like others');
  if (/\p{Lu}/u.test(subject)) facts.push('the subject is compared exactly, upper and lower case included');
  return facts;
}

/** An environment, a pull request, a tag and a branch exclude each other in the subjects of CI systems. */
function kindOf(subject: string): string[] {
  const part = (pattern: RegExp): string | undefined => pattern.exec(subject)?.[1];
  const environment = part(/(?:^|:)environment:([^:]+)/);
  if (environment !== undefined)
    return [`the job names the environment ${environment}, so its subject has that and no branch or tag`];
  if (/(?:^|:)pull_requests?(?::|$)/.test(subject)) return ['its subject is that of a pull request and has no branch'];
  const tag = part(/(?:^|:)ref:refs\/tags\/(.+)$/) ?? part(/(?:^|:)ref_type:tag:ref:(.+)$/);
  if (tag !== undefined) return [`its subject is that of the tag ${tag}, not of a branch`];
  const branch = part(/(?:^|:)ref:refs\/heads\/(.+)$/) ?? part(/(?:^|:)ref_type:branch:ref:(.+)$/);
  if (branch !== undefined) return [`its subject is that of the branch ${branch}, not of a tag or an environment`];
  return [];
}

/** GitHub's usual subject names the repository first. */
function customised(subject: string, { repository }: JsonObject): string[] {
  if (typeof repository !== 'string' || subject.startsWith('repo:')) return [];
  return ['its subject is a customised one of its repository, so a rule for repo:… does not match it'];
}
