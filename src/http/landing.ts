// GET / (contract §1): says what this is and whether it is ready, to a program as JSON, to a browser as a page; loaded when it is asked for.

import type { Context } from 'hono';
import { denial } from '../exchange/denial.ts';
import type { AppDeps, AppEnv } from './deps.ts';
import { readiness } from './health.ts';
import { oauthError } from './oauth-error.ts';

const LINKS = {
  discovery: '/.well-known/openid-configuration',
  keys: '/.well-known/jwks.json',
  api: '/openapi.json',
  readiness: '/readyz',
  console: '/console',
} as const;

/** Answers anybody who has only the address. It is 200 while the deployment is not ready: /readyz is for monitors. */
export async function answerLanding(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  if (!(await deps.mayProceed(c.req.header('cf-connecting-ip') ?? 'unknown'))) {
    return oauthError(c, denial('rate_limited', 'too many requests from this address; wait and try again'), 'none');
  }
  const { issuerUrl } = deps.config;
  const { faults } = await readiness(deps, Math.floor(deps.now()));
  c.header('vary', 'accept');
  if (prefersHtml(c.req.header('accept') ?? '')) {
    // Weighed with the console: both are pages for people, whom no program waits for.
    const { landingPage } = await import('./landing-page.ts');
    const { html, contentSecurityPolicy } = await landingPage({
      issuerUrl,
      faults,
      openedAt: openedAt(c),
      links: {
        'The console, for operators': LINKS.console,
        'What verifiers read (OpenID Connect Discovery)': LINKS.discovery,
        'Public keys (JWKS)': LINKS.keys,
        'The API, as OpenAPI 3.1': LINKS.api,
        'Readiness, for monitors': LINKS.readiness,
      },
    });
    return c.body(html, 200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': contentSecurityPolicy,
      'referrer-policy': 'no-referrer',
    });
  }
  const links = Object.entries(LINKS).map(([name, path]) => [name, `${issuerUrl ?? ''}${path}`]);
  return c.json({
    name: 'Cambist',
    description: 'Exchanges the OIDC ID token of a workload for a short-lived access token (RFC 8693).',
    ...(issuerUrl === null ? {} : { issuer: issuerUrl }),
    ready: faults.length === 0,
    ...(faults.length === 0 ? {} : { faults }),
    links: Object.fromEntries(links),
  });
}

/** Whether HTML is named, and JSON is not wanted more (RFC 9110 §12.5.1); curl's wildcard is no browser. */
function prefersHtml(accept: string): boolean {
  const weights = new Map(
    accept.split(',').map((range) => {
      const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
      return [type, Number(weight)];
    }),
  );
  const html = weights.get('text/html') ?? 0;
  return html > 0 && html >= (weights.get('application/json') ?? 0);
}

/** The origin that the page was opened at, for a person to look at; nothing is decided by it, nor signed with it. */
function openedAt(c: Context<AppEnv>): string {
  return new URL(c.req.url).origin;
}
