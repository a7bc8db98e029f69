// Says which deployment issues tokens for an API: the metadata of a protected resource and their well-known address (RFC 9728); built from the API's own settings, never from a request.

import { assertIssuer } from './issuer-keys.ts';
import { METADATA_MAX_AGE_SECONDS, PREFLIGHT_MAX_AGE_SECONDS } from './limits.ts';
import { LOOPBACK } from './loopback.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const METHODS = 'GET, HEAD, OPTIONS';

/**
 * What the metadata say besides where tokens come from (RFC 9728 §2).
 *
 * @example
 * ```ts
 * import type { ResourceDescription } from '@cambist/sdk/verify';
 *
 * const described: ResourceDescription = { resourceName: 'Deployments', scopesSupported: ['api:read', 'api:write'] };
 * ```
 */
export interface ResourceDescription {
  /** The scopes that a client may ask for. */
  readonly scopesSupported?: readonly string[] | undefined;
  /** What people call the API. */
  readonly resourceName?: string | undefined;
  /** An https address for developers. */
  readonly resourceDocumentation?: string | undefined;
  /** An https address that says what may be done with the data. */
  readonly resourcePolicyUri?: string | undefined;
  /** An https address of the terms of service. */
  readonly resourceTosUri?: string | undefined;
}

/**
 * An API by its address, and the deployment whose tokens it takes.
 *
 * @example
 * ```ts
 * import type { ProtectedResourceOptions } from '@cambist/sdk/verify';
 *
 * const options: ProtectedResourceOptions = {
 *   issuer: 'https://cambist.example.com',
 *   resource: 'https://mcp.example.com/mcp',
 * };
 * ```
 */
export interface ProtectedResourceOptions {
  /** The deployment that issues the tokens: its ISSUER_URL. */
  readonly issuer: string;
  /** The address of the API as clients know it, which is also an audience of its tokens (RFC 8707): https (http on loopback only), without fragment. */
  readonly resource: string;
  readonly resourceMetadata?: ResourceDescription | undefined;
}

/**
 * The metadata of one API.
 *
 * @example
 * ```ts
 * import { protectedResourceMetadata } from '@cambist/sdk/verify';
 * import type { ProtectedResourceMetadata } from '@cambist/sdk/verify';
 *
 * const issuer = 'https://cambist.example.com';
 * const { url }: ProtectedResourceMetadata = protectedResourceMetadata({ issuer, resource: 'https://mcp.example.com/mcp' });
 * ```
 */
export interface ProtectedResourceMetadata {
  /** Where the document belongs, and what challenges name. */
  readonly url: string;
  /** The document, with the members of RFC 9728 §2. */
  readonly document: Readonly<Record<string, unknown>>;
  /** The answer to a request for the document; null for any other request. */
  readonly answer: (request: Request) => Response | null;
  /** Whether a request asks for the metadata of some resource, this or another. */
  readonly isAsked: (request: Request) => boolean;
}

/**
 * Makes the metadata of a protected resource. Throws TypeError if the resource or an address is not one.
 *
 * @example
 * ```ts
 * import { protectedResourceMetadata } from '@cambist/sdk/verify';
 *
 * const metadata = protectedResourceMetadata({
 *   issuer: 'https://cambist.example.com',
 *   resource: 'https://mcp.example.com/mcp',
 *   resourceMetadata: { scopesSupported: ['mcp:tools'] },
 * });
 * const handle = (request: Request): Response => metadata.answer(request) ?? new Response(null, { status: 404 });
 * ```
 */
