// Types of what vitest and its Workers plugin add to imports in tests.
/// <reference types="@cloudflare/vitest-plugin/types" />

declare module '*?raw' {
  const text: string;
  export default text;
}

declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  interface Context {
    readonly oidc: {
      readonly client?: { readonly clientId: string };
      readonly session?: { readonly accountId?: string };
    };
  }
  interface IssuedToken {
    resourceServer?: object;
    extra?: object;
    readonly expiration: number;
    readonly scope: string;
    save(): Promise<string>;
  }
  interface GrantContext {
    body: unknown;
    readonly oidc: {
      readonly params: Readonly<Record<string, string>>;
      readonly client: object;
      readonly provider: {
        readonly ClientCredentials: new (of: { client: object; scope: string }) => IssuedToken;
        readonly ResourceServer: new (identifier: string, info: object) => object;
      };
    };
  }
  /** The part of its configuration and methods that the tests use; the package brings no types. */
  export class Provider {
    constructor(
      issuer: string,
      configuration: Readonly<Record<string, unknown>> & {
        readonly interactions?: { url(context: Context, interaction: { readonly uid: string }): string };
        readonly findAccount?: (context: Context, accountId: string) => unknown;
        readonly loadExistingGrant?: (context: Context) => Promise<unknown>;
      },
    );
    readonly Grant: new (of: { clientId: string; accountId: string }) => {
      addOIDCScope(scope: string): void;
      save(): Promise<string>;
    };
    registerGrantType(
      name: string,
      handler: (context: GrantContext) => Promise<void>,
      parameters: readonly string[],
      repeatable: readonly string[],
    ): void;
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: unknown): Promise<void>;
  }
}
