// docker: its command line asks a registry, and its own library of credential helpers asks ours everything that it can.

import { goProgram } from '../libraries.ts';
import { expectThat } from '../tool.ts';
import type { Tool } from '../tool.ts';
import { registryHost } from './registry.ts';
import type { Challenge } from './registry.ts';

const HOST = 'registry.example.com';

export const docker: Tool = {
  name: 'docker',
  section: 'docker',
  prepare: async (lab, block) => {
    let challenge: Challenge = 'Bearer';
    lab.network.host(
      HOST,
      registryHost(lab.deployment, () => challenge),
    );
    lab.write('.docker/config.json', block);
    const program = (): string => lab.need('docker', 'a system package `docker-cli` brings it');
    const inspect = async (host: string): ReturnType<typeof lab.run> =>
      await lab.run(program(), ['manifest', 'inspect', `${host}/app:1`]);
    return [
      ...(['Bearer', 'Basic'] as const).map((asked) => ({
        says: `the command line reads an image of a registry that asks with ${asked}`,
        prove: async () => {
          challenge = asked;
          const ended = await inspect(HOST);
          expectThat(ended.code === 0 && ended.stdout.includes('schemaVersion'), 'the manifest', ended);
        },
      })),
      {
        says: 'the command line shows a refusal with its reason',
        prove: async () => {
          const ended = await lab.deployment.whileRefused(async () => await inspect(HOST));
          expectThat(ended.code !== 0 && ended.stderr.includes('The exchange was refused'), 'the reason', ended);
        },
      },
      {
        says: 'the command line keeps no password of docker login',
        prove: async () => {
          const words = ['login', '--username', 'cambist', '--password-stdin', HOST];
          const ended = await lab.run(program(), words, {}, await lab.deployment.accessToken());
          expectThat(ended.code !== 0 && ended.stderr.includes('cambist keeps no passwords'), 'refused', ended);
        },
      },
      {
        says: "docker's library gets, lists, erases, and is refused to store",
        prove: async () => {
          const go = await goProgram(lab, 'docker-client.go', 'github.com/docker/docker-credential-helpers@v0.9.13');
          const ended = await lab.run(go, [`https://${HOST}`, 'evil.example.com']);
          expectThat(ended.code === 0, 'it ran', ended);
          const found = JSON.parse(ended.stdout) as Readonly<Record<string, unknown>>;
          const secret = 'cambist with a secret of 3 segments';
          expectThat(found[`https://${HOST}`] === secret, 'the secret', found);
          expectThat(found['evil.example.com'] === 'not found', 'nothing for another host', found);
          expectThat(JSON.stringify(found['list']).includes(`"${HOST}":"cambist"`), 'the list', found);
          expectThat(String(found['store']).includes('keeps no passwords'), 'store is refused', found);
          expectThat(found['erase'] === '', 'erase is ignored', found);
        },
      },
    ];
  },
};
