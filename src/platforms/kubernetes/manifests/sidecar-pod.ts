// The pod in which `cambist agent` keeps files fresh beside an application, and the files that a Deployment and a CronJob share.

import type { ManifestFile } from '../../recipe.ts';

/** The spec of the pod, for a place that begins at this column; its first line is not indented. */
export function sidecarPod(column: number): string {
  return SIDECAR_POD.replaceAll(/\n(?=.)/g, `\n${' '.repeat(column)}`);
}

const SIDECAR_POD = `serviceAccountName: '{kubernetes-service-account}'
# The pod gets the token below alone, and none for the API of the cluster.
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  # Every container is in this group, whatever its user: it may read the files of the agent.
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
initContainers:
  - name: cambist
    image: cambist-agent
    # This makes it a native sidecar: it starts before the application, ends after it, and no Job waits for it.
    restartPolicy: Always
    args: [agent, --config, /etc/cambist/agent.yaml]
    securityContext:
      runAsUser: 65532
      runAsGroup: 65532
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities:
        drop: [ALL]
    # /healthz answers on loopback only, so the probes ask from inside. The application starts when every file is there.
    startupProbe:
      exec:
        command: [wget, -q, -T, '2', -O, /dev/null, 'http://127.0.0.1:9181/healthz']
      periodSeconds: 1
      timeoutSeconds: 3
      failureThreshold: 120
    # The pod gets no traffic if a token has expired and no newer one can be had.
    readinessProbe:
      exec:
        command: [wget, -q, -T, '2', -O, /dev/null, 'http://127.0.0.1:9181/healthz']
      periodSeconds: 10
      timeoutSeconds: 3
    resources:
      requests:
        cpu: 10m
        memory: 64Mi
      limits:
        cpu: 500m
        memory: 128Mi
    volumeMounts:
      - name: cambist-identity
        mountPath: /var/run/secrets/cambist
        readOnly: true
      - name: cambist-agent
        mountPath: /etc/cambist
        readOnly: true
      - name: cambist-tokens
        mountPath: /run/cambist
containers:
  - name: app
    image: cambist-app
    {app-command}
    env:
      # Read the file each time: the agent replaces it.
      - name: TOKEN_FILE
        value: '{token-file}'
    # What the application writes needs a volume of its own.
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities:
        drop: [ALL]
    resources:
      requests:
        cpu: 10m
        memory: 32Mi
      limits:
        cpu: 500m
        memory: 128Mi
    volumeMounts:
      - name: cambist-tokens
        mountPath: /run/cambist
        readOnly: true
volumes:
  - name: cambist-identity
    projected:
      sources:
        # The kubelet renews it; only the agent can read it.
        - serviceAccountToken:
            path: token
            audience: '{audience}'
            expirationSeconds: 3600
  - name: cambist-agent
    configMap:
      name: '{name}-cambist'
  - name: cambist-tokens
    emptyDir:
      medium: Memory
      sizeLimit: 4Mi
`;

/** The account that the pods run as: the rule trusts it by its name. */
export const SERVICE_ACCOUNT: ManifestFile = {
  file: 'service-account.yaml',
  text: `apiVersion: v1
kind: ServiceAccount
metadata:
  name: '{kubernetes-service-account}'
`,
};

/** What stands beside the workload: its account, the file of the agent, and what joins them. */
export function filesBeside(resource: string): readonly ManifestFile[] {
  return [
    {
      file: 'kustomization.yaml',
      text: `# kubectl apply -k .
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: '{namespace}'
resources:
  - service-account.yaml
  - ${resource}
configMapGenerator:
  - name: '{name}-cambist'
    files: [agent.yaml]
images:
  # Nobody publishes this image: build it with deploy/kubernetes/Dockerfile and push it to a registry of yours.
  - name: cambist-agent
    newName: '{image-name}'
    {image-pin}
  {app-note}
  - name: cambist-app
    newName: '{app-image-name}'
    {app-image-pin}
`,
    },
    SERVICE_ACCOUNT,
    {
      file: 'agent.yaml',
      text: `# The file of \`cambist agent\`: docs/guides/agent.md explains each member.
url: '{url}'
serviceAccount: '{account}'
source: kubernetes
idTokenAudience: '{audience}'
listen: 127.0.0.1:9181
outputs:
  {outputs}
`,
    },
  ];
}
