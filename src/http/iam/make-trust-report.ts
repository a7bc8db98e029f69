// Makes a page of the trust report (contract §11) of rules and recorded grants, which it reads in bounded steps; changes nothing.

import type { FederatedIdentityRecord } from '../../objects/federated-identity.ts';
import { federatedIdentity } from '../../objects/federated-identity.ts';
import type { AuditCursor, ListedAuditEvent } from '../../objects/audit-log.ts';
import type { ListFilter } from '../../objects/storage.ts';
import type { IdentityTrustView, TrustReportView } from '../../objects/trust-report.ts';
import { formatTimestamp } from '../../objects/values.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { KnownRule } from '../../trust/findings.ts';
import { REPORT_DAYS, SECONDS_PER_DAY } from '../../trust/limits.ts';
import { knownRule, reportIdentity } from '../../trust/report-identity.ts';
import type { GrantEvents, ReportContext } from '../../trust/report-identity.ts';
import {
  GRANTS_PER_LOOK_BACK,
  IDENTITIES_REPORTED_AT_ONCE,
  MAX_EVENTS_PER_REPORT,
  MAX_GRANT_PAGES,
  MAX_LIST_LIMIT,
  MAX_NEWEST_GRANTS,
  MAX_REPORT_SECONDS,
  MAX_REPORTED_IDENTITIES,
} from '../limits.ts';
import type { IamDeps, IamRequest, Operation } from './deps.ts';
import { nextLink, readListRequest } from './list-request.ts';
import { noOrganisation } from './object-problems.ts';

/** A page of the report; `next` is the identity behind which the next page begins, null if this was the last. */
export interface TrustReportPage {
  readonly report: TrustReportView;
  readonly next: string | null;
}

/** What a report is made for. */
export interface TrustReportRequest {
  /** Id or slug. */
  readonly organisation: string;
  readonly filter: ListFilter;
  readonly issuerUrl: string;
  readonly defaultAudience: string;
}

/** Answers the page that the query asks for. */
export async function answerTrustReport(request: IamRequest): ReturnType<Operation> {
  const { deps, issuerUrl, caller, url, now } = request;
  const { defaultAudience } = deps.config;
  if (defaultAudience === null)
    return refuse({ kind: 'unavailable', detail: 'this deployment lacks a setting; /readyz names it' });
  const asked = readListRequest(url, federatedIdentity, now);
  if (!asked.ok) return asked;
  const { organisation } = caller;
  const page = await readTrustReport({ organisation, filter: asked.value, issuerUrl, defaultAudience }, deps);
  if (page === null) return refuse(noOrganisation(request));
  const headers = page.next === null ? {} : { link: nextLink(url, page.next) };
  return ok({ status: 200, body: page.report, headers });
}

/**
 * Reports on the identities that the filter leaves, as many as a page can have: it ends early when much was read or time passed.
 * Null if there is no such organisation. Throws StorageUnavailable.
 */
export async function readTrustReport(
  { organisation, filter, issuerUrl, defaultAudience }: TrustReportRequest,
  deps: Pick<IamDeps, 'store' | 'now'>,
): Promise<TrustReportPage | null> {
  const { now } = filter;
  const limit = Math.min(filter.limit, MAX_REPORTED_IDENTITIES);
  const listed = await deps.store.federatedIdentities.list(organisation, { ...filter, limit });
  if (listed.organisation === null) return null;
  const ownerId = listed.organisation.id;
  const accountOf = accounts({ ownerId, issuerUrl, defaultAudience, now }, deps.store);
  const started = deps.now();
  const identities: IdentityTrustView[] = [];
  let events = 0;
  for (let at = 0; at < listed.records.length; at += IDENTITIES_REPORTED_AT_ONCE) {
    const isEnough = events >= MAX_EVENTS_PER_REPORT || deps.now() - started >= MAX_REPORT_SECONDS;
    if (isEnough && at > 0) break;
    const wave = listed.records.slice(at, at + IDENTITIES_REPORTED_AT_ONCE);
    const read = await Promise.all(
      wave.map(async (record) => ({
        record,
        account: await accountOf(record.serviceAccountIdentity),
        evidence: await readGrants(record, ownerId, now, deps),
      })),
    );
    for (const { record, account, evidence } of read) {
      const { rules, context } = account;
      const rule = rules.find(({ record: { id } }) => id === record.id) ?? knownRule(record, context);
      identities.push(reportIdentity(rule, rules, evidence, context));
      events += evidence.events.length;
    }
  }
  const hasMore = listed.more || identities.length < listed.records.length;
  return {
    report: { generatedAt: formatTimestamp(now), identities },
    next: hasMore ? (identities.at(-1)?.identity ?? null) : null,
  };
}

