// `npm run check:kubernetes`: the API server's own validation of the manifests, the kubelet's own code with our credential provider, and the image and sidecar without Docker.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CLUSTER_ISSUER, imitateCluster } from './kubernetes/imitated-cluster.ts';
import { pullForeign, pullOwn, pullRefused } from './kubernetes/imitated-node.ts';
import { hasNamespaces, runSidecar } from './kubernetes/imitated-pod.ts';
import { leftOut, run, verdict } from './kubernetes/verdict.ts';
import { ROOT } from './local/bundle.ts';
import { startDeployment } from './local/deployment.ts';
import { readUsage } from './local/usage.ts';

readUsage(import.meta.filename, null);

const ADMIN_TOKEN = 'check-kubernetes-root-token-of-48-characters-000';
const REGISTRY = 'registry.example.com';
const IMAGE = `${REGISTRY}/shop/checkout:1.4.2`;
const SETS = ['deployment', 'cronjob', 'image-pull'] as const;
const DOCKERFILE = join(ROOT, 'deploy/kubernetes/Dockerfile');

const work = mkdtempSync(join(tmpdir(), 'cambist-kubernetes-'));
const opt = join(work, 'opt');
const judge = join(work, 'judge');
/** What the image has in its PATH, with this machine's Node.js. */
const path = `${opt}/bin:${join(ROOT, 'node_modules/.bin')}`;
const inImage = { PATH: `${path}:/usr/bin:/bin` };

try {
  const hasJudge = buildJudge();
  if (hasJudge) {
    judgeManifests('deploy/kubernetes', join(ROOT, 'deploy/kubernetes'));
    judgeFaults();
  }
  if (installAsImageDoes()) await checkAgainstDeployment(hasJudge);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Compiles the judge out of Kubernetes' modules, pinned by their sums; false if this machine cannot. */
function buildJudge(): boolean {
  if (!run('go version').ok) return leftOut('the judgement of Kubernetes', 'go is not installed on this machine');
  const source = join(work, 'source');
  for (const name of ['kubernetes', 'dockerfile'])
    cpSync(join(ROOT, 'test/fixtures', name), join(source, name), { recursive: true });
  if (!run('cd kubernetes && go mod download && cd ../dockerfile && go mod download', source).ok)
    return leftOut('the judgement of Kubernetes', 'its modules cannot be fetched');
  verdict('the Dockerfile is one, without a warning', run(`go run . ${DOCKERFILE}`, join(source, 'dockerfile')));
  return verdict('the judge compiles', run(`go vet . && go build -o ${judge} .`, join(source, 'kubernetes')));
}

function judgeManifests(name: string, directory: string): void {
  const folders = SETS.map((set) => join(directory, set)).join(' ');
  verdict(`${name}: valid, restricted, one native sidecar`, run(`${judge} manifests ${folders}`));
  verdict(`${name}: the kubelets may ask for one audience`, run(`${judge} audience ${directory}/image-pull`));
}

/** A judge that accepts everything would show nothing. */
function judgeFaults(): void {
  for (const [before, after, said] of [
    ['readOnlyRootFilesystem', 'readOnlyFilesystem', 'unknown field'],
    ['runAsNonRoot: true', 'runAsNonRoot: false', 'is not `restricted`'],
    ['restartPolicy: Always', 'tty: false', 'without restartPolicy=Always'],
    ['mountPath: /etc/cambist', 'mountPath: /run/cambist', 'must be unique'],
  ] as const) {
    const faulty = join(work, 'faulty');
    cpSync(join(ROOT, 'deploy/kubernetes/deployment'), faulty, { recursive: true });
    const file = join(faulty, 'deployment.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(before, after));
    const end = run(`${judge} manifests ${faulty}`);
    verdict(`the judge refuses ${after}`, { ...end, ok: !end.ok && end.stderr.includes(said) });
  }
}

/** Does the step of the Dockerfile that needs no Docker, in a directory; false if the packages cannot be fetched. */
function installAsImageDoes(): boolean {
  const [, command = ''] = /^RUN (.+)$/m.exec(readFileSync(DOCKERFILE, 'utf8')) ?? [];
  if (!verdict('the packages are packed', run(`npm pack --workspaces --silent --pack-destination ${work}`)))
    return false;
  const install = run(command.replace('/tmp/', `${work}/`).replace('/opt/cambist', opt));
  if (!install.ok && /ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT/.test(install.stderr))
    return leftOut('the image', 'its packages cannot be fetched');
  const isThere = verdict('the RUN of the Dockerfile', install);
  return isThere && verdict('the cambist of the image', run('cambist --version', work, inImage));
}

async function checkAgainstDeployment(hasJudge: boolean): Promise<void> {
  const deployment = await startDeployment(ADMIN_TOKEN, join(work, 'state'));
  try {
    const cluster = await imitateCluster(work);
    const given = `--namespace payments --kubernetes-service-account checkout --issuer ${CLUSTER_ISSUER} --jwks ${cluster.jwks}`;
    const wanted = `--manifests ${SETS.join(',')} --registry ${REGISTRY} --image registry.example.com/cambist-agent:0.1.0`;
    const filled = join(work, 'filled');
    const bootstrap = run(`cambist bootstrap kubernetes ${given} ${wanted} --output-dir ${filled}`, work, {
      ...inImage,
      CAMBIST_URL: deployment.url,
      CAMBIST_TOKEN: ADMIN_TOKEN,
    });
    if (!verdict('bootstrap fills them in', bootstrap)) return;
    const token = await cluster.tokenOf('payments', 'checkout', deployment.url);
    if (hasNamespaces())
      verdict(
        'the sidecar: its probe, its file, its end',
        await runSidecar(join(filled, 'deployment'), token, work, inImage),
      );
    else leftOut('the sidecar', 'this machine gives a process no volumes of its own');
    if (!hasJudge) return;
    judgeManifests('filled in', filled);
    const node = { judge, files: join(filled, 'image-pull/node'), path, work };
    const stranger = await cluster.tokenOf('payments', 'default', deployment.url);
    verdict('the kubelet pulls with a token of the pod', pullOwn(node, token, IMAGE, deployment.url));
    verdict('the kubelet gets none for another registry', pullForeign(node, token, 'docker.io/library/nginx:1'));
    verdict('the kubelet is told why another account is refused', pullRefused(node, stranger, IMAGE));
  } finally {
    await deployment.stop();
  }
}
