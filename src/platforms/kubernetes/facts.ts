// Kubernetes service account tokens (EKS, GKE, AKS, own clusters) for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: ['system:serviceaccount:{namespace}:{name}'],
  stableClaims: ['/kubernetes.io/serviceaccount/uid', 'iss'],
  risks: [
    'sub is the same on every cluster that has such a namespace and account: the issuer alone tells clusters apart.',
    'The in-cluster default issuer is the same string everywhere and cannot be reached: register such a cluster with its own localJwks.',
    'A recreated service account keeps its sub: bind /kubernetes.io/serviceaccount/uid if that matters.',
    'Whoever may create pods in the namespace can be any service account in it; the account "default" is every pod that names none.',
    'The default mounted token can be valid for a year and is refused as too long-lived: use a projected token with its own audience.',
    'aud is always an array.',
    'Secret-based tokens have neither exp nor aud and are refused.',
    'AKS issuers end in a slash; EKS and GKE issuers do not.',
  ],
};
