// The configuration to paste: the script that turns an ID token into an access token, and the platform's text around it.

import type { Plan } from './build-plan.ts';
import { fill, fillIndented } from './fill-template.ts';

export interface Configuration {
  readonly file: string;
  readonly text: string;
}

/**
 * The platform's configuration for this account. The script inside needs nothing but a POSIX shell and curl: it fails
 * on errors, repeats only what may be repeated, and no token is ever an argument of a program.
 */
export function renderConfiguration(plan: Plan, url: string, accountIdentity: string): Configuration {
  const exchange = exchangeScript(url, accountIdentity);
  const variables = new Map([
    ...plan.variables,
    ['url', url],
    ['account', accountIdentity],
    ['exchange', exchange],
    // Buildkite and Terraform read "$" themselves.
    ['exchange-doubled', exchange.replaceAll('$', '$$$$')],
    ['exchange-terraform', exchange.replaceAll('${', '$$${')],
  ]);
  return {
    file: fill(plan.configuration.file, variables),
    text: fillIndented(plan.configuration.text, variables),
  };
}

function exchangeScript(url: string, accountIdentity: string): string {
  const form = [
    'grant_type=urn:ietf:params:oauth:grant-type:token-exchange',
    'subject_token_type=urn:ietf:params:oauth:token-type:id_token',
    `service_account_id=${accountIdentity}`,
  ].join('&');
  return [
    `form='${form}'`,
    `answer=$(printf '%s' "$ID_TOKEN" |`,
    `  curl --silent --show-error --fail-with-body --retry 3 --max-time 30 --data "$form" --data-urlencode subject_token@- '${url}/oidc/token') ||`,
    `  { echo "$answer" >&2; exit 1; }`,
    `case "$answer" in *'"access_token":"'*) ;; *) echo 'no access token in the answer' >&2; exit 1 ;; esac`,
    `ACCESS_TOKEN=\${answer#*'"access_token":"'}`,
    `ACCESS_TOKEN=\${ACCESS_TOKEN%%'"'*}`,
  ].join('\n');
}
