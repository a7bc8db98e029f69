// A CronJob whose Jobs find a token in a file; the agent beside them holds up no Job.

import type { ManifestFile } from '../../recipe.ts';
import { filesBeside, sidecarPod } from './sidecar-pod.ts';

export const cronjob: readonly ManifestFile[] = [
  ...filesBeside('cronjob.yaml'),
  {
    file: 'cronjob.yaml',
    text: `apiVersion: batch/v1
kind: CronJob
metadata:
  name: '{name}'
  labels:
    app.kubernetes.io/name: '{name}'
spec:
  schedule: '{schedule}'
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      backoffLimit: 1
      # A Job that gets no token ends, too.
      activeDeadlineSeconds: 3600
      ttlSecondsAfterFinished: 86400
      template:
        metadata:
          labels:
            app.kubernetes.io/name: '{name}'
        spec:
          restartPolicy: Never
          ${sidecarPod(10)}`,
  },
];
