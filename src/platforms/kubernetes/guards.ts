// Kubernetes service account tokens (EKS, GKE, AKS, own clusters) as data: issuers, the grammar of `sub` and its risks; no logic.

import type { Preset } from '../preset.ts';

export const kubernetes: Preset = {
  name: 'kubernetes',
  title: 'Kubernetes',
  // A cluster may use any https URL (--service-account-issuer); such a one is registered with `preset: kubernetes`.
  issuers: [
    'https://oidc.eks.{region}.amazonaws.com/id/{id}',
    'https://oidc.eks.{region}.amazonaws.com.cn/id/{id}',
    'https://container.googleapis.com/v1/projects/{project}/locations/{location}/clusters/{cluster}',
    'https://{region}.oic.prod-aks.azure.com/{tenant}/{cluster}/',
    'https://oidc.prod-aks.azure.com/{cluster}/',
    'https://kubernetes.default.svc',
    'https://kubernetes.default.svc.cluster.local',
  ],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  subjectGrammar: ['system:serviceaccount:{namespace}:{name}'],
  stableClaims: ['/kubernetes.io/serviceaccount/uid', 'iss'],
  fixedAudience: null,
  risks: [
    'sub is the same on every cluster that has such a namespace and account: the issuer alone tells clusters apart.',
    'The in-cluster default issuer is the same string everywhere and cannot be reached: register such a cluster with its own localJwks.',
    'A recreated service account keeps its sub: bind /kubernetes.io/serviceaccount/uid where that matters.',
    'Whoever may create pods in the namespace can be any service account in it; the account "default" is every pod that names none.',
    'The default mounted token can be valid for a year and is refused as too long-lived: use a projected token with its own audience.',
    'aud is always an array.',
    'Secret-based tokens have neither exp nor aud and are refused.',
    'AKS issuers end in a slash; EKS and GKE issuers do not.',
  ],
};
