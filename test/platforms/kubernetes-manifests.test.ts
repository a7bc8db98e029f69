// deploy/kubernetes: what each manifest must have and must not have, by rules kept by hand (contract §9).

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

import { readOutputs } from '../../src/cli/agent/read-outputs.ts';

const FOLDER = 'deploy/kubernetes';
const URL = 'https://tokens.example.com';

interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly restartPolicy?: string;
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly securityContext: object;
  readonly startupProbe?: object;
  readonly readinessProbe?: object;
  readonly resources: { readonly limits: object };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
}

interface PodSpec {
  readonly serviceAccountName: string;
  readonly automountServiceAccountToken: boolean;
  readonly restartPolicy?: string;
  readonly securityContext: object;
  readonly initContainers: readonly [Container];
  readonly containers: readonly [Container];
  readonly volumes: readonly Readonly<Record<string, unknown>>[];
}

interface Workload {
  readonly kind: string;
  readonly spec: {
    readonly template: { readonly spec: PodSpec };
    readonly jobTemplate: { readonly spec: Workload['spec'] & { readonly activeDeadlineSeconds: number } };
  };
}

interface AgentFile {
  readonly url: string;
  readonly idTokenAudience: string;
  readonly outputs: readonly { readonly type: string; readonly path: string; readonly mode: string }[];
}

const read = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');
const deployment = parse(read('deployment/deployment.yaml')) as Workload;
const cronjob = parse(read('cronjob/cronjob.yaml')) as Workload;

const PODS: readonly (readonly [set: string, pod: PodSpec])[] = [
  ['deployment', deployment.spec.template.spec],
  ['cronjob', cronjob.spec.jobTemplate.spec.template.spec],
];

const HARDENED = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

