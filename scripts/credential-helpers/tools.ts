// Every tool of the check, in the order of the guide.

import type { Tool } from './tool.ts';
import { aws } from './tools/aws.ts';
import { docker } from './tools/docker.ts';
import { git } from './tools/git.ts';
import { google } from './tools/google.ts';
import { kubectl } from './tools/kubectl.ts';
import { kubelet } from './tools/kubelet.ts';
import { terraform } from './tools/terraform.ts';

export const TOOLS: readonly Tool[] = [aws, google, docker, git, kubectl, kubelet, terraform];
