// The console behind /console: who sends a request, which page answers it, and what happens without a session.

import { StorageUnavailable } from '../exchange/ports.ts';
import { formatTimestamp } from '../objects/values.ts';
import { answerGoTo, answerPage } from './answer.tsx';
import { consoleApi, SessionEnded } from './api.ts';
import { readAsset } from './assets.ts';
import type { ConsoleDeps } from './deps.ts';
import { antiForgeryMark, carriesMark, sentFrom } from './forgery.ts';
import { keep, localPath, readKept } from './kept-form.ts';
import type { Kept } from './kept-form.ts';
import type { PageAnswer } from './page.ts';
import { consolePages } from './pages/index.ts';
import { Alone, Frame, PageHead } from './parts/layout.tsx';
import { Notice } from './parts/notice.tsx';
import { NotReady, Plain, SendKept } from './plain-pages.tsx';
import { readForm } from './read-form.ts';
import { ROOT_PATH, routeTo } from './routes.ts';
import type { Route } from './routes.ts';
import { bringsSession, NO_SESSION_COOKIE, sessionCookie } from './session.ts';
import type { Session } from './session.ts';
import { SIGN_IN_PATH, signIn, SignInPage } from './sign-in.tsx';
import { authorityOf, readSignedIn } from './visit.ts';
import type { SignedIn, Visit } from './visit.ts';

/** Where a session is ended, and where root chooses the organisation that it shows. */
const SIGN_OUT_PATH = '/console/sign-out';
const CHOOSE_ORGANISATION_PATH = '/console/organisation';

/** Answers one request for a path below /console. */
export type Console = (request: Request, requestId: string) => Promise<Response>;

/** The console over its dependencies. */
export function createConsole(deps: ConsoleDeps): Console {
  return async (request, requestId) => {
    const ip = request.headers.get('cf-connecting-ip');
    const url = new URL(request.url);
    try {
      const response = await answer(request, url, requestId, ip, deps);
      return request.method === 'HEAD' ? new Response(null, response) : response;
    } catch (error) {
      return await answerFailure(error, url, requestId, deps);
    }
  };
}

async function answer(
  request: Request,
  url: URL,
  requestId: string,
  ip: string | null,
  deps: ConsoleDeps,
): Promise<Response> {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (!isRead && request.method !== 'POST') {
    return plain(
      405,
      'There is no such request here',
      'Pages are read with GET, and forms sent with POST.',
      requestId,
      {
        allow: 'GET, HEAD, POST',
      },
    );
  }
  const asset = isRead ? await readAsset(url.pathname) : null;
  if (asset !== null) return asset;
  if (!(await deps.mayProceed(ip ?? 'unknown'))) {
    return plain(429, 'Too many requests', 'This address sends too many requests: wait a minute.', requestId, {
      'retry-after': '10',
    });
  }
  if (deps.settingFaults.length > 0) {
    return answerPage('Not ready', <Alone>{<NotReady faults={deps.settingFaults} />}</Alone>, { status: 503 });
  }
  if (isRead) return answerVisit({ request, url, requestId, ip, form: null }, deps);
  // Before anything else: what another site sends is not even kept for later.
  if (sentFrom(request) === 'elsewhere') {
    const detail = 'Another site sent this form, or your browser does not say who did. Nothing was changed.';
    return plain(403, 'This form came from elsewhere', detail, requestId);
  }
  const form = await readForm(request);
  if (!form.ok) return plain(form.error.status, 'This form cannot be read', form.error.detail, requestId);
  return answerVisit({ request, url, requestId, ip, form: form.value }, deps);
}

async function answerVisit(visit: Visit, deps: ConsoleDeps): Promise<Response> {
  const { url, form } = visit;
  if (form !== null && url.pathname === SIGN_IN_PATH) return answerSignIn(visit, form, deps);
  try {
    const signedIn = await readSignedIn(visit, deps);
    if (signedIn === null) return await answerWithoutSession(visit);
    return await answerSignedIn(visit, signedIn, deps);
  } catch (error) {
    if (!(error instanceof SessionEnded)) throw error;
    return answerWithoutSession(visit);
  }
}