export function protectedResourceMetadata(options: ProtectedResourceOptions): ProtectedResourceMetadata {
  assertIssuer(options.issuer);
  const { origin, pathname, search } = resourceUrl(options.resource);
  // RFC 9728 §3.1: a path that is only the slash after the host goes away, any other one follows the well-known part.
  const path = `${WELL_KNOWN}${pathname === '/' ? '' : pathname}`;
  const document = documentOf(options);
  const body = JSON.stringify(document);
  // MCP clients fall back to the bare path, and leave a slash at the end out.
  const served = new Set([path, path.replace(/\/$/, ''), WELL_KNOWN]);

  return {
    url: `${origin}${path}${search}`,
    document,
    answer: (request) => {
      const asked = new URL(request.url);
      if (!served.has(asked.pathname)) return null;
      if (search !== '' && asked.pathname !== WELL_KNOWN && asked.search !== search) return null;
      return answerTo(request.method, body);
    },
    isAsked: (request) => {
      const asked = new URL(request.url).pathname;
      return asked === WELL_KNOWN || asked.startsWith(`${WELL_KNOWN}/`);
    },
  };
}

/** The metadata are public: anybody may read them from any origin, and keep them for a while. */
function answerTo(method: string, body: string): Response {
  const headers = {
    'access-control-allow-origin': '*',
    'cache-control': `public, max-age=${METADATA_MAX_AGE_SECONDS}`,
    'x-content-type-options': 'nosniff',
  };
  if (method === 'GET' || method === 'HEAD') {
    const answer = { status: 200, headers: { ...headers, 'content-type': 'application/json' } };
    return new Response(method === 'HEAD' ? null : body, answer);
  }
  if (method !== 'OPTIONS') return new Response(null, { status: 405, headers: { allow: METHODS } });
  return new Response(null, {
    status: 204,
    headers: {
      ...headers,
      allow: METHODS,
      'access-control-allow-methods': METHODS,
      // MCP clients in a browser send MCP-Protocol-Version.
      'access-control-allow-headers': '*',
      'access-control-max-age': String(PREFLIGHT_MAX_AGE_SECONDS),
    },
  });
}

/** The address of the resource. One that a client could write in another way is a mistake, since audiences are compared byte for byte. */
function resourceUrl(resource: unknown): URL {
  const url = typeof resource === 'string' && URL.canParse(resource) ? new URL(resource) : null;
  if (typeof resource !== 'string' || url === null) throw new TypeError('resource must be an absolute URL');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.has(url.hostname))) {
    throw new TypeError('resource must be https; http is for loopback only');
  }
  if (resource.includes('#')) throw new TypeError('resource must have no fragment (RFC 8707 section 2)');
  if (url.username !== '' || url.password !== '') throw new TypeError('resource must have no user name or password');
  const canonical = [url.href, ...(url.pathname === '/' ? [`${url.origin}${url.search}`] : [])];
  if (!canonical.includes(resource) || /[^\w\-.~:/?[\]@!$&'()*+,;=%]/.test(resource)) {
    throw new TypeError(`resource must be written as clients write it: ${url.href}`);
  }
  return url;
}

const ADDRESSES = {
  resource_documentation: 'resourceDocumentation',
  resource_policy_uri: 'resourcePolicyUri',
  resource_tos_uri: 'resourceTosUri',
} as const;

function documentOf({ issuer, resource, resourceMetadata = {} }: ProtectedResourceOptions): Record<string, unknown> {
  const { scopesSupported, resourceName } = resourceMetadata;
  if (scopesSupported?.some((scope) => !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)) === true) {
    throw new TypeError('scopesSupported must be names of scopes (RFC 6749 section 3.3)');
  }
  if (resourceName === '') throw new TypeError('resourceName must not be empty');
  const addresses = Object.entries(ADDRESSES).map(([member, option]) => {
    const address = resourceMetadata[option];
    if (address !== undefined && !(URL.canParse(address) && new URL(address).protocol === 'https:')) {
      throw new TypeError(`${option} must be an https address`);
    }
    return [member, address] as const;
  });
  const members: readonly (readonly [member: string, value: unknown])[] = [
    ['resource', resource],
    ['authorization_servers', [issuer]],
    ['bearer_methods_supported', ['header']],
    // RFC 9728 §3.2: a member without values is left out.
    ['scopes_supported', scopesSupported?.length === 0 ? undefined : scopesSupported],
    ['resource_name', resourceName],
    ...addresses,
  ];
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}
