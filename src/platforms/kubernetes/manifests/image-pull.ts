// Image pulls with a token of the pod: what the API server must allow, and the files that each node needs.

import type { ManifestFile } from '../../recipe.ts';
import { SERVICE_ACCOUNT } from './sidecar-pod.ts';

export const imagePull: readonly ManifestFile[] = [
  {
    file: 'kustomization.yaml',
    text: `# kubectl apply -k .; the files in node/ are for the nodes, and not for kubectl.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: '{namespace}'
resources:
  - service-account.yaml
  - audience.yaml
`,
  },
  SERVICE_ACCOUNT,
  {
    file: 'audience.yaml',
    text: `# Lets the kubelets ask for tokens of this account with this audience, although no volume of the pod has it (Kubernetes 1.33).
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: '{name}-cambist-audience'
rules:
  - apiGroups: ['']
    verbs: [request-serviceaccounts-token-audience]
    # The audience stands in the place of a resource.
    resources: ['{audience}']
    resourceNames: ['{kubernetes-service-account}']
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: '{name}-cambist-audience'
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: '{name}-cambist-audience'
subjects:
  - apiGroup: rbac.authorization.k8s.io
    kind: Group
    name: system:nodes
`,
  },
  {
    file: 'node/credential-provider.yaml',
    text: `# The file that the kubelet's --image-credential-provider-config names (Kubernetes 1.34: tokenAttributes with cacheType).
apiVersion: kubelet.config.k8s.io/v1
kind: CredentialProviderConfig
providers:
  # The name of the program in the directory of --image-credential-provider-bin-dir.
  - name: cambist
    apiVersion: credentialprovider.kubelet.k8s.io/v1
    # Nobody else gets the token: the images that the kubelet asks about, and the hosts that the program answers for.
    matchImages:
      {registries}
    args:
      - credential
      - kubelet
      {registry-args}
    # The answer says how long it may be kept.
    defaultCacheDuration: 0s
    tokenAttributes:
      serviceAccountTokenAudience: '{audience}'
      requireServiceAccount: true
      # {cache-reason}
      cacheType: {cache-type}
    env:
      - name: CAMBIST_URL
        value: '{url}'
      - name: CAMBIST_ID_TOKEN_AUDIENCE
        value: '{audience}'
`,
  },
  {
    file: 'node/cambist',
    text: `#!/bin/sh
# What the kubelet starts: the command line, with the Node.js that is installed on this node.
PATH=/opt/cambist/bin:/usr/local/bin:/usr/bin:/bin
export PATH
exec cambist "$@"
`,
  },
];
