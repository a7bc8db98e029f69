// The kubelet's configuration of the guide: its arguments and variables, run with a request as the kubelet writes it.

import { parse } from 'yaml';

import { expectThat } from '../tool.ts';
import type { Tool } from '../tool.ts';

interface Configuration {
  readonly providers: readonly {
    readonly name: string;
    readonly apiVersion: string;
    readonly matchImages: readonly string[];
    readonly args: readonly string[];
    readonly env: readonly { readonly name: string; readonly value: string }[];
    readonly tokenAttributes: { readonly serviceAccountTokenAudience: string };
  }[];
}

export const kubelet: Tool = {
  name: 'kubelet',
  section: 'kubelet',
  prepare: async (lab, block) => {
    const { url, idToken, verify } = lab.deployment;
    const { providers } = parse(block.replaceAll('https://tokens.example.com', url)) as Configuration;
    const [provider] = providers;
    expectThat(provider?.tokenAttributes.serviceAccountTokenAudience === url, 'the audience is the deployment', block);
    const { name, args, env, apiVersion, matchImages } = provider;
    const variables = Object.fromEntries(env.map((one) => [one.name, one.value]));
    return await Promise.resolve([
      {
        says: 'the arguments and variables of the configuration answer a request with the token of a pod',
        prove: async () => {
          const request = {
            apiVersion,
            kind: 'CredentialProviderRequest',
            image: `${matchImages[0]}/app:1`,
            serviceAccountToken: await idToken(),
          };
          const kubelets = { HOME: undefined, CAMBIST_CREDENTIAL_HOST: undefined, ...variables };
          const { code, stdout, stderr } = await lab.runUnseen(name, args, kubelets, JSON.stringify(request));
          expectThat(code === 0, 'an answer', stderr);
          const { auth } = JSON.parse(stdout) as { readonly auth: Record<string, { readonly password: string }> };
          await verify(auth[matchImages[0] ?? '']?.password ?? '', url);
        },
      },
    ]);
  },
};
