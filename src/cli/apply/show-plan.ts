// Prints a plan and the results of tests for people: a diff of what would change, nothing that stays.

import type { Output } from '../output.ts';
import type { Colour } from '../terminal-text.ts';
import { formatDiff } from '../output.ts';
import { KIND_LABELS, CONFIGURATION_LABEL } from './kinds.ts';
import { pathOf } from './plan-changes.ts';
import type { Change, Plan } from './plan-changes.ts';
import type { TestResult } from './run-tests.ts';
import { isJsonObject } from '../../token/json.ts';

const MARKS: Readonly<Record<Change['action'], readonly [mark: string, colour: Colour]>> = {
  create: ['+', 'green'],
  update: ['~', 'yellow'],
  delete: ['-', 'red'],
};

/** `identity provider  GitHub` */
export function titleOf({ kind, path }: Pick<Change, 'kind' | 'path'>): string {
  return `${KIND_LABELS[kind].padEnd(18)} ${path.join(' / ')}`;
}

/** Prints what would change. */
export function showPlan(plan: Plan, output: Output): void {
  for (const change of plan.changes) {
    const [mark, colour] = MARKS[change.action];
    output.line(`${output.paint(colour, mark)} ${titleOf(change)}`);
    if (change.action === 'update') output.line(formatDiff(change.changes.map(shortened), output.paint));
    else
      for (const { member, before, after } of change.changes)
        output.line(`    ${member}  ${JSON.stringify(after ?? before)}`);
    for (const object of change.alsoDeletes)
      output.line(output.paint('red', `    also deletes ${object}, which is not from here`));
  }
  if (plan.changes.length > 0) output.line();
  if (plan.adoptions.length > 0) output.line(`${adoptedNote(plan.adoptions.length)}\n`);
  for (const stored of plan.leftOver)
    output.line(
      `  ${KIND_LABELS[stored.kind]} ${pathOf(stored).join(' / ')} is no longer declared; --prune deletes it`,
    );
  if (plan.leftOver.length > 0) output.line();
  output.line(summaryOf(plan));
}

function adoptedNote(count: number): string {
  const [objects, they] =
    count === 1 ? ['1 object is as declared, but', 'it'] : [`${count} objects are as declared, but`, 'them'];
  return `  ${objects} no file made ${they}: apply labels ${they} as this one's, so that --prune knows ${they}`;
}

/** Labels that stay are not repeated. */
function shortened(change: Change['changes'][number]): Change['changes'][number] {
  const { member, before, after } = change;
  if (member !== 'labels' || !isJsonObject(after)) return change;
  const same = isJsonObject(before) ? before : {};
  const added = Object.entries(after).filter(([key, value]) => same[key] !== value);
  const removed = Object.entries(same).filter(([key, value]) => after[key] !== value);
  return { member, before: Object.fromEntries(removed), after: Object.fromEntries(added) };
}

function summaryOf({ changes, unchanged }: Plan): string {
  const count = (action: Change['action']): number => changes.filter((change) => change.action === action).length;
  if (changes.length === 0) return `Nothing to change: ${unchanged} as declared.`;
  return `${count('create')} to create, ${count('update')} to change, ${count('delete')} to delete, ${unchanged} as declared.`;
}

/** Prints the tests that failed, or all of them, and how many passed. */
export function showTests(results: readonly TestResult[], output: Output, which: 'failed' | 'all'): void {
  for (const { name, passed, decided, why } of results) {
    if (passed && which === 'failed') continue;
    output.line(`${passed ? output.paint('green', '✔') : output.paint('red', '✖')} ${name}`);
    output.line(`    ${decided}`);
    if (why !== null) output.line(`    ${why}`);
  }
  const failed = results.filter(({ passed }) => !passed).length;
  if (results.length > 0) output.line(`Tests: ${results.length - failed} passed, ${failed} failed.`);
}

/** A plan for programs. */
export function planJson(plan: Plan): object {
  return {
    changes: plan.changes.map(({ action, kind, path, identity, changes, alsoDeletes }) => ({
      action,
      kind: KIND_LABELS[kind],
      path,
      identity,
      changes,
      alsoDeletes,
    })),
    adoptions: plan.adoptions.map(({ kind, path, identity }) => ({ kind: KIND_LABELS[kind], path, identity })),
    unchanged: plan.unchanged,
    leftOver: plan.leftOver.map(({ kind, identity, name, parent }) => ({
      kind: KIND_LABELS[kind],
      path: pathOf({ name, parent }),
      identity,
    })),
    label: CONFIGURATION_LABEL,
  };
}
