// git: clones over https from git's own http-backend, which gives nothing to whom the deployment does not know.

import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';

import type { Lab } from '../lab.ts';
import { only } from '../programs.ts';
import type { Ended } from '../programs.ts';
import { expectThat } from '../tool.ts';
import type { Tool } from '../tool.ts';

const HOST = 'git.example.com';

export const git: Tool = {
  name: 'git',
  section: 'git',
  prepare: async (lab, block) => {
    const program = lab.need('git', 'a system package `git` brings it');
    const run = async (...words: string[]): Promise<Ended> =>
      await lab.run(program, words, { GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1' });
    const must = async (...words: string[]): Promise<string> => {
      const ended = await run(...words);
      expectThat(ended.code === 0, `git ${words[0]}`, ended);
      return ended.stdout;
    };
    const repository = join(lab.workshop, 'app.git');
    await must('init', '--quiet', '--bare', repository);
    const tree = (await must('-C', repository, 'mktree')).trim();
    const author = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
    const commit = (await must('-C', repository, ...author, 'commit-tree', '-m', 'first', tree)).trim();
    await must('-C', repository, 'update-ref', 'HEAD', commit);
    const backend = join((await must('--exec-path')).trim(), 'git-http-backend');
    lab.network.serve(HOST, (request: IncomingMessage, response: ServerResponse) => {
      void serve(lab, backend, request, response);
    });
    const configured = await lab.run('sh', ['-c', block]);
    expectThat(configured.code === 0, 'git takes the configuration of the guide', configured);
    let clones = 0;
    const clone = async (url: string): Promise<Ended> =>
      await run('clone', '--quiet', url, join(lab.workshop, `clone ${(clones += 1)}`));
    return [
      {
        says: 'git clones, and the helper ignores what git tells it to keep',
        prove: async () => {
          const before = lab.deployment.exchanges();
          const ended = await clone(`https://${HOST}/app.git`);
          expectThat(ended.code === 0 && ended.stderr === '', 'a silent clone', ended);
          expectThat(lab.deployment.exchanges() === before + 1, 'one exchange', lab.deployment.exchanges() - before);
        },
      },
      {
        says: 'git shows a refusal with its reason',
        prove: async () => {
          const ended = await lab.deployment.whileRefused(async () => await clone(`https://${HOST}/app.git`));
          expectThat(ended.code !== 0 && ended.stderr.includes('The exchange was refused'), 'the reason', ended);
        },
      },
      {
        says: 'git takes the host from the configuration too, and no variable is needed',
        prove: async () => {
          const words = ['-c', 'credential.helper=', '-c', `credential.helper=cambist --host ${HOST}`, 'credential'];
          const none = { CAMBIST_CREDENTIAL_HOST: undefined };
          const filled = await lab.runUnseen(program, [...words, 'fill'], none, `protocol=https\nhost=${HOST}\n\n`);
          expectThat(filled.code === 0 && filled.stdout.includes('password=eyJ'), 'a password', filled.stderr);
          for (const operation of ['approve', 'reject']) {
            const ended = await lab.run(program, [...words, operation], none, filled.stdout);
            expectThat(ended.code === 0 && ended.stderr === '', `${operation} is ignored`, ended);
          }
        },
      },
      {
        says: 'git gets nothing for another host, nor in the clear',
        prove: async () => {
          const before = lab.deployment.exchanges();
          for (const asked of ['protocol=https\nhost=evil.example.com\n', `protocol=http\nhost=${HOST}\n`]) {
            const words = ['-c', 'credential.helper=cambist', 'credential', 'fill'];
            const ended = await lab.run(program, words, { GIT_TERMINAL_PROMPT: '0' }, `${asked}\n`);
            expectThat(!ended.stdout.includes('password'), 'nothing', ended);
          }
          expectThat(lab.deployment.exchanges() === before, 'no exchange', lab.deployment.exchanges() - before);
        },
      },
    ];
  },
};

/** git-http-backend as a server runs it (CGI, RFC 3875), behind a password that is a token of the deployment. */
async function serve(lab: Lab, backend: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const [, token] = /^cambist:(.+)$/.exec(Buffer.from(basic, 'base64').toString()) ?? [];
  const isKnown =
    token !== undefined &&
    (await lab.deployment.verify(token, lab.deployment.url).then(
      () => true,
      () => false,
    ));
  if (!isKnown) {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    return;
  }
  const { pathname, searchParams } = new URL(request.url ?? '/', `https://${HOST}`);
  const child = spawn(backend, {
    env: only({
      GIT_PROJECT_ROOT: lab.workshop,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: pathname,
      QUERY_STRING: searchParams.toString(),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      REMOTE_USER: 'cambist',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      PATH: process.env['PATH'] ?? '',
    }),
  });
  request.pipe(child.stdin);
  const parts: Uint8Array[] = [];
  child.stdout.on('data', (part: Buffer) => parts.push(part));
  child.on('close', () => {
    const whole = Buffer.concat(parts);
    const end = whole.indexOf('\r\n\r\n');
    const head = new TextDecoder().decode(whole.subarray(0, end));
    const headers = head.split('\r\n').map((line) => line.split(': '));
    const status = Number(headers.find(([name]) => name === 'Status')?.[1]?.slice(0, 3) ?? 200);
    for (const [name = '', value = ''] of headers)
      if (name !== 'Status' && name !== '') response.setHeader(name, value);
    response.writeHead(status).end(whole.subarray(end + 4));
  });
}
