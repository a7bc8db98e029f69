// The frame around every page: head, navigation, who is signed in; and the smaller one of a page without a session.

import type { Child } from 'hono/jsx';
import { ActionForm } from './form.tsx';
import type { PageContext } from '../page.ts';
import { Code, Quoted, Time } from './text.tsx';
import { visibleText } from '../visible-text.ts';

/** One entry of the navigation. */
export interface NavigationEntry {
  readonly href: string;
  readonly label: string;
  readonly isCurrent: boolean;
}

/** The sign of the product: two coins that change places. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Ccircle cx='9' cy='9' r='7' fill='%230a5a86'/%3E%3Ccircle cx='15' cy='15' r='7' fill='%2358a6d6' fill-opacity='.85'/%3E%3C/svg%3E";

function Sign(): Child {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <circle cx="9" cy="9" r="7" fill="#0a5a86" />
      <circle cx="15" cy="15" r="7" fill="#58a6d6" fill-opacity=".85" />
    </svg>
  );
}

/** The document; `refreshTo` lets the browser ask once more by itself. */
export function Document({
  title,
  stylePath,
  children,
  refreshTo = null,
}: {
  readonly title: string;
  readonly stylePath: string;
  readonly children: Child;
  readonly refreshTo?: string | null;
}): Child {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        {refreshTo === null ? null : <meta http-equiv="refresh" content={`0;url=${refreshTo}`} />}
        <title>{`${visibleText(title)} · Cambist`}</title>
        <link rel="icon" href={ICON} />
        <link rel="stylesheet" href={stylePath} />
      </head>
      <body>{children}</body>
    </html>
  );
}

/** A page for somebody who is signed in. */
export function Frame({
  page,
  navigation,
  sessionEnds,
  children,
}: {
  readonly page: PageContext;
  readonly navigation: readonly NavigationEntry[];
  /** RFC 3339. */
  readonly sessionEnds: string;
  readonly children: Child;
}): Child {
  const { me } = page;
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header class="bar">
        <a class="brand" href="/console">
          <Sign />
          Cambist
        </a>
        <div class="who">
          <span>
            Organisation{' '}
            <b>
              <Quoted text={me.organisation.slug} />
            </b>
          </span>
          <span>
            Signed in as{' '}
            <b>
              <Quoted text={me.name} />
            </b>
          </span>
          <ActionForm page={page} action="/console/sign-out" label="Sign out">
            <button type="submit" class="plain">
              Sign out
            </button>
          </ActionForm>
        </div>
      </header>
      <div class="frame">
        <nav class="side" aria-label="Console">
          <ul>
            {navigation.map(({ href, label, isCurrent }) => (
              <li>
                <a href={href} aria-current={isCurrent ? 'page' : undefined}>
                  {label}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <main id="content" tabindex={-1}>
          {children}
        </main>
      </div>
      <footer>
        <span>
          Deployment <Code text={page.issuerUrl} />
        </span>
        <span>
          Session ends at <Time at={sessionEnds} /> UTC
        </span>
      </footer>
    </>
  );
}

/** A page for somebody who is not signed in, or who cannot be. */
export function Alone({ children }: { readonly children: Child }): Child {
  return (
    <main class="alone" id="content">
      <p class="brand">
        <Sign />
        Cambist
      </p>
      {children}
    </main>
  );
}

/** The head of a page: what it is, one sentence, and what can be done here. */
export function PageHead({
  title,
  lead,
  children,
}: {
  readonly title: Child;
  readonly lead?: Child;
  readonly children?: Child;
}): Child {
  return (
    <div class="head">
      <div>
        <h1>{title}</h1>
        {lead === undefined ? null : <p class="lead">{lead}</p>}
      </div>
      {children === undefined ? null : <div class="row">{children}</div>}
    </div>
  );
}
