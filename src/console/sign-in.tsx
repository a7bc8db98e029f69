// Signing in: by a token that is pasted once, or through Cloudflare Access; and what was typed when a session had ended.

import type { Child } from 'hono/jsx';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';
import { consoleApi, objectOf, SessionEnded } from './api.ts';
import type { Authority } from './api.ts';
import type { ConsoleDeps } from './deps.ts';
import { MAX_SESSION_SECONDS, MIN_SESSION_SECONDS } from './limits.ts';
import { readMe } from './me.ts';
import { Field } from './parts/form.tsx';
import { Notice } from './parts/notice.tsx';
import { Quoted } from './parts/text.tsx';
import { ASSERTION_HEADER, assertionSubject } from './person.ts';
import { markRootToken } from './session.ts';
import type { Session } from './session.ts';
import type { Kept } from './kept-form.ts';
import { KEPT_FIELDS } from './kept-form.ts';

/** Where the form to sign in is sent. */
export const SIGN_IN_PATH = '/console/sign-in';

/** What a person who signs in sent, and from where. */
export interface SignInRequest {
  readonly form: URLSearchParams;
  readonly request: Request;
  readonly requestId: string;
  readonly ip: string | null;
}

/** The session that somebody signs in to; the refusal is a sentence for a stranger. Throws StorageUnavailable. */
export async function signIn(asked: SignInRequest, deps: ConsoleDeps): Promise<Result<Session, string>> {
  const { form, request, requestId, ip } = asked;
  if (form.get('way') !== 'access') return sessionOn(form.get('token')?.trim() ?? '', null, asked, deps);
  const assertion = request.headers.get(ASSERTION_HEADER);
  if (assertion === null) return refuse('Cloudflare Access sent nothing with this request');
  const named = (name: string): string | null => form.get(name)?.trim() || null;
  const granted = await deps.exchangeAssertion({
    assertion,
    organisation: named('organisation'),
    serviceAccount: named('serviceAccount'),
    requestId,
    ip,
  });
  if (!granted.ok) return granted;
  const { token, person } = granted.value;
  const session = await sessionOn(token, person, asked, deps);
  if (session.ok) return ok({ ...session.value, assertionSubject: assertionSubject(assertion) });
  await deps.revokeToken(token, requestId, ip);
  return session;
}

/** Asks the API who a token is: whatever it does not accept begins no session. */
async function sessionOn(
  token: string,
  person: string | null,
  { requestId, ip }: SignInRequest,
  deps: ConsoleDeps,
): Promise<Result<Session, string>> {
  if (!/^[\x21-\x7e]+$/.test(token)) return refuse('paste the root token, or an access token of this deployment');
  const authority: Authority = { bearer: token, organisation: null, requestId, ip };
  const answer = await consoleApi(await deps.iam(person), deps.issuerUrl ?? '', authority)
    .read('/v1/me')
    .catch((error: unknown) => {
      if (error instanceof SessionEnded) return null;
      throw error;
    });
  if (answer === null)
    return refuse('this token is not accepted: it is wrong, has expired, or is for another audience');
  if (!answer.ok) return refuse(answer.error.detail);
  const me = readMe(objectOf(answer.value), person);
  const now = deps.now();
  const id = deps.newSessionId();
  const organisation = me.organisation.slug;
  if (me.kind === 'root') {
    const restsOn = { kind: 'root', mark: await markRootToken(token, await deps.seal()) } as const;
    return ok({ id, expiresAt: now + MAX_SESSION_SECONDS, organisation, restsOn, assertionSubject: null });
  }
  if (!me.scopes.some((scope) => scope.startsWith('iam:'))) {
    return refuse('this token has no scope for the console: it needs iam:read, iam:write or iam:admin');
  }
  const expiresAt = Math.min(now + MAX_SESSION_SECONDS, me.tokenExpiresAt ?? now);
  if (expiresAt - now < MIN_SESSION_SECONDS) return refuse('this token ends within a minute: get another one');
  return ok({ id, expiresAt, organisation, restsOn: { kind: 'token', token, person }, assertionSubject: null });
}

/** The page to sign in. */
export function SignInPage({
  request,
  refusal = null,
  hasEnded,
  next,
  kept,
  requestId,
}: {
  readonly request: Request;
  /** Why it did not work just now. */
  readonly refusal?: string | null;
  readonly hasEnded: boolean;
  /** Where to go then. */
  readonly next: string;
  /** What was typed when the session had ended. */
  readonly kept: Kept | null;
  readonly requestId: string;
}): Child {
  const hidden = (
    <>
      <input type="hidden" name="next" value={next} />
      {kept === null ? null : (
        <>
          <input type="hidden" name={KEPT_FIELDS.path} value={kept.path} />
          <input type="hidden" name={KEPT_FIELDS.fields} value={kept.fields} />
        </>
      )}
    </>
  );
  return (
    <>
      <h1>Sign in to the console</h1>
      {refusal === null ? null : (
        <Notice tone="bad" title="You are not signed in" isFocused>
          <p>
            <Quoted text={refusal} />
          </p>
          <p class="small soft">
            The operator finds more under the request id <code>{requestId}</code>.
          </p>
        </Notice>
      )}
      {hasEnded && refusal === null ? (
        <Notice tone="warn" title="Your session has ended">
          <p>
            {kept === null
              ? 'It lasts an hour at most, and ends with what it rests on.'
              : 'Nothing was sent. What you typed is kept, but for secrets: sign in, and look at it before you send it.'}
          </p>
        </Notice>
      ) : null}
      {request.headers.has(ASSERTION_HEADER) ? <ByAccess hidden={hidden} /> : null}
      <form method="post" action={SIGN_IN_PATH} class="card" aria-label="Sign in with a token">
        {hidden}
        <h2>With a token</h2>
        <Field
          name="token"
          label="Token"
          type="password"
          required
          hint="The root token, or an access token of this deployment whose audience is its address, with a scope iam:read, iam:write or iam:admin. It is not kept in this browser in a form that anybody can read."
        />
        <div>
          <button type="submit" class="first">
            Sign in
          </button>
        </div>
      </form>
    </>
  );
}

function ByAccess({ hidden }: { readonly hidden: Child }): Child {
  return (
    <form method="post" action={SIGN_IN_PATH} class="card" aria-label="Sign in with Cloudflare Access">
      {hidden}
      <input type="hidden" name="way" value="access" />
      <h2>With Cloudflare Access</h2>
      <p class="small soft">
        Cloudflare Access says who you are. A federated identity of this deployment decides what you may do here.
      </p>
      <details>
        <summary>Choose an organisation or a service account</summary>
        <div class="stack">
          <Field name="organisation" label="Organisation" hint="Its slug or id; “default” if you leave it empty." />
          <Field
            name="serviceAccount"
            label="Service account"
            hint="Its slug or id, if you may act as several of them."
          />
        </div>
      </details>
      <div>
        <button type="submit" class="first">
          Continue
        </button>
      </div>
    </form>
  );
}
