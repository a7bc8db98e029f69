// A proxy that leads https names to local http servers, with a certificate made for them; what a company's network looks like from a job.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { connect } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Proxy {
  /** With the user name and password that it wants. */
  readonly url: string;
  /** A file for NODE_EXTRA_CA_CERTS. */
  readonly certificate: string;
  /** `host:port` of every tunnel that was asked for. */
  readonly tunnels: readonly string[];
  readonly close: () => Promise<void>;
}

/** Whether this machine can make a certificate. */
export const canMakeCertificates: boolean = spawnSync('openssl', ['version']).status === 0;

/** Starts it: `names` says which origin stands behind each host. */
export async function startProxy(names: Readonly<Record<string, string>>): Promise<Proxy> {
  const directory = mkdtempSync(join(tmpdir(), 'cambist-proxy-'));
  const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const alternatives = Object.keys(names).map((name) => `DNS:${name}`);
  const made = ['-keyout', key, '-out', certificate, '-addext', `subjectAltName=${alternatives.join(',')}`];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  execFileSync('openssl', ['req', '-x509', ...curve, '-nodes', '-days', '2', '-subj', '/CN=test', ...made], {
    stdio: 'ignore',
  });
  const front = https.createServer(
    { key: readFileSync(key), cert: readFileSync(certificate) },
    ({ headers, method, url }, response) => {
      const origin = names[headers.host ?? ''];
      if (origin === undefined) {
        response.writeHead(404).end();
        return;
      }
      const { host: _, ...rest } = headers;
      const onward = http.request(`${origin}${url ?? ''}`, { method: method ?? 'GET', headers: rest }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      response.req.pipe(onward);
    },
  );
  const frontPort = await listen(front);
  const tunnels: string[] = [];
  const open: Duplex[] = [];
  const proxy = http.createServer((_, response) => response.writeHead(501).end());
  proxy.on('connect', ({ url = '', headers }, socket) => {
    const isKnown = headers['proxy-authorization'] === `Basic ${Buffer.from('me:pw').toString('base64')}`;
    if (!isKnown) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    tunnels.push(url);
    const tunnel = connect(frontPort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      tunnel.pipe(socket);
      socket.pipe(tunnel);
    });
    for (const end of [tunnel, socket]) end.on('error', () => undefined);
    open.push(tunnel, socket);
  });
  const proxyPort = await listen(proxy);
  return {
    url: `http://me:pw@127.0.0.1:${proxyPort}`,
    certificate,
    tunnels,
    close: async () => {
      rmSync(directory, { recursive: true, force: true });
      // A tunnel is no connection of the server any more.
      for (const socket of open) socket.destroy();
      front.closeAllConnections();
      proxy.closeAllConnections();
      await Promise.all([front, proxy].map(async (server) => await new Promise((resolve) => server.close(resolve))));
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}
