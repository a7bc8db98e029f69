// The failure of an exchange that nothing answered: which address was tried, why nothing came, and what to check.

import type { TokenExchangeError } from '../../sdk/client/errors.ts';
import { connectionTrouble } from '../connection-trouble.ts';
import { CliFailure } from '../failure.ts';

/** True if no answer came, and the question was not at fault. */
export function hadNoAnswer({ code }: TokenExchangeError): boolean {
  return code === 'network_error' || code === 'timeout';
}

/** What to show of it; `setting` is where the address comes from. */
export function noAnswerFailure(
  { code, description, cause }: TokenExchangeError,
  url: string,
  setting: string,
  variables: Readonly<Record<string, string | undefined>>,
): CliFailure {
  const system = (cause as { readonly code?: unknown } | undefined)?.code;
  const { reason, next } = connectionTrouble(url, typeof system === 'string' ? system : null, setting, variables);
  const what = code === 'timeout' ? description : `no connection to ${url}: ${reason}`;
  return new CliFailure(`No token: ${what}.`, { code, next });
}
