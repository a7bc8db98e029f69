// The page behind GET /: small, without scripts or anything from elsewhere, readable in the dark and on a phone.

import { html, raw } from 'hono/html';
import type { ConfigFault } from '../config.ts';
import { ID_TOKEN_TYPE, TOKEN_EXCHANGE_GRANT } from './token-request.ts';

type Html = ReturnType<typeof html>;

/** What the page is about. */
export interface Landing {
  /** Null if ISSUER_URL is missing or wrong. */
  readonly issuerUrl: string | null;
  readonly faults: readonly ConfigFault[];
  /** The origin in the reader's address bar. */
  readonly openedAt: string;
  /** Paths by what they are. */
  readonly links: Readonly<Record<string, string>>;
}

/** The page, and the policy under which nothing but its own style may load. */
export interface Page {
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --good: light-dark(#0a6b2d, #6fdc8c); --bad: light-dark(#a4161a, #ff8f8f) }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 47rem; margin: 3rem auto; padding: 0 1rem }
h1 { line-height: 1.2 } code, pre { font: .9em/1.5 ui-monospace, monospace; overflow-wrap: anywhere }
pre { border: 1px solid var(--line); border-radius: .4rem; padding: .8rem; overflow-x: auto; overflow-wrap: normal }
dt { font-weight: 600; margin-top: .6rem } dd { margin: 0 } .good { color: var(--good) } .bad { color: var(--bad) }
`;

/** Renders the page; whatever settings, storage and the address say is escaped. */
export async function landingPage(landing: Landing): Promise<Page> {
  const page = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Cambist</title>
        ${raw(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <main>
          <h1>Cambist</h1>
          <p>
            This service exchanges the OIDC ID token of a CI job or workload for a short-lived access token (RFC 8693).
          </p>
          ${landing.issuerUrl === null ? withoutIssuer(landing.openedAt) : ''} ${state(landing.faults)}
          ${landing.issuerUrl === null ? '' : withIssuer(landing.issuerUrl, landing.links)}
        </main>
      </body>
    </html> `;
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${await digestOf(STYLE)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return { html: String(page), contentSecurityPolicy: policy.join('; ') };
}

/** The one value that a fresh deployment cannot know by itself, and both places where it can be set. */
function withoutIssuer(openedAt: string): Html {
  return html`<h2>One setting is missing: ISSUER_URL</h2>
    <p>
      It is the address of this deployment, and the issuer (<code>iss</code>) of every token. Until it is set, nothing
      is signed. If the address that you opened is the one to keep, the value is:
    </p>
    <pre>${openedAt}</pre>
    <ul>
      <li>
        In the Cloudflare dashboard: Workers &amp; Pages, this Worker, Settings, Variables and Secrets: add the variable
        <code>ISSUER_URL</code>, and deploy.
      </li>
      <li>
        In a clone of the repository: <code>npm run deploy -- --url ${openedAt}</code>, which also makes secrets that
        are missing.
      </li>
    </ul>`;
}

function state(faults: readonly ConfigFault[]): Html {
  if (faults.length === 0) return html`<p class="good">It is ready.</p>`;
  return html`<p class="bad">It is not ready. Its operator has to mend this:</p>
    <ul>
      ${faults.map(({ detail }) => html`<li>${detail}</li>`)}
    </ul>
    <p>
      <code>npm run deploy</code> in a clone mends what is missing. In the Cloudflare dashboard, variables and secrets
      are under this Worker, Settings, Variables and Secrets.
    </p>`;
}

function withIssuer(issuerUrl: string, links: Readonly<Record<string, string>>): Html {
  return html`<h2>Exchange a token</h2>
    <p>
      Ask your platform for an ID token whose audience is <code>${issuerUrl}</code>, write it to the file
      <code>id-token</code> without a line break at its end, and:
    </p>
    <pre>${exchangeCommand(issuerUrl)}</pre>
    <p>
      A refusal says why in one sentence. Give its <code>request_id</code> to the operator of this service, who sees
      every detail.
    </p>
    <h2>Read more</h2>
    <dl>
      ${Object.entries(links).map(
        ([what, path]) =>
          html`<dt>${what}</dt>
            <dd><a href="${path}">${issuerUrl}${path}</a></dd>`,
      )}
    </dl>`;
}

function exchangeCommand(issuerUrl: string): string {
  return [
    `curl --silent --show-error --fail-with-body ${issuerUrl}/oidc/token`,
    `--data-urlencode grant_type=${TOKEN_EXCHANGE_GRANT}`,
    `--data-urlencode subject_token_type=${ID_TOKEN_TYPE}`,
    '--data-urlencode subject_token@id-token',
  ].join(' \\\n  ');
}

/** SHA-256 in base64, as a content security policy names an inline style (CSP 3 §2.3.1). */
async function digestOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}
