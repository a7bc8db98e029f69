// Kubernetes: finds out a cluster's issuer, and its keys if nobody outside can fetch them, by asking it with kubectl.

import type { LocalJwks } from '../../objects/identity-provider.ts';
import { KUBECTL_REQUEST_SECONDS } from '../limits.ts';
import { PlatformFailure } from '../failure.ts';
import { NOTHING_FOUND, parseJwks } from '../look-up.ts';
import type { LookUpAnswer, LookUpQuestion } from '../look-up.ts';

/** The issuer of the cluster, and its keys if they have to be registered. */
export async function lookUp(question: LookUpQuestion): Promise<LookUpAnswer> {
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
    if (variables.has('upload-jwks') && !isPrivate) {
      warnings.push(
        `${issuer} publishes keys of its own, and the cluster's API may know only some of them (EKS does): ` +
          'without --upload-jwks the issuer is asked, and its changes of keys are followed.',
      );
    }
    if (variables.has('upload-jwks') || (isPrivate && given === undefined)) {
      localJwks = parseJwks(await kubectl(question, ['get', '--raw', '/openid/v1/jwks']), 'The cluster');
      notes.push(
        'The cluster’s keys are registered as they are now: when it changes them, run this again with --update.',
      );
    } else if (isPrivate) {
      throw new PlatformFailure(
        `${issuer} is a name inside the cluster: its keys cannot be fetched.`,
        'Save them with `kubectl get --raw /openid/v1/jwks > jwks.json` and give --jwks jwks.json, or let --upload-jwks do it.',
      );
    }
  }
  if (isLocal(issuer))
    warnings.push('Other clusters have the same issuer: it is the registered keys alone that tell them apart.');
  return { ...NOTHING_FOUND, warnings, notes, localJwks, variables: [['issuer', issuer]] };
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

async function clusterIssuer(question: LookUpQuestion): Promise<string> {
  const text = await kubectl(question, ['get', '--raw', '/.well-known/openid-configuration']);
  try {
    const { issuer } = JSON.parse(text) as { readonly issuer?: unknown };
    if (typeof issuer === 'string' && issuer !== '') return issuer;
  } catch {
    // said below
  }
  throw new PlatformFailure(
    'The cluster answered kubectl without an issuer.',
    'Give --issuer: `kubectl get --raw /.well-known/openid-configuration` should show it.',
    'no_issuer',
  );
}

async function kubectl({ variables, system }: LookUpQuestion, command: readonly string[]): Promise<string> {
  const [file, context] = [variables.get('kubeconfig'), variables.get('context')];
  const options = [
    ...(file === undefined ? [] : ['--kubeconfig', file]),
    ...(context === undefined ? [] : ['--context', context]),
    `--request-timeout=${KUBECTL_REQUEST_SECONDS}s`,
  ];
  const next = 'Give --issuer (and --jwks FILE for a cluster that cannot be reached from outside) instead.';
  if (!(await system.isProgram('kubectl')))
    throw new PlatformFailure('kubectl is not installed, so the cluster cannot be asked.', next, 'kubectl');
  const { code, stdout, stderr } = await system.run('kubectl', [...options, ...command]);
  if (code === 0) return stdout;
  throw new PlatformFailure(`kubectl failed: ${stderr.trim().split('\n')[0] ?? ''}`, next, 'kubectl');
}
