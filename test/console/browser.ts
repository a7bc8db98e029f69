// A browser as far as the console needs one: it keeps the cookie, says where a form comes from, and finds a form's hidden fields.

import type { Deployment } from '../support/deployment.ts';

export interface Shown {
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
}

export interface Browser {
  /** The cookie that it holds, as it is sent; empty if none. */
  cookie: string;
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Shown>;
  /** Sends a form as a page of the console does; `headers` are laid over what a browser says. */
  readonly post: (
    path: string,
    fields: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Shown>;
  /** Opens a page and sends a form with the mark that the page carries. */
  readonly submit: (
    path: string,
    fields: Readonly<Record<string, string>>,
    from?: string,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Shown>;
  readonly signIn: (token: string) => Promise<Shown>;
}

/** The value of a hidden field of a page; empty if it has none. */
export function hiddenField(html: string, name: string): string {
  const [, value = ''] = new RegExp(`<input type="hidden" name="${name}" value="([^"]*)"`).exec(html) ?? [];
  return value.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'");
}

/** A browser without a session. */
export function openBrowser(deployment: Pick<Deployment, 'fetch'>): Browser {
  const send = async (path: string, init: RequestInit): Promise<Shown> => {
    const headers = new Headers(init.headers);
    if (browser.cookie !== '') headers.set('cookie', browser.cookie);
    const response = await deployment.fetch(path, { ...init, headers, redirect: 'manual' });
    const [set = '', ...attributes] = (response.headers.get('set-cookie') ?? '').split('; ');
    if (set !== '') browser.cookie = attributes.includes('Max-Age=0') ? '' : set;
    return { status: response.status, headers: response.headers, html: await response.text() };
  };
  const browser: Browser = {
    cookie: '',
    get: (path, headers = {}) => send(path, { headers: { 'sec-fetch-site': 'same-origin', ...headers } }),
    post: (path, fields, headers = {}) =>
      send(path, {
        method: 'POST',
        headers: { 'sec-fetch-site': 'same-origin', ...headers },
        body: new URLSearchParams(fields),
      }),
    submit: async (path, fields, from = path, headers = {}) => {
      const { html } = await browser.get(from);
      return browser.post(path, { antiForgery: hiddenField(html, 'antiForgery'), ...fields }, headers);
    },
    signIn: (token) => browser.post('/console/sign-in', { token, next: '/console' }),
  };
  return browser;
}
