// How to trust a workload of Kubernetes, as data; no logic.

import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'kubernetes',
  summary: 'Kubernetes: the pods of one service account (EKS, GKE, AKS, own clusters)',
  examples: [
    'cambist bootstrap kubernetes --namespace payments --kubernetes-service-account checkout --context prod',
    'cambist bootstrap kubernetes --namespace payments --kubernetes-service-account checkout --issuer https://kubernetes.default.svc --jwks jwks.json',
    'cambist bootstrap kubernetes --namespace payments --kubernetes-service-account checkout --context prod --manifests deployment --output-dir cambist-checkout',
  ],
  parameters: [
    {
      name: 'namespace',
      value: 'namespace',
      description: 'the namespace of the pods',
      required: true,
      pattern: ['[a-z0-9](?:[-a-z0-9]*[a-z0-9])?', 'a DNS label'],
      from: { claim: '/kubernetes.io/namespace' },
    },
    {
      name: 'kubernetes-service-account',
      value: 'name',
      description: 'the Kubernetes service account of the pods',
      required: true,
      pattern: ['[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?', 'a DNS name'],
      from: { claim: '/kubernetes.io/serviceaccount/name' },
    },
    {
      name: 'issuer',
      value: 'url',
      description: "the cluster's issuer, byte for byte (AKS: with its slash); else the cluster is asked with kubectl",
      from: { claim: 'iss' },
    },
    { name: 'kubeconfig', value: 'path', description: 'the file that kubectl uses to ask the cluster', isPin: true },
    { name: 'context', value: 'name', description: "the kubeconfig's context", isPin: true },
    {
      name: 'jwks',
      value: 'file',
      description: "the cluster's keys (kubectl get --raw /openid/v1/jwks), for a cluster that cannot be reached",
      isPin: true,
    },
    {
      name: 'upload-jwks',
      value: null,
      description: 'ask the cluster for its keys with kubectl and register them',
      isPin: true,
    },
    {
      name: 'uid',
      value: 'uid',
      description: 'the uid of the service account, so that one created again under its name does not get in',
      isPin: true,
      from: { claim: '/kubernetes.io/serviceaccount/uid' },
    },
  ],
  provider: { issuer: '{issuer}' },
  variants: [
    {
      name: 'service-account',
      needs: [],
      subject: 'system:serviceaccount:{namespace}:{kubernetes-service-account}',
      who: 'pods that run as {kubernetes-service-account} in the namespace {namespace}',
    },
  ],
  conditions: { '/kubernetes.io/serviceaccount/uid': '{uid}' },
  claims: {
    'kubernetes.io': {
      namespace: '{namespace}',
      serviceaccount: { name: '{kubernetes-service-account}', uid: '{uid}' },
    },
  },
  neighbours: [
    { who: 'another service account of the namespace', set: { 'kubernetes-service-account': 'cambist-check' } },
    { who: 'the same name in another namespace', set: { namespace: 'cambist-check' } },
    { who: 'a service account created again under this name', set: { uid: 'cambist-check' }, needs: ['uid'] },
  ],
  hasManifests: true,
  accountName: 'kubernetes-{namespace}-{kubernetes-service-account}',
  configuration: {
    file: 'pod.yaml',
    text: `apiVersion: v1
kind: Pod
metadata:
  name: cambist
  namespace: '{namespace}'
spec:
  serviceAccountName: '{kubernetes-service-account}'
  restartPolicy: Never
  volumes:
    - name: cambist
      projected:
        sources:
          - serviceAccountToken: # the kubelet writes it anew before it expires: read it each time
              path: token
              audience: '{audience}'
              expirationSeconds: 3600
  containers:
    - name: cambist
      image: curlimages/curl:8.16.0
      volumeMounts:
        - name: cambist
          mountPath: /var/run/secrets/cambist
          readOnly: true
      command: ['sh', '-c']
      args:
        - |
          set -eu
          ID_TOKEN=$(cat /var/run/secrets/cambist/token)
          {exchange}
          test -n "$ACCESS_TOKEN" # use it here
`,
  },
};
