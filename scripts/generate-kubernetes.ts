// Writes deploy/kubernetes from the manifests that `cambist bootstrap kubernetes` prints, filled in with the names of an example.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { renderManifests } from '../src/cli/bootstrap/render-manifests.ts';
import { manifests } from '../src/platforms/kubernetes/manifests/every-manifest.ts';
import { ROOT } from './local/bundle.ts';

const FOLDER = 'deploy/kubernetes';
const URL = 'https://tokens.example.com';

/** What the example was bootstrapped with. */
const WISHES: Parameters<typeof renderManifests>[1] = {
  sets: ['deployment', 'cronjob', 'image-pull'],
  wantsPod: false,
  image: null,
  appImage: null,
  outputs: [{ type: 'token', path: '/run/cambist/tokens/token', mode: '0640' }],
  schedule: '0 3 * * *',
  registries: ['registry.example.com'],
  directory: null,
};

/** Writes each file; with `check` it writes nothing and returns those that are out of date. */
export function writeKubernetes(check: boolean): readonly string[] {
  const variables = new Map([
    ['namespace', 'payments'],
    ['kubernetes-service-account', 'checkout'],
  ]);
  const plan = { audience: URL, variables, identity: {} };
  const files = renderManifests(manifests, WISHES, plan, { url: URL, account: 'sa_01h45ytscbebyvny4gc8cr8ma2' });
  return files.flatMap(({ file, text }) => {
    const path = join(ROOT, FOLDER, file);
    if (existsSync(path) && readFileSync(path, 'utf8') === text) return [];
    if (check) return [`${FOLDER}/${file}`];
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
    return [];
  });
}
