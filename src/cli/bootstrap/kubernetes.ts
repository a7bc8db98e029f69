// Kubernetes: finds out a cluster's issuer, and its keys where nobody outside can fetch them, by asking it with kubectl.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { LocalJwks } from '../../objects/identity-provider.ts';
import { CliFailure, usageFailure } from '../failure.ts';
import { LOOKUP_TIMEOUT_MS } from '../limits.ts';
import { NOTHING, parseJwks } from './resolution.ts';
import type { Question, Resolved } from './resolution.ts';

const run = promisify(execFile);

/** The issuer of the cluster, and its keys where they have to be registered. */
export async function resolveKubernetes(question: Question & { readonly hasKeys: boolean }): Promise<Resolved> {
  const { variables, wantsIds, hasKeys } = question;
  const warnings: string[] = [];
  const notes: string[] = [];
  if (variables.get('kubernetes-service-account') === 'default')
    warnings.push('Every pod of the namespace that names no service account runs as "default": all of them get in.');

  const given = variables.get('issuer');
  const issuer = given ?? (await clusterIssuer(question));
  if (given === undefined) notes.push(`The cluster says that its issuer is ${issuer}`);
  let localJwks: LocalJwks | null = null;
  if (wantsIds && !hasKeys) {
    const isPrivate = isLocal(issuer);
    if (variables.has('upload-jwks') || (isPrivate && given === undefined)) {
      localJwks = parseJwks(await kubectl(question, ['get', '--raw', '/openid/v1/jwks']), 'The cluster');
      notes.push(
        'The cluster’s keys are registered as they are now: when it changes them, run this again with --update.',
      );
    } else if (isPrivate) {
      throw usageFailure(
        `${issuer} is a name inside the cluster: its keys cannot be fetched.`,
        'Save them with `kubectl get --raw /openid/v1/jwks > jwks.json` and give --jwks jwks.json, or let --upload-jwks do it.',
      );
    }
  }
  if (isLocal(issuer))
    warnings.push('Other clusters have the same issuer: it is the registered keys alone that tell them apart.');
  return { ...NOTHING, warnings, notes, localJwks, variables: [['issuer', issuer]] };
}

/** A name that means something inside a cluster only. */
function isLocal(issuer: string): boolean {
  const host = URL.canParse(issuer) ? new URL(issuer).hostname : '';
  return (
    !host.includes('.') ||
    /\.(?:svc|local|localdomain|internal|lan|localhost|home\.arpa)$/.test(host) ||
    /^[\d.]+$/.test(host)
  );
}

async function clusterIssuer(question: Question): Promise<string> {
  const text = await kubectl(question, ['get', '--raw', '/.well-known/openid-configuration']);
  try {
    const { issuer } = JSON.parse(text) as { readonly issuer?: unknown };
    if (typeof issuer === 'string' && issuer !== '') return issuer;
  } catch {
    // said below
  }
  throw new CliFailure('The cluster answered kubectl without an issuer.', {
    code: 'no_issuer',
    next: 'Give --issuer: `kubectl get --raw /.well-known/openid-configuration` should show it.',
  });
}

async function kubectl({ variables, world }: Question, command: readonly string[]): Promise<string> {
  const [file, context] = [variables.get('kubeconfig'), variables.get('context')];
  const options = [
    ...(file === undefined ? [] : ['--kubeconfig', file]),
    ...(context === undefined ? [] : ['--context', context]),
    `--request-timeout=${LOOKUP_TIMEOUT_MS / 1000}s`,
  ];
  try {
    // kubectl may start the cloud's own login first, which takes longer than the request.
    const { stdout } = await run('kubectl', [...options, ...command], {
      env: { ...world.env } as NodeJS.ProcessEnv,
      timeout: LOOKUP_TIMEOUT_MS * 4,
    });
    return stdout;
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim().split('\n')[0] : '';
    throw new CliFailure(
      isMissing ? 'kubectl is not installed, so the cluster cannot be asked.' : `kubectl failed: ${said ?? ''}`,
      {
        code: 'kubectl',
        next: 'Give --issuer (and --jwks FILE for a cluster that cannot be reached from outside) instead.',
      },
    );
  }
}
