// Pages without an object behind them: what cannot be shown and why, a deployment that is not ready, a form that waits.

import type { Child } from 'hono/jsx';
import type { Finding } from './deps.ts';
import { ANTI_FORGERY_FIELD } from './forgery.ts';
import type { Kept } from './kept-form.ts';
import { Notice } from './parts/notice.tsx';
import { Facts } from './parts/table.tsx';
import { Quoted } from './parts/text.tsx';

/** One thing that went wrong, what to do about it, and the id under which its operator finds it. */
export function Plain({
  title,
  detail,
  requestId,
}: {
  readonly title: string;
  readonly detail: string;
  readonly requestId: string;
}): Child {
  return (
    <>
      <h1>{title}</h1>
      <p>{detail}</p>
      <p class="small soft">
        Request <code>{requestId}</code> · <a href="/console">Go to the console</a>
      </p>
    </>
  );
}

/** What an operator has to mend before the console can show anything. */
export function NotReady({ faults }: { readonly faults: readonly Finding[] }): Child {
  return (
    <>
      <h1>This deployment is not ready</h1>
      <Notice tone="bad" title="Its operator has to mend this:">
        <ul>
          {faults.map(({ detail }) => (
            <li>
              <Quoted text={detail} />
            </li>
          ))}
        </ul>
      </Notice>
      <p>
        In a clone of the repository, <code>npm run deploy</code> makes what is missing. In the Cloudflare dashboard,
        variables, secrets and bindings are under this Worker, Settings.
      </p>
    </>
  );
}

/** The form that could not be sent because the session had ended; nothing is sent before somebody looked at it. */
export function SendKept({
  kept,
  antiForgery,
  organisation,
}: {
  readonly kept: Kept;
  readonly antiForgery: string;
  /** The one that the new session shows, which need not be that in which the form was filled in. */
  readonly organisation: string;
}): Child {
  const fields = [...new URLSearchParams(kept.fields)];
  return (
    <>
      <h1>You are signed in again</h1>
      <Notice tone="warn" title="This was not sent yet">
        <p>Your session had ended when you sent this form. Look at it, and send it if you still want to.</p>
        <p>
          It would be sent to the organisation{' '}
          <b>
            <Quoted text={organisation} />
          </b>
          .
        </p>
      </Notice>
      <form method="post" action={kept.path} class="card" aria-label="What you typed">
        <input type="hidden" name={ANTI_FORGERY_FIELD} value={antiForgery} />
        {fields.map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        <Facts of={fields.map(([name, value]) => [name, <Quoted text={value} />])} />
        <div class="row">
          <button type="submit" class="first">
            Send it now
          </button>
          <a class="button" href={kept.path}>
            Go to the page without sending it
          </a>
        </div>
      </form>
    </>
  );
}
