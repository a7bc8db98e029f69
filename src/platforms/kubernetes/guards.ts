// Kubernetes service account tokens (EKS, GKE, AKS, own clusters), as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
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
  tenancy: null,
  runClaims: ['/kubernetes.io/pod', '/kubernetes.io/node', '/kubernetes.io/warnafter'],
  fixedAudience: null,
};
