// Whether everything that one subject or pattern accepts is accepted by another; says no when it cannot prove it.

import { githubIdRule } from '../rules/github-subject.ts';
import { hasWildcard } from '../rules/glob.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import type { Preset } from '../platforms/preset.ts';

/** A subject and how it is matched. */
export type SubjectRule = Pick<FederatedIdentity, 'providerSubject' | 'providerSubjectMatch'>;

/** The two wildcards; every other piece is one character. */
const RUN = '*';
const ANY = '**';

interface Pieces {
  readonly pieces: readonly string[];
  readonly isWild: readonly boolean[];
}

/** True only if `wide` matches every text that `narrow` matches; both are globs. Takes narrow length × wide length steps. */
export function globContains(wide: string, narrow: string): boolean {
  return contains(piecesOf(wide, true), piecesOf(narrow, true));
}

/** True only if the subject rule `wide` accepts every token that `narrow` accepts, on a platform with these subject forms. */
export function subjectContains(wide: SubjectRule, narrow: SubjectRule, forms: Preset['subjectForms']): boolean {
  const isContained = textContains(wide, narrow);
  if (forms !== 'github' || !isContained) return isContained;
  const [wideIds, narrowIds] = [githubIdRule(wide.providerSubject), githubIdRule(narrow.providerSubject)];
  if (wideIds === null || narrowIds === null) return wideIds === narrowIds;
  // A rule with ids compares the ids alone, and the text as it is if the signed ids are missing.
  return textContains({ ...wide, providerSubject: wideIds.idForm }, { ...narrow, providerSubject: narrowIds.idForm });
}

function textContains(wide: SubjectRule, narrow: SubjectRule): boolean {
  return contains(
    piecesOf(wide.providerSubject, wide.providerSubjectMatch === 'glob'),
    piecesOf(narrow.providerSubject, narrow.providerSubjectMatch === 'glob'),
  );
}

function piecesOf(text: string, isGlob: boolean): Pieces {
  const pieces = text.match(isGlob ? /\*+|[^*]/gs : /./gs) ?? [];
  return {
    pieces: pieces.map((piece) => (isGlob && piece.length > 1 && hasWildcard(piece) ? ANY : piece)),
    isWild: pieces.map((piece) => isGlob && hasWildcard(piece)),
  };
}

/**
 * Walks the wide pattern over the narrow one. A wildcard of the narrow one stands for any text of its kind, so only a wildcard
 * of the wide one that takes all of that kind may take it.
 */
function contains(wide: Pieces, narrow: Pieces): boolean {
  const { pieces, isWild } = wide;
  const end = pieces.length;
  let active = new Uint8Array(end + 1);
  activate(active, 0, isWild);
  for (const [at, piece] of narrow.pieces.entries()) {
    const next = new Uint8Array(end + 1);
    let isAlive = false;
    for (let state = 0; state < end; state += 1) {
      if (active[state] !== 1) continue;
      if (isWild[state] === true) {
        if (!takes(pieces[state] === ANY, piece, narrow.isWild[at] === true)) continue;
        activate(next, state, isWild);
        isAlive = true;
      } else if (narrow.isWild[at] !== true && pieces[state] === piece) {
        activate(next, state + 1, isWild);
        isAlive = true;
      }
    }
    if (!isAlive) return false;
    active = next;
  }
  return active[end] === 1;
}

/** True if a wildcard takes all that the piece stands for. */
function takes(isAny: boolean, piece: string, isWild: boolean): boolean {
  if (isAny) return true;
  return isWild ? piece === RUN : piece !== ':' && piece !== '/';
}

/** A wildcard may also stand for nothing. */
function activate(states: Uint8Array, state: number, isWild: readonly boolean[]): void {
  states[state] = 1;
  for (let at = state; isWild[at] === true; at += 1) states[at + 1] = 1;
}
