// Keeps the facts of an isolate's exchanges, bounded, under what they were looked up by; whoever uses them proves that they still hold.

import { subjectKeysOfToken } from '../rules/subject.ts';
import { readClaim } from '../token/json.ts';
import { MAX_KEPT_FACTS, MAX_KEPT_FACTS_CHARS, MAX_KEPT_SUBJECT_CLAIMS } from './limits.ts';
import type { ExchangeFacts, ExchangeQuery, ReadExchangeFacts } from './ports.ts';

export interface FactsMemory {
  /** The facts of an earlier exchange that would have read the same rows; null if there are none. */
  readonly known: (query: ExchangeQuery) => ExchangeFacts | null;
  /** Reads the facts now and keeps them. Throws StorageUnavailable. */
  readonly read: ReadExchangeFacts;
}

/** What a provider reads the subject from, unless it says otherwise. */
const USUAL_SUBJECT: readonly string[] = ['sub'];

/** An empty memory over what reads the facts. */
export function createFactsMemory(read: ReadExchangeFacts): FactsMemory {
  const kept = new Map<string, ExchangeFacts>();
  let chars = 0;
  // Of the few issuers whose providers read another claim: a token's rules are found by that one.
  const unusualSubjects = new Map<string, readonly string[]>();

  const forget = (key: string): void => {
    const facts = kept.get(key);
    if (facts === undefined) return;
    kept.delete(key);
    chars -= key.length + facts.chars;
  };
  const keep = (key: string, facts: ExchangeFacts): void => {
    forget(key);
    kept.set(key, facts);
    chars += key.length + facts.chars;
    for (const oldest of kept.keys()) {
      if (kept.size <= MAX_KEPT_FACTS && chars <= MAX_KEPT_FACTS_CHARS) break;
      forget(oldest);
    }
  };
  return {
    known: (query) => {
      const key = keyOf(query, unusualSubjects.get(lookupOf(query)) ?? USUAL_SUBJECT);
      const facts = kept.get(key);
      if (facts === undefined) return null;
      // Used last, forgotten last.
      kept.delete(key);
      kept.set(key, facts);
      return facts;
    },
    read: async (query) => {
      const facts = await read(query);
      const subjects = subjectClaimsOf(facts);
      if (subjects.join() !== USUAL_SUBJECT.join()) {
        if (unusualSubjects.size >= MAX_KEPT_SUBJECT_CLAIMS) unusualSubjects.clear();
        unusualSubjects.set(lookupOf(query), subjects);
      } else unusualSubjects.delete(lookupOf(query));
      keep(keyOf(query, subjects), facts);
      return facts;
    },
  };
}

function subjectClaimsOf({ provider, otherProviders }: ExchangeFacts): readonly string[] {
  if (provider === null) return USUAL_SUBJECT;
  return [...new Set([provider, ...otherProviders].map(({ subjectClaim }) => subjectClaim))].toSorted();
}

/** What the rows are looked up by apart from the token's subject. */
function lookupOf({ organisation, issuer, serviceAccount, federatedIdentity }: ExchangeQuery): string {
  return JSON.stringify([organisation, issuer, serviceAccount, federatedIdentity]);
}

/**
 * Two requests of one key read the same rows that can grant. Without a named account these are found by the subject, which each
 * provider reads from a claim of its own; the rules that a token's other strings find do not accept it.
 */
function keyOf(query: ExchangeQuery, subjectClaims: readonly string[]): string {
  const { claims } = query;
  if (claims === null) return lookupOf(query);
  const keys = subjectClaims.map((claim) => {
    const value = readClaim(claims, claim);
    const subject = typeof value === 'number' ? String(value) : value;
    return [claim, typeof subject === 'string' ? subjectKeysOfToken(claims, subject) : null];
  });
  return `${lookupOf(query)}${JSON.stringify(keys)}`;
}