async function answerSignedIn(visit: Visit, signedIn: SignedIn, deps: ConsoleDeps): Promise<Response> {
  const { form, url, requestId } = visit;
  const { session, seal } = signedIn;
  if (form !== null && !(await carriesMark(form, session, seal))) {
    const detail =
      'It was made for another session, or for an organisation that you have left since. Open the page again. Nothing was changed.';
    return framed(signedIn, null, {
      title: 'This form is out of date',
      status: 403,
      body: <Plain title="This form is out of date" detail={detail} requestId={requestId} />,
    });
  }
  if (form !== null && url.pathname === SIGN_OUT_PATH) return signOut(visit, session, deps);
  if (form !== null && url.pathname === CHOOSE_ORGANISATION_PATH)
    return chooseOrganisation(visit, form, signedIn, deps);
  if (url.pathname === SIGN_IN_PATH) return answerGoTo(ROOT_PATH);
  const route = routeTo(consolePages, url.pathname);
  if (route === null || (form !== null && route.page.submit === undefined)) {
    const detail = 'There is no such page, or it takes no form.';
    return framed(signedIn, null, {
      title: 'Not found',
      status: 404,
      body: <Plain title="Not found" detail={detail} requestId={requestId} />,
    });
  }
  return framed(signedIn, route, await answerRoute(route, form, signedIn));
}

async function answerRoute(
  { page, parameters }: Route,
  form: URLSearchParams | null,
  signedIn: SignedIn,
): Promise<PageAnswer> {
  const context = { ...signedIn.page, parameters };
  if (!context.may(page.needs)) {
    const needs = page.needs === 'deployment' ? 'iam:admin in the organisation default' : `the scope ${page.needs}`;
    return {
      status: 403,
      body: (
        <>
          <PageHead title={page.title} />
          <Notice tone="warn" title="You may not see this">
            <p>This page needs {needs}.</p>
          </Notice>
        </>
      ),
    };
  }
  return form === null || page.submit === undefined ? page.show(context) : page.submit({ ...context, form });
}

async function framed({ session, page }: SignedIn, route: Route | null, answered: PageAnswer): Promise<Response> {
  if ('goTo' in answered) return answerGoTo(answered.goTo);
  const { body, title = route?.page.title ?? 'Console', status = 200, refreshSeconds } = answered;
  // The nearest one: a page below an entry may have an entry of its own.
  const current = consolePages
    .filter((entry) => entry.navigation !== undefined && isWithin(entry.path, route?.page.path ?? null))
    .toSorted((one, other) => other.path.length - one.path.length)[0]?.path;
  const navigation = consolePages.flatMap(({ navigation: label, path, needs }) =>
    label === undefined || !page.may(needs)
      ? []
      : [{ href: `${ROOT_PATH}${path}`, label, isCurrent: path === current }],
  );
  return answerPage(
    title,
    <Frame page={{ ...page, parameters: {} }} navigation={navigation} sessionEnds={formatTimestamp(session.expiresAt)}>
      {body}
    </Frame>,
    // A header, since a person can stop it by a link, and without a script there is no other way to ask again.
    { status, headers: refreshSeconds === undefined ? {} : { refresh: String(refreshSeconds) } },
  );
}

/** Whether the page that is shown is this entry of the navigation, or below it. */
function isWithin(entry: string, shown: string | null): boolean {
  return shown === entry || (entry !== '' && shown !== null && shown.startsWith(`${entry}/`));
}

async function answerSignIn(visit: Visit, form: URLSearchParams, deps: ConsoleDeps): Promise<Response> {
  const kept = readKept(form);
  const next = localPath(form.get('next') ?? '') ?? ROOT_PATH;
  const signed = await signIn({ ...visit, form }, deps);
  const seal = await deps.seal();
  const cookie = signed.ok ? await sessionCookie(signed.value, seal, deps.now()) : null;
  if (!signed.ok || cookie === null) {
    const refusal = signed.ok
      ? 'this token is too long for a session: use one with fewer scopes and without forwarded claims'
      : signed.error;
    return answerToSignIn(visit, { refusal, hasEnded: false, next, kept }, 400);
  }
  if (kept === null) return answerGoTo(next, { 'set-cookie': cookie });
  const antiForgery = await antiForgeryMark(signed.value, seal);
  return answerPage(
    'Signed in',
    <Alone>{<SendKept kept={kept} antiForgery={antiForgery} organisation={signed.value.organisation} />}</Alone>,
    {
      headers: { 'set-cookie': cookie },
    },
  );
}

