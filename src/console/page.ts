// What a page of the console is: one file in pages/, one line in pages/index.ts.

import type { Child } from 'hono/jsx';
import type { ConsoleApi } from './api.ts';
import type { ConsoleDeps } from './deps.ts';

/** What a page or a button needs; `deployment` is who manages keys and organisations. */
export type Privilege = 'iam:read' | 'iam:write' | 'iam:admin' | 'deployment';

/** Who is signed in, as `GET /v1/me` says. */
export interface Me {
  readonly kind: 'root' | 'serviceAccount';
  /** A person's name, the account's name, or `root`. */
  readonly name: string;
  readonly organisation: { readonly identity: string; readonly slug: string };
  readonly serviceAccount: { readonly identity: string; readonly slug: string; readonly name: string } | null;
  readonly scopes: readonly string[];
  readonly isAdministrator: boolean;
  readonly mayManageDeployment: boolean;
}

/** One request for a page. */
export interface PageContext {
  readonly url: URL;
  /** Those of the path: of `/activity/:id`, `id`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Every read and write of a page goes through it. */
  readonly api: ConsoleApi;
  readonly me: Me;
  /** Whether to show a button: what it sends would not be refused for want of a scope. */
  readonly may: (needed: Privilege) => boolean;
  /** For the hidden field of a form; `ActionForm` puts it there. */
  readonly antiForgery: string;
  readonly issuerUrl: string;
  readonly deps: ConsoleDeps;
  /** Epoch seconds. */
  readonly now: number;
  readonly requestId: string;
}

/** One form that was sent: checked to come from a page of this session. */
export interface FormContext extends PageContext {
  readonly form: URLSearchParams;
}

export type PageStatus = 200 | 400 | 403 | 404 | 409 | 412 | 422 | 502 | 503;

/** A page, whose components wait for nothing: what it shows is read before. Or the address that a browser goes to next (303), below /console. */
export type PageAnswer =
  | {
      readonly body: Child;
      readonly title?: string;
      /** Let the browser ask for the page again after so many seconds. */
      readonly refreshSeconds?: number;
      readonly status?: PageStatus;
    }
  | { readonly goTo: string };

export interface ConsolePage {
  /** Below /console; `:name` stands for one segment. */
  readonly path: string;
  readonly title: string;
  /** Its place in the navigation; absent if it is reached from another page. */
  readonly navigation?: string;
  /** Without it, the page says what it needs and shows nothing. */
  readonly needs: Privilege;
  /** Answers GET, and changes nothing. */
  readonly show: (page: PageContext) => Promise<PageAnswer>;
  /** Answers POST; absent if the page has no form. */
  readonly submit?: (page: FormContext) => Promise<PageAnswer>;
}
