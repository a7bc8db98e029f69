// Gets an MCP client its token without anybody at a browser: the workload's own ID token is the assertion of a jwt-bearer grant (RFC 7523).

import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

export interface WorkloadIdentityOptions {
  /** The deployment that may see the workload's token: its ISSUER_URL. An MCP server that names another one gets nothing. */
  readonly issuer: string;
  /** Reads the workload's token anew for every exchange, since platforms replace it. */
  readonly workloadToken: () => Promise<string>;
  /** The account to act as; may be left out if the token fits one account only. */
  readonly serviceAccount?: string | undefined;
  readonly scope: string;
  /** Default: the global `fetch`. */
  readonly fetch?: FetchLike;
}

/** The SDK asks it for a token request when a server answers 401, and adds `resource` itself, from the server's metadata. */
export class WorkloadIdentityProvider implements OAuthClientProvider {
  readonly redirectUrl = undefined;
  readonly clientMetadata: OAuthClientMetadata;
  readonly #options: WorkloadIdentityOptions;
  #held: { readonly tokens: OAuthTokens; readonly expiresAtMs: number } | null = null;

  constructor(options: WorkloadIdentityOptions) {
    this.#options = options;
    this.clientMetadata = { redirect_uris: [], grant_types: [JWT_BEARER], scope: options.scope };
  }

  /** `issuer` makes the SDK refuse any other authorization server before it sends anything. */
  clientInformation(): OAuthClientInformationMixed {
    return { client_id: this.#options.serviceAccount ?? 'workload', issuer: this.#options.issuer };
  }

  async prepareTokenRequest(): Promise<URLSearchParams> {
    const { workloadToken, scope } = this.#options;
    return new URLSearchParams({ grant_type: JWT_BEARER, assertion: (await workloadToken()).trim(), scope });
  }

  /**
   * For the transport. A refused token request ends here, with the deployment's own sentence and the id that its operator
   * looks for. The SDK itself would drop the id, and send the same token once more.
   */
  readonly fetch: FetchLike = async (url, init) => {
    const response = await (this.#options.fetch ?? fetch)(url, init);
    if (response.ok || !(init?.body instanceof URLSearchParams)) return response;
    const answer = await response.text();
    const { error, error_description: why } = readRefusal(answer);
    const requestId = response.headers.get('x-request-id') ?? 'unknown';
    throw new Error(`${error ?? `HTTP ${response.status}`}: ${why ?? 'no reason is given'} (request id ${requestId})`);
  };

  /** The assertion is all that proves who this is; the account is named only if it was chosen. */
  readonly addClientAuthentication = (_headers: Headers, parameters: URLSearchParams): void => {
    if (this.#options.serviceAccount !== undefined) parameters.set('client_id', this.#options.serviceAccount);
  };

  /** Nothing once it has expired, so that the server's 401 leads to a new exchange. */
  tokens(): ReturnType<OAuthClientProvider['tokens']> {
    return this.#held !== null && Date.now() < this.#held.expiresAtMs ? this.#held.tokens : undefined;
  }

  saveTokens(tokens: OAuthTokens): void {
    this.#held = { tokens, expiresAtMs: Date.now() + (tokens.expires_in ?? 0) * 1000 };
  }

  invalidateCredentials(): void {
    this.#held = null;
  }

  redirectToAuthorization(): void {
    throw new Error('nobody is here to sign in');
  }

  saveCodeVerifier(): void {
    throw new Error('there is no authorization code');
  }

  codeVerifier(): string {
    throw new Error('there is no authorization code');
  }
}

/** What a token endpoint says of a refusal (RFC 6749 §5.2); nothing of it is believed to be there. */
function readRefusal(body: string): { readonly error?: string; readonly error_description?: string } {
  try {
    return (JSON.parse(body) ?? {}) as { readonly error?: string; readonly error_description?: string };
  } catch {
    return {};
  }
}