/** The rules of an account, and what they are compiled with. */
interface AccountRules {
  readonly rules: readonly KnownRule[];
  readonly context: ReportContext;
}

/** Reads the rules of an account, once for all of its identities. */
function accounts(
  { ownerId, ...context }: Omit<ReportContext, 'withheld'> & { readonly ownerId: string },
  store: IamDeps['store'],
): (account: string) => Promise<AccountRules> {
  const read = async (account: string): Promise<AccountRules> => {
    const { records } = await store.federatedIdentities.list(ownerId, ofAccount(account, context.now));
    const audiences = new Set([context.defaultAudience, ...records.flatMap(({ tokenAudiences }) => tokenAudiences)]);
    const withheld = await store.readReservedByOthers(ownerId, [...audiences]);
    const whole = { ...context, withheld };
    return { rules: records.map((record) => knownRule(record, whole)), context: whole };
  };
  const known = new Map<string, Promise<AccountRules>>();
  return async (account) => {
    const rules = known.get(account) ?? read(account);
    known.set(account, rules);
    return await rules;
  };
}

function ofAccount(serviceAccount: string, now: number): ListFilter {
  const none = { identity: null, name: null, slug: null, status: null, provider: null, after: null };
  return { ...none, serviceAccount, labels: [], limit: MAX_LIST_LIMIT, now };
}

/**
 * Grants of an identity, found among the events of its account, in D1 and in the archive: the newest, and of what does not fit
 * some from halfway back, so that a job that runs once a month is seen beside one that runs every minute.
 */
async function readGrants(
  { id, mode, serviceAccountIdentity, lastUsedAt }: FederatedIdentityRecord,
  organisation: string,
  now: number,
  { store }: Pick<IamDeps, 'store'>,
): Promise<GrantEvents> {
  const since = now - REPORT_DAYS * SECONDS_PER_DAY;
  // What was not used has no grants to look for.
  if (mode === 'enforce' && (lastUsedAt === null || lastUsedAt < since - SECONDS_PER_DAY))
    return { events: [], isComplete: true };
  const events: ListedAuditEvent[] = [];
  let isComplete = true;
  let [until, before, limit]: [number | null, AuditCursor | null, number] = [null, null, MAX_NEWEST_GRANTS];
  for (let pages = 0; pages < MAX_GRANT_PAGES; pages += 1) {
    const outcome = mode === 'shadow' ? 'shadow' : 'granted';
    const filter = { ...ANY_EVENT, since, until, before, outcome, limit } as const;
    const found = await store.audit.list(organisation, {
      ...filter,
      serviceAccount: serviceAccountIdentity,
      federatedIdentity: id,
    });
    events.push(...found.events);
    if (found.next === null) return { events, isComplete };
    const isFull = found.events.length >= limit;
    if (isFull) {
      isComplete = false;
      until = since + Math.floor((found.next.time - since) / 2);
      before = null;
      limit = GRANTS_PER_LOOK_BACK;
    } else before = found.next;
  }
  return { events, isComplete: false };
}

const ANY_EVENT = {
  action: null,
  issuer: null,
  subject: null,
  requestId: null,
} as const;
