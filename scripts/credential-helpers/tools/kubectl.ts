// kubectl: an `exec` user against an API server of TLS, which reads the ID token as structured authentication does.

import { parse, stringify } from 'yaml';

import type { Lab } from '../lab.ts';
import type { Reply } from '../network.ts';
import type { Ended } from '../programs.ts';
import { expectThat } from '../tool.ts';
import type { Tool } from '../tool.ts';

const HOST = 'kubernetes.example.com';
const VERSIONS = ['v1', 'v1beta1'] as const;

export const kubectl: Tool = {
  name: 'kubectl',
  section: 'kubectl',
  prepare: async (lab, block) => {
    const program = lab.need('kubectl', 'https://kubernetes.io/docs/tasks/tools has it');
    lab.network.host(HOST, async ({ path, headers }): Promise<Reply> => {
      const [, token = ''] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? [];
      try {
        await lab.deployment.verify(token, 'kubernetes');
      } catch {
        return {
          status: 401,
          body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Unauthorized', code: 401 },
        };
      }
      return apiAnswer(path);
    });
    const get = async (version: string): Promise<Ended> =>
      await lab.run(program, [
        '--kubeconfig',
        kubeconfig(lab, block, version),
        'get',
        'namespaces',
        '--output',
        'name',
      ]);
    return await Promise.resolve([
      ...VERSIONS.map((version) => ({
        says: `kubectl lists namespaces with an ExecCredential of ${version}`,
        prove: async () => {
          const ended = await get(version);
          expectThat(ended.code === 0 && ended.stdout === 'namespace/default\n', 'the namespace', ended);
        },
      })),
      {
        says: 'two kubectl at once each get a token',
        prove: async () => {
          const ended = await Promise.all([get('v1'), get('v1')]);
          expectThat(
            ended.every(({ code }) => code === 0),
            'both work',
            ended,
          );
        },
      },
      {
        says: 'kubectl shows a refusal with its reason',
        prove: async () => {
          const ended = await lab.deployment.whileRefused(async () => await get('v1'));
          expectThat(ended.code !== 0 && ended.stderr.includes('The exchange was refused'), 'the reason', ended);
        },
      },
    ]);
  },
};

interface Kubeconfig {
  readonly users: { readonly name: string; readonly user: { readonly exec: { apiVersion: string } } }[];
}

/** The user of the guide, beside a cluster and a context. */
function kubeconfig({ network, write }: Lab, block: string, version: string): string {
  const { users } = parse(block) as Kubeconfig;
  for (const { user } of users) user.exec.apiVersion = `client.authentication.k8s.io/${version}`;
  const cluster = { server: `https://${HOST}`, 'certificate-authority': network.authority };
  const context = { cluster: 'c', user: users[0]?.name };
  return write(
    `.kube/${version}`,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'c',
      clusters: [{ name: 'c', cluster }],
      contexts: [{ name: 'c', context }],
      users,
    }),
  );
}

function apiAnswer(path: string): Reply {
  const list = (kind: string, more: object): Reply => ({ body: { kind, apiVersion: 'v1', ...more } });
  const namespaces = {
    name: 'namespaces',
    singularName: 'namespace',
    namespaced: false,
    kind: 'Namespace',
    verbs: ['get', 'list'],
  };
  const namespace = { kind: 'Namespace', apiVersion: 'v1', metadata: { name: 'default' } };
  switch (path) {
    case '/api':
      return list('APIVersions', { versions: ['v1'] });
    case '/apis':
      return list('APIGroupList', { groups: [] });
    case '/api/v1':
      return list('APIResourceList', { groupVersion: 'v1', resources: [namespaces] });
    case '/api/v1/namespaces':
      return list('NamespaceList', { metadata: {}, items: [namespace] });
    default:
      return {
        status: 404,
        body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 },
      };
  }
}