/** Asks to sign in; what a form carried is kept. */
async function answerWithoutSession(visit: Visit): Promise<Response> {
  const { request, url, form } = visit;
  const here = `${url.pathname}${url.search}`;
  if (form !== null && url.pathname === SIGN_OUT_PATH)
    return answerGoTo(ROOT_PATH, { 'set-cookie': NO_SESSION_COOKIE });
  // What another site sent was refused before.
  const kept = form === null ? null : keep(url.pathname, form);
  const hasEnded = bringsSession(request) || kept !== null;
  // A link from another site brings no cookie of ours; the page itself asks again, and then it comes along.
  const site = request.headers.get('sec-fetch-site');
  const refreshTo = form === null && !hasEnded && (site === 'cross-site' || site === 'same-site') ? here : null;
  return answerToSignIn(
    visit,
    { refusal: null, hasEnded, next: form === null && url.pathname !== SIGN_IN_PATH ? here : ROOT_PATH, kept },
    form === null ? 200 : 401,
    refreshTo,
  );
}

async function answerToSignIn(
  { request, requestId }: Visit,
  state: { refusal: string | null; hasEnded: boolean; next: string; kept: Kept | null },
  status: number,
  refreshTo: string | null = null,
): Promise<Response> {
  const content = <Alone>{<SignInPage request={request} requestId={requestId} {...state} />}</Alone>;
  const headers = state.hasEnded ? { 'set-cookie': NO_SESSION_COOKIE } : {};
  return answerPage('Sign in', content, { status, headers, refreshTo });
}

/** Ends the session here and at the server, and the token with it that was exchanged for it. */
async function signOut({ requestId, ip }: Visit, session: Session, deps: ConsoleDeps): Promise<Response> {
  await deps.endSession(session.id, session.expiresAt);
  const { restsOn } = session;
  if (restsOn.kind === 'token' && restsOn.person !== null) await deps.revokeToken(restsOn.token, requestId, ip);
  return answerGoTo(ROOT_PATH, { 'set-cookie': NO_SESSION_COOKIE });
}

/** Shows another organisation to root; a token has its own. */
async function chooseOrganisation(
  visit: Visit,
  form: URLSearchParams,
  { session, seal, page }: SignedIn,
  deps: ConsoleDeps,
): Promise<Response> {
  const organisation = form.get('organisation')?.trim() ?? '';
  const chosen = { ...session, organisation };
  const authority =
    page.me.kind === 'root' && organisation !== '' ? await authorityOf(chosen, visit, deps, seal) : null;
  const answered =
    authority === null ? null : await consoleApi(await deps.iam(null), page.issuerUrl, authority).read('/v1/me');
  const cookie = answered?.ok === true ? await sessionCookie(chosen, seal, page.now) : null;
  if (cookie === null) {
    return plain(
      404,
      'There is no such organisation',
      'Or it is not yours to look at. Nothing was changed.',
      visit.requestId,
    );
  }
  return answerGoTo(localPath(form.get('next') ?? '') ?? ROOT_PATH, { 'set-cookie': cookie });
}

async function plain(
  status: number,
  title: string,
  detail: string,
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return answerPage(title, <Alone>{<Plain title={title} detail={detail} requestId={requestId} />}</Alone>, {
    status,
    headers,
  });
}

async function answerFailure(error: unknown, url: URL, requestId: string, deps: ConsoleDeps): Promise<Response> {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (error instanceof StorageUnavailable) {
    deps.log({
      level: 'error',
      event: 'console.storage',
      request_id: requestId,
      path: url.pathname,
      detail: String(error.cause),
    });
    const { faults } = await deps.findings();
    if (faults.length > 0)
      return answerPage('Not ready', <Alone>{<NotReady faults={faults} />}</Alone>, { status: 503 });
    return plain(503, 'Storage does not answer', 'Try again in a few seconds.', requestId, { 'retry-after': '5' });
  }
  deps.log({ level: 'error', event: 'unexpected', request_id: requestId, path: url.pathname, detail });
  return plain(500, 'A fault of this service', 'Its operator finds it under the request id.', requestId);
}
