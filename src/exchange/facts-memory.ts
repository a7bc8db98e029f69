// Keeps the facts of an isolate's exchanges, bounded, under what they were looked up by; whoever uses them proves that they still hold.

import type { HeldRole } from '../objects/role-binding.ts';
import { MAX_FACT_READS, MAX_KEPT_FACTS, MAX_KEPT_FACTS_CHARS, MAX_KEPT_SUBJECT_CLAIMS } from './limits.ts';
import { subjectKeysIn } from './lookup.ts';
import type { SubjectKey } from './lookup.ts';
import type { ExchangeFacts, ExchangeQuery, PolicyVersions, ReadExchangeFacts, ReadHeldRoles } from './ports.ts';

export interface FactsMemory {
  /** The facts of an earlier exchange that would have read the same rows; null if there are none. */
  readonly known: (query: ExchangeQuery) => ExchangeFacts | null;
  /** Reads the facts now and keeps them. Throws StorageUnavailable. */
  readonly read: ReadExchangeFacts;
  /** Reads roles of accounts of the facts, unless they were read since the facts were. Throws StorageUnavailable. */
  readonly heldRoles: ReadHeldRoles;
}

/** What reads the rows. Both throw StorageUnavailable. */
export interface FactsSource {
  /** With the exact rules that these keys find; none if the request names whom it wants to act as. */
  readonly facts: (query: ExchangeQuery, subjectKeys: readonly SubjectKey[]) => Promise<ExchangeFacts>;
  readonly heldRoles: (
    organisationId: string | null,
    serviceAccountIds: readonly string[],
  ) => Promise<readonly HeldRole[]>;
}

interface Kept {
  readonly key: string;
  readonly facts: ExchangeFacts;
  readonly roles: Map<string, readonly HeldRole[]>;
  chars: number;
}

/** What a provider reads the subject from, unless it says otherwise. */
const USUAL_SUBJECT: readonly string[] = ['sub'];

/** An empty memory over what reads the facts. */
export function createFactsMemory(source: FactsSource): FactsMemory {
  const kept = new Map<string, Kept>();
  // Facts are copied on their way through an exchange; what they are known by is one object in all copies.
  const byPolicy = new WeakMap<PolicyVersions, Kept>();
  let chars = 0;
  // Of the few issuers whose providers read another claim: a token's rules are found by that one.
  const unusualSubjects = new Map<string, readonly string[]>();

  const subjectClaimsFor = (query: ExchangeQuery): readonly string[] =>
    unusualSubjects.get(lookupOf(query)) ?? USUAL_SUBJECT;
  const forget = (entry: Kept | undefined): void => {
    if (entry === undefined || !kept.delete(entry.key)) return;
    chars -= entry.chars;
  };
  const makeRoom = (): void => {
    for (const oldest of kept.values()) {
      if (kept.size <= MAX_KEPT_FACTS && chars <= MAX_KEPT_FACTS_CHARS) break;
      forget(oldest);
    }
  };
  const keep = (key: string, facts: ExchangeFacts): void => {
    forget(kept.get(key));
    const entry = { key, facts, roles: new Map(), chars: key.length + facts.chars };
    kept.set(key, entry);
    byPolicy.set(facts.policy, entry);
    chars += entry.chars;
    makeRoom();
  };
  const remember = (query: ExchangeQuery, subjects: readonly string[]): void => {
    if (subjects.join() === USUAL_SUBJECT.join()) {
      unusualSubjects.delete(lookupOf(query));
      return;
    }
    if (unusualSubjects.size >= MAX_KEPT_SUBJECT_CLAIMS) unusualSubjects.clear();
    unusualSubjects.set(lookupOf(query), subjects);
  };
  return {
    known: (query) => {
      const entry = kept.get(keyOf(query, subjectClaimsFor(query)));
      if (entry === undefined) return null;
      // Used last, forgotten last.
      kept.delete(entry.key);
      kept.set(entry.key, entry);
      return entry.facts;
    },
    read: async (query) => {
      let looked = subjectClaimsFor(query);
      let facts = await source.facts(query, keysOf(query, looked));
      // Which claim is the subject says the provider, which is known only now: one that was not looked up is, once more.
      for (let reads = 1; reads < MAX_FACT_READS && query.claims !== null; reads += 1) {
        const subjects = subjectClaimsOf(facts);
        if (subjects.every((claim) => looked.includes(claim))) break;
        looked = subjects;
        facts = await source.facts(query, keysOf(query, looked));
      }
      const subjects = subjectClaimsOf(facts);
      const key = keyOf(query, subjects);
      remember(query, subjects);
      // Without a rule nothing is granted, and a refusal reads anew: made-up subjects would only crowd out what is used.
      if (facts.identities.length > 0) keep(key, facts);
      else forget(kept.get(key));
      return facts;
    },
    heldRoles: async ({ policy, organisation }, ids) => {
      const entry = byPolicy.get(policy);
      const missing = ids.filter((id) => entry?.roles.has(id) !== true);
      if (missing.length === 0) return ids.flatMap((id) => entry?.roles.get(id) ?? []);
      const read = await source.heldRoles(organisation?.id ?? null, missing);
      if (entry !== undefined && kept.get(entry.key) === entry) {
        for (const id of missing)
          entry.roles.set(
            id,
            read.filter(({ serviceAccountId }) => serviceAccountId === id),
          );
        const more = JSON.stringify(read).length;
        entry.chars += more;
        chars += more;
        makeRoom();
      }
      return [...ids.flatMap((id) => (missing.includes(id) ? [] : (entry?.roles.get(id) ?? []))), ...read];
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

function keysOf({ claims }: ExchangeQuery, subjectClaims: readonly string[]): readonly SubjectKey[] {
  return claims === null ? [] : subjectKeysIn(claims, subjectClaims);
}

/**
 * Two requests of one key read the same rows. Without a named account these are found by the subject, which each provider
 * reads from a claim of its own.
 */
function keyOf(query: ExchangeQuery, subjectClaims: readonly string[]): string {
  if (query.claims === null) return lookupOf(query);
  return `${lookupOf(query)}${JSON.stringify([subjectClaims, keysOf(query, subjectClaims)])}`;
}
