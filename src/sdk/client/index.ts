// `@cambist/sdk`: what a workload needs to get tokens; no dependencies, fetch only, on any runtime.

export { TokenExchangeError } from './errors.ts';
export type { OAuthErrorCode, TokenExchangeErrorCode, TokenExchangeErrorDetails } from './errors.ts';
export { exchangeToken } from './exchange-token.ts';
export type { ExchangedToken, ExchangeOptions, ExchangeParameters, RequestedTokenType } from './exchange-token.ts';
export type { Fetch, FetchAnswer, FetchInit } from './fetch.ts';
export type { RequestOptions } from './post-form.ts';
export { revokeToken } from './revoke-token.ts';
export type { RevokeOptions } from './revoke-token.ts';
export { tokenSource } from './token-source.ts';
export type { TokenSource, TokenSourceOptions } from './token-source.ts';
