// Sends requests as `fetch` does, through the proxy that the runner's variables name; follows no redirect.

import http from 'node:http';
import https from 'node:https';

import { CliFailure } from '../cli/failure.ts';
import { MAX_PLATFORM_ANSWER_BYTES } from '../platforms/limits.ts';
import type { Variables } from '../platforms/source.ts';
import { PROXY_NODE } from './limits.ts';

const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'] as const;
const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
/** Statuses whose answer has no body (RFC 9110 §15.3.5, §15.4.5). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** A `fetch` for string bodies. The global one reads these variables only if the program was started with an option. */
export function sender(variables: Variables): typeof fetch {
  const proxies = PROXIES.flatMap((name) => (variables[name] ? [[name, proxyAddress(name, variables[name])]] : []));
  const hasProxy = proxies.length > 0;
  if (hasProxy) requireProxyAgents();
  const proxyEnv = Object.fromEntries([...Object.entries(variables), ...proxies]) as NodeJS.ProcessEnv;
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const library = url.protocol === 'https:' ? https : http;
    // What a proxy calls this machine is another one.
    const agent = hasProxy && !LOOPBACK.has(url.hostname) ? new library.Agent({ proxyEnv }) : undefined;
    const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const request = library.request(
        url.href,
        {
          method: init?.method ?? 'GET',
          headers: Object.fromEntries(new Headers(init?.headers)),
          ...(agent === undefined ? {} : { agent }),
          ...(init?.signal ? { signal: init.signal } : {}),
        },
        resolve,
      );
      request.once('error', reject);
      request.end(typeof init?.body === 'string' ? init.body : undefined);
    });
    const headers = new Headers();
    for (const [name, values] of Object.entries(answer.headersDistinct))
      for (const value of values ?? []) headers.append(name, value);
    const body = await bodyOf(answer);
    const status = answer.statusCode ?? 0;
    return new Response(BODILESS.has(status) ? null : body, { status, headers });
  };
}

/** The body, or so much of it that every reader knows that it is too long. */
async function bodyOf(answer: http.IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.length;
    // Leaving the loop closes the connection.
    if (size > MAX_PLATFORM_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks);
}

/** An agent passes by what it does not understand, and says no more than that nobody answers. The value may hold a password. */
function proxyAddress(name: string, given: string): string {
  const address = given.includes('://') ? given : `http://${given}`;
  if (['http:', 'https:'].includes(URL.parse(address)?.protocol ?? '')) return address;
  throw new CliFailure(`${name} is not the address of an http proxy.`, { code: 'usage' });
}

function requireProxyAgents(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [wantedMajor, wantedMinor] = PROXY_NODE;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new CliFailure(
    `The runner has a proxy, and its Node.js ${process.versions.node} knows none before ${PROXY_NODE.join('.')}.`,
    { code: 'runner_too_old', next: 'Update the runner.' },
  );
}
