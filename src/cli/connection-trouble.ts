// Says why no connection to an address came about, in words, and what to check; sends nothing.

import { knowsProxies, proxyFor } from './proxy.ts';

export interface ConnectionTrouble {
  /** Half a sentence, with the code of the system. */
  readonly reason: string;
  /** What to check: sentences, one a line. */
  readonly next: string;
}

type Variables = Readonly<Record<string, string | undefined>>;
type Words = readonly [codes: RegExp, reason: string, next: string];

const NETWORK = 'Check the network and the firewall between here and there.';
const TROUBLES: readonly Words[] = [
  [/^ECONNREFUSED$/, 'nothing listens there', 'Check the host and the port, and whether the deployment runs.'],
  [/^(?:ENOTFOUND|EAI_)/, 'its name is not known here', 'Check how the host is spelt, and the DNS of this machine.'],
  [/^(?:ECONNRESET|EPIPE|ECONNABORTED)$/, 'the connection was broken off', NETWORK],
  [/^(?:ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN)$/, 'no way leads there', NETWORK],
  [/ALTNAME/, 'its certificate is for another name', 'Check the host, and who answers there.'],
  [
    /^CERT_(?:HAS_EXPIRED|NOT_YET_VALID)$/,
    'its certificate is not valid at this time',
    'Check the clock of this machine, then the certificate.',
  ],
  [
    /SELF_SIGNED|UNABLE_TO_|^CERT_/,
    'its certificate comes from an authority that is not known here',
    'If a proxy of your company signs it, name its certificate: NODE_EXTRA_CA_CERTS=/path/to/ca.pem.',
  ],
  [
    /^(?:EPROTO|ERR_SSL_|ERR_TLS_)/,
    'what answers there does not speak TLS as expected',
    'Check whether the address is one of https.',
  ],
  [/^HPE_/, 'what answers there does not speak HTTP', 'Check whether the address is one of http or of https.'],
  [/PROXY/, 'the proxy made no connection', 'Check what the proxy allows, and its user name and password.'],
];

/** What to say of a code such as `ECONNREFUSED`; null if there is none. `setting` is where the address comes from. */
export function connectionTrouble(
  origin: string,
  code: string | null,
  setting: string,
  variables: Variables,
): ConnectionTrouble {
  const [, reason = null, next = null] = TROUBLES.find(([codes]) => codes.test(code ?? '')) ?? [];
  const where = `The address is ${origin}, from ${setting}.`;
  return {
    reason: reason === null ? (code ?? 'for an unknown reason') : `${reason} (${code})`,
    next: [where, next ?? NETWORK, ...adviceAboutProxy(origin, variables)].join('\n'),
  };
}

/** The code of a failed request: its own, or that of what caused it. */
export function codeOfFailure(error: unknown): string | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code)) return code;
  }
  return null;
}

function adviceAboutProxy(origin: string, variables: Variables): readonly string[] {
  const url = new URL(origin);
  const proxy = proxyFor(url, variables);
  if (proxy === null) return url.protocol === 'https:' ? ['Behind a proxy, name it in HTTPS_PROXY.'] : [];
  return knowsProxies()
    ? [`${proxy.variable} names the proxy ${proxy.origin}, and NO_PROXY what goes past it.`]
    : [`${proxy.variable} names a proxy, which Node.js ${process.versions.node} does not know: 24.5 does, and 22.21.`];
}
