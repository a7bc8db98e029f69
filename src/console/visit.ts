// Who sends a request for a page: reads the session, and holds it against what it rests on.

import { StorageUnavailable } from '../exchange/ports.ts';
import { consoleApi, objectOf, SessionEnded } from './api.ts';
import type { Authority, ConsoleApi } from './api.ts';
import type { ConsoleDeps } from './deps.ts';
import { antiForgeryMark } from './forgery.ts';
import { may, readMe } from './me.ts';
import type { PageContext } from './page.ts';
import { isOfAnother } from './person.ts';
import { bringsSession, isTodaysRoot, readSession } from './session.ts';
import type { Seal, Session } from './session.ts';

/** One request, as far as it is known before a page answers it. */
export interface Visit {
  readonly request: Request;
  readonly url: URL;
  readonly requestId: string;
  readonly ip: string | null;
  /** Null for GET. */
  readonly form: URLSearchParams | null;
}

/** Somebody who is signed in, and what their session rests on still holds. */
export interface SignedIn {
  readonly session: Session;
  readonly seal: Seal;
  readonly page: Omit<PageContext, 'parameters'>;
}

/** Who sends a request; null if nobody is signed in, or what the session rests on holds no more. Throws SessionEnded likewise. */
export async function readSignedIn(visit: Visit, deps: ConsoleDeps): Promise<SignedIn | null> {
  const { request, url, requestId } = visit;
  if (!bringsSession(request)) return null;
  const seal = await deps.seal();
  const now = deps.now();
  const session = await readSession(request, seal, now);
  if (session !== null && isOfAnother(request, session.assertionSubject)) return null;
  const authority = session === null ? null : await authorityOf(session, visit, deps, seal);
  if (session === null || authority === null) return null;
  const person = session.restsOn.kind === 'token' ? session.restsOn.person : null;
  const issuerUrl = deps.issuerUrl ?? '';
  const api = consoleApi(await deps.iam(person), issuerUrl, authority);
  const [isOver, me] = await Promise.all([deps.isSessionOver(session.id), askWhoIAm(api)]);
  if (isOver) return null;
  const who = readMe(me, person);
  const antiForgery = await antiForgeryMark(session, seal);
  const page = { url, api, me: who, may: may.bind(null, who), antiForgery, issuerUrl, deps, now, requestId };
  return { session, seal, page };
}

/** What the requests of a session carry; null if it rests on a root token that is not today's. */
export async function authorityOf(
  { restsOn, organisation }: Session,
  { requestId, ip }: Pick<Visit, 'requestId' | 'ip'>,
  deps: ConsoleDeps,
  seal: Seal,
): Promise<Authority | null> {
  if (restsOn.kind === 'token') return { bearer: restsOn.token, organisation: null, requestId, ip };
  if (deps.adminToken === null || !(await isTodaysRoot(restsOn.mark, deps.adminToken, seal))) return null;
  return { bearer: deps.adminToken, organisation, requestId, ip };
}

/** Who the session is; whatever the API refuses here ends it, such as an organisation that was deleted. */
async function askWhoIAm(api: ConsoleApi): Promise<ReturnType<typeof objectOf>> {
  const answered = await api.read('/v1/me');
  if (answered.ok) return objectOf(answered.value);
  if (answered.error.status === 503) throw new StorageUnavailable(answered.error.detail);
  throw new SessionEnded();
}