describe.each(PODS)('%s', (set, pod) => {
  const [agent] = pod.initContainers;
  const [app] = pod.containers;
  const file = parse(read(`${set}/agent.yaml`)) as AgentFile;
  const kustomization = parse(read(`${set}/kustomization.yaml`)) as {
    readonly configMapGenerator: readonly [{ readonly name: string }];
    readonly images: readonly { readonly name: string; readonly newTag?: string; readonly digest?: string }[];
  };

  it('has the agent as a native sidecar, which starts before the application', () => {
    expect(agent).toMatchObject({ restartPolicy: 'Always', args: ['agent', '--config', '/etc/cambist/agent.yaml'] });
    expect(agent.startupProbe).toMatchObject({ exec: { command: expect.arrayContaining([HEALTH]) } });
    expect(agent.readinessProbe).toMatchObject({ exec: { command: expect.arrayContaining([HEALTH]) } });
    expect(app.restartPolicy).toBeUndefined();
  });

  it('runs nothing as root, and gives nothing but memory to write to', () => {
    expect(pod.securityContext).toEqual({
      runAsNonRoot: true,
      fsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    for (const { securityContext, resources } of [agent, app]) {
      expect(securityContext).toMatchObject(HARDENED);
      expect(resources.limits).toEqual({ cpu: expect.any(String), memory: expect.any(String) });
    }
    expect(pod.volumes.find(({ name }) => name === 'cambist-tokens')).toEqual({
      name: 'cambist-tokens',
      emptyDir: { medium: 'Memory', sizeLimit: expect.any(String) },
    });
  });

  it('has one token of the pod, for the deployment alone, which the application does not see', () => {
    expect(pod.automountServiceAccountToken).toBe(false);
    const projected = pod.volumes.filter((volume) => 'projected' in volume);
    expect(projected).toEqual([
      {
        name: 'cambist-identity',
        projected: { sources: [{ serviceAccountToken: { path: 'token', audience: URL, expirationSeconds: 3600 } }] },
      },
    ]);
    expect(file).toMatchObject({ url: URL, idTokenAudience: URL });
    expect(app.volumeMounts).toEqual([{ name: 'cambist-tokens', mountPath: '/run/cambist', readOnly: true }]);
    expect(agent.volumeMounts.filter(({ readOnly }) => readOnly !== true)).toEqual([
      { name: 'cambist-tokens', mountPath: '/run/cambist' },
    ]);
  });

  it('names the file that the agent writes to the application, in a directory that the agent makes, for the group', () => {
    const faults: unknown[] = [];
    readOutputs(
      file.outputs.map((output) => ({ ...output })),
      ['outputs'],
      (...fault) => faults.push(fault),
    );
    expect(faults).toEqual([]);
    expect(file.outputs).toEqual([{ type: 'token', path: '/run/cambist/tokens/token', mode: '0640' }]);
    expect(app.env).toEqual([{ name: 'TOKEN_FILE', value: '/run/cambist/tokens/token' }]);
  });

  it('pins its images, and finds the file of the agent', () => {
    expect([agent.image, app.image]).toEqual(kustomization.images.map(({ name }) => name));
    for (const { newTag, digest } of kustomization.images) {
      expect(newTag ?? digest).toMatch(/^(?:sha256:[0-9a-f]{64}|\d[\w.-]*)$/);
      expect(newTag).not.toBe('latest');
    }
    const volume = pod.volumes.find(({ name }) => name === 'cambist-agent');
    expect(volume).toMatchObject({ configMap: { name: kustomization.configMapGenerator[0].name } });
  });
});

const HEALTH = 'http://127.0.0.1:9181/healthz';

it('ends each Job, also one that gets no token', () => {
  expect(cronjob).toMatchObject({
    kind: 'CronJob',
    spec: { concurrencyPolicy: 'Forbid', jobTemplate: { spec: { activeDeadlineSeconds: 3600 } } },
  });
  expect(cronjob.spec.jobTemplate.spec.template.spec.restartPolicy).toBe('Never');
});

describe('image-pull', () => {
  interface Provider {
    readonly name: string;
    readonly apiVersion: string;
    readonly matchImages: readonly string[];
    readonly args: readonly string[];
    readonly tokenAttributes: object;
    readonly env: readonly { readonly name: string; readonly value: string }[];
  }
  const { providers } = parse(read('image-pull/node/credential-provider.yaml')) as { readonly providers: [Provider] };
  const [provider] = providers;

  it('asks for a token of the pod, and answers for the registry that it is asked about alone', () => {
    expect(provider).toMatchObject({
      name: 'cambist',
      apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
      tokenAttributes: { serviceAccountTokenAudience: URL, requireServiceAccount: true, cacheType: 'ServiceAccount' },
    });
    expect(provider.args).toEqual(['credential', 'kubelet', ...provider.matchImages.map((host) => `--host=${host}`)]);
    expect(provider.env).toContainEqual({ name: 'CAMBIST_URL', value: URL });
  });

  it('lets the kubelets ask for that audience, for this account alone', () => {
    const [role, binding] = parseAllDocuments(read('image-pull/audience.yaml')).map(
      (document) => document.toJS() as Readonly<Record<string, unknown>>,
    );
    expect(role).toMatchObject({
      kind: 'Role',
      rules: [
        {
          apiGroups: [''],
          verbs: ['request-serviceaccounts-token-audience'],
          resources: [URL],
          resourceNames: ['checkout'],
        },
      ],
    });
    expect(binding).toMatchObject({
      roleRef: { kind: 'Role', name: 'checkout-cambist-audience' },
      subjects: [{ kind: 'Group', name: 'system:nodes' }],
    });
  });
});

it('holds no secret and no Secret', () => {
  for (const file of [
    ...['kustomization', 'agent', 'deployment'].map((name) => `deployment/${name}.yaml`),
    ...['kustomization', 'agent', 'cronjob'].map((name) => `cronjob/${name}.yaml`),
    ...['kustomization', 'audience', 'node/credential-provider'].map((name) => `image-pull/${name}.yaml`),
  ])
    expect(read(file)).not.toMatch(/kind: Secret|secretKeyRef|secretName|password|eyJ/i);
});

describe('the Dockerfile', () => {
  const lines = read('Dockerfile').split('\n');

  it('pins its base, and never runs as root or by a name', () => {
    expect(lines).toContainEqual(
      expect.stringMatching(/^ARG NODE_IMAGE=node:\d+\.\d+\.\d+-alpine(?:@sha256:[0-9a-f]{64})?$/),
    );
    expect(lines.filter((line) => line.startsWith('FROM '))).toEqual([
      'FROM ${NODE_IMAGE} AS install',
      'FROM ${NODE_IMAGE}',
    ]);
    expect(lines.filter((line) => line.startsWith('USER '))).toEqual(['USER 65532:65532']);
  });
});
