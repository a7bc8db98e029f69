// Pulls images as a node does: the kubelet's own code reads our configuration, starts our program and reads its answer.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { run } from './verdict.ts';
import type { End } from './verdict.ts';

export interface Node {
  /** The judge that test/fixtures/kubernetes is compiled to. */
  readonly judge: string;
  /** The directory with the node's files, as bootstrap wrote them. */
  readonly files: string;
  /** The directories with `cambist` and Node.js, in the place of /opt/cambist/bin. */
  readonly path: string;
  readonly work: string;
}

/** Pulls an image with a token of a pod; what the container runtime would get is on stdout. */
function pull({ judge, files, path, work }: Node, token: string, image: string): End {
  const bin = join(work, 'kubelet');
  mkdirSync(bin, { recursive: true });
  const script = readFileSync(join(files, 'cambist'), 'utf8').replace('PATH=/opt/cambist/bin:', `PATH=${path}:`);
  writeFileSync(join(bin, 'cambist'), script, { mode: 0o755 });
  return run(`${judge} kubelet ${files}/credential-provider.yaml ${bin} ${token} ${image}`, work, {
    PATH: '/usr/bin:/bin',
  });
}

const TOKEN = /"Username":"cambist","Password":"[\w-]+\.[\w-]+\.[\w-]+"/i;

/** The pod's own image: a token, asked for with the audience of the deployment alone. */
export function pullOwn(node: Node, token: string, image: string, url: string): End {
  const end = pull(node, token, image);
  return { ...end, ok: end.ok && TOKEN.test(end.stdout) && end.stdout.startsWith(`{"audiences":["${url}"],`) };
}

/** An image of another registry: the program is not even asked. */
export function pullForeign(node: Node, token: string, image: string): End {
  const end = pull(node, token, image);
  return { ...end, ok: end.ok && end.stdout.trim() === '{"audiences":null,"credentials":[]}' };
}

/** A token that no rule accepts: no credentials, and the kubelet's log says why without the token. */
export function pullRefused(node: Node, token: string, image: string): End {
  const end = pull(node, token, image);
  const isTold =
    end.stderr.includes('exit status 1') && end.stderr.includes('no federated identity accepts this token');
  const isKept = !end.stderr.includes(readFileSync(token, 'utf8'));
  return { ...end, ok: end.ok && isTold && isKept && end.stdout.includes('"credentials":[]') };
}
