// Terraform and OpenTofu: `init` takes a module from a private registry, which the credentials helper opens.

import { spawnSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';

import type { Lab } from '../lab.ts';
import type { Reply } from '../network.ts';
import type { Ended } from '../programs.ts';
import { expectThat, LeftOut } from '../tool.ts';
import type { Proof, Tool } from '../tool.ts';

const HOST = 'registry.example.com';
const MODULE = `module "app" {\n  source  = "${HOST}/acme/app/none"\n  version = "1.0.0"\n}\n`;
const HELPER = 'terraform-credentials-cambist';
const BRINGS = {
  terraform: 'https://developer.hashicorp.com/terraform/install has it',
  tofu: 'https://opentofu.org/docs/intro/install has it',
} as const;

export const terraform: Tool = {
  name: 'terraform',
  section: 'Terraform and OpenTofu',
  prepare: async (lab, block) => {
    const archive = moduleArchive(lab);
    lab.network.host(HOST, async ({ path, headers }): Promise<Reply> => {
      if (path === '/.well-known/terraform.json') return { body: { 'modules.v1': '/v1/modules/' } };
      if (path === '/app.tgz') return { headers: { 'content-type': 'application/gzip' }, body: archive };
      const [, token = ''] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? [];
      try {
        await lab.deployment.verify(token, lab.deployment.url);
      } catch {
        return { status: 401, body: { errors: ['who are you?'] } };
      }
      if (path === '/v1/modules/acme/app/none/versions')
        return { body: { modules: [{ versions: [{ version: '1.0.0' }] }] } };
      return { status: 204, headers: { 'x-terraform-get': `https://${HOST}/app.tgz` } };
    });
    lab.write('.terraformrc', block);
    lab.write('.terraform.d/plugins/README', 'The helpers of Terraform are here.\n');
    symlinkSync(join(lab.bin, HELPER), join(lab.home, '.terraform.d/plugins', HELPER));
    return await Promise.resolve((['terraform', 'tofu'] as const).flatMap((name) => proofsOf(lab, name)));
  },
};

function proofsOf(lab: Lab, name: keyof typeof BRINGS): readonly Proof[] {
  const run = async (attempt: string, ...words: string[]): Promise<Ended> => {
    const program = lab.need(name, BRINGS[name]);
    lab.write(`${name} ${attempt}/main.tf`, MODULE);
    return await lab.run(program, [`-chdir=${join(lab.home, `${name} ${attempt}`)}`, ...words], {
      CHECKPOINT_DISABLE: '1',
      // It goes on without credentials, and says why in its log alone.
      TF_LOG: 'WARN',
    });
  };
  return [
    {
      says: `${name} takes a module of the private registry`,
      prove: async () => {
        const ended = await run('taken', 'init', '-no-color', '-input=false');
        expectThat(ended.code === 0, 'init', ended);
      },
    },
    {
      says: `${name} has the reason of a refusal in its log`,
      prove: async () => {
        const ended = await lab.deployment.whileRefused(async () => await run('refused', 'init', '-no-color'));
        expectThat(ended.code !== 0 && ended.stderr.includes('The exchange was refused'), 'the reason', ended);
      },
    },
    {
      says: `${name} logout is refused, since nothing is kept`,
      prove: async () => {
        const ended = await run('out', 'logout', HOST);
        expectThat(ended.code !== 0 && ended.stderr.includes('cambist keeps no tokens'), 'refused', ended);
      },
    },
  ];
}

function moduleArchive({ workshop, write }: Lab): Buffer {
  const file = write('module/outputs.tf', 'output "it" {\n  value = "works"\n}\n');
  const { status, stdout } = spawnSync('tar', ['-czf', '-', '-C', join(file, '..'), 'outputs.tf'], { cwd: workshop });
  if (status !== 0) throw new LeftOut('there is no tar on this machine; a system package `tar` brings it');
  return stdout;
}
