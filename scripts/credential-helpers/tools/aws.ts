// AWS: boto3 and the command line of AWS run `credential_process`; moto is the STS behind a door that reads the ID token.

import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { freePort } from '../../local/worker.ts';
import type { Lab } from '../lab.ts';
import { fixture, pythonEnvironment } from '../libraries.ts';
import { serveOnLoopback } from '../network.ts';
import { expectThat } from '../tool.ts';
import type { Tool } from '../tool.ts';

const ARN = 'arn:aws:sts::123456789012:assumed-role/deploy/';
const START_TIMEOUT_MS = 60_000;
/** Milliseconds before their end at which botocore must have new keys are 10 minutes; these are fewer. */
const NEARLY_EXPIRED_MS = 300_000;

export const aws: Tool = {
  name: 'aws',
  section: 'AWS',
  prepare: async (lab, block) => {
    const bin = await pythonEnvironment(lab);
    const sts = await startSts(lab, join(bin, 'moto_server'));
    lab.write('.aws/config', block);
    const env = { AWS_ENDPOINT_URL_STS: sts.origin };
    const boto3 = async (calls: number): ReturnType<Lab['run']> =>
      await lab.run(join(bin, 'python'), [fixture('aws.py'), String(calls)], env);
    return [
      {
        says: 'boto3 is the role, and asks once for keys that last an hour',
        prove: async () => {
          const before = sts.assumed();
          const ended = await boto3(3);
          const isRole = ended.stdout.split('\n').filter((line) => line.startsWith(ARN)).length === 3;
          expectThat(ended.code === 0 && isRole, 'three answers to the role', ended);
          expectThat(sts.assumed() === before + 1, 'one exchange', sts.assumed() - before);
        },
      },
      {
        says: 'boto3 asks again before the keys end',
        prove: async () => {
          const before = sts.assumed();
          const ended = await sts.whileShortLived(async () => await boto3(3));
          expectThat(ended.code === 0, 'answers', ended);
          expectThat(sts.assumed() > before + 1, 'more than one exchange', sts.assumed() - before);
        },
      },
      {
        says: 'boto3 shows a refusal with its reason',
        prove: async () => {
          const ended = await lab.deployment.whileRefused(async () => await boto3(1));
          expectThat(ended.code === 3 && ended.stdout.includes('The exchange was refused'), 'the reason', ended);
        },
      },
      {
        says: 'aws (the command line) is the role',
        prove: async () => {
          const words = ['--profile', 'deploy', 'sts', 'get-caller-identity', '--output', 'text', '--query', 'Arn'];
          const ended = await lab.run(join(bin, 'aws'), words, env);
          expectThat(ended.code === 0 && ended.stdout.startsWith(ARN), 'the role', ended);
        },
      },
    ];
  },
};

interface Sts {
  readonly origin: string;
  readonly assumed: () => number;
  readonly whileShortLived: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

async function startSts({ deployment, home, onClose }: Lab, program: string): Promise<Sts> {
  const port = await freePort();
  const moto = spawn(program, ['-H', '127.0.0.1', '-p', String(port)], { cwd: home, stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => moto.once('exit', () => resolve()));
  onClose(async () => {
    moto.kill('SIGKILL');
    await ended;
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(port))) {
    if (moto.exitCode !== null || Date.now() > deadline) throw new Error('moto did not start');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  let [assumed, isShortLived] = [0, false];
  const door = await serveOnLoopback(async ({ headers, body }) => {
    const token = new URLSearchParams(body).get('WebIdentityToken');
    if (token !== null) {
      await deployment.verify(token, 'sts.amazonaws.com');
      assumed += 1;
    }
    const passed = ['content-type', 'authorization', 'x-amz-date', 'x-amz-security-token'];
    const kept = passed.flatMap((name) =>
      headers[name] === undefined ? [] : [[name, String(headers[name])] as const],
    );
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers: [...kept], body });
    const end = new Date(Date.now() + NEARLY_EXPIRED_MS).toISOString();
    const text = await answer.text();
    const shown = isShortLived ? text.replace(/<Expiration>[^<]*/, `<Expiration>${end}`) : text;
    return { status: answer.status, headers: { 'content-type': 'text/xml' }, body: shown };
  });
  onClose(door.stop);
  return {
    origin: door.origin,
    assumed: () => assumed,
    whileShortLived: async (work) => {
      isShortLived = true;
      try {
        return await work();
      } finally {
        isShortLived = false;
      }
    },
  };
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/moto-api/`)).status < 500;
  } catch {
    return false;
  }
}
