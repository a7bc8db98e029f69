// A Deployment whose application finds a fresh token in a file.

import type { ManifestFile } from '../../recipe.ts';
import { filesBeside, sidecarPod } from './sidecar-pod.ts';

export const deployment: readonly ManifestFile[] = [
  ...filesBeside('deployment.yaml'),
  {
    file: 'deployment.yaml',
    text: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: '{name}'
  labels:
    app.kubernetes.io/name: '{name}'
spec:
  replicas: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: '{name}'
  template:
    metadata:
      labels:
        app.kubernetes.io/name: '{name}'
    spec:
      ${sidecarPod(6)}`,
  },
];
