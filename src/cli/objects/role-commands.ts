// What only roles have: rules to add and take away, and service accounts that hold them.

import type { JsonMap } from '../api.ts';
import type { Command, CommandContext } from '../command.ts';
import { confirm, YES } from '../confirm.ts';
import { usageFailure } from '../failure.ts';
import { cellOf, formatStep, formatTable } from '../output.ts';
import { findObject } from './find-object.ts';
import { collectionOf, ROLES, SERVICE_ACCOUNTS } from './resources.ts';

const ROLE = { name: '<role>', description: 'the role, by id, slug or name', completes: 'roles' } as const;

export const roleCommands: readonly Command[] = [
  {
    name: 'allow',
    summary: 'add a rule to a role',
    description:
      'Adds a rule: what may be done with which resources, in the words of the API that receives the tokens.',
    options: [
      { flags: '--resource <kind>', description: 'a kind of resource, "*" for all', repeatable: true, required: true },
      {
        flags: '--permission <verb>',
        description: 'create, read, update, delete, list or "*"',
        completes: ['create', 'read', 'update', 'delete', 'list'],
        repeatable: true,
        required: true,
      },
      { flags: '--resource-identity <id>', description: 'only this resource', repeatable: true },
      { flags: '--note <text>', description: 'why the rule is there' },
    ],
    arguments: [ROLE],
    examples: ['cambist roles allow deployments --resource deployments --permission create --permission read'],
    run: async (context) => {
      const { options, output } = context;
      const rule = await (
        await context.api()
      ).post(`${await rolePath(context)}/rules`, {
        resources: options.list('resource'),
        permissions: options.list('permission'),
        resourceIdentities: options.list('resource-identity'),
        note: options.text('note') ?? '',
      });
      output.data(rule, () =>
        output.line(formatStep(output.paint('green', '✔'), 'Role rule', 'created', String(rule['identity']))),
      );
    },
  },
  {
    name: 'disallow',
    summary: 'take a rule away from a role',
    description: 'Deletes a rule of a role; asks first. `cambist roles show` lists the rules with their ids.',
    options: [YES],
    arguments: [ROLE, { name: '<rule>', description: 'the id of the rule' }],
    examples: ['cambist roles disallow deployments rule_01jfrz5x2ve3nbgfg3pm5kz4qa'],
    run: async (context) => await removeNested(context, 'rules', 'Role rule'),
  },
  {
    name: 'bind',
    summary: 'let a service account hold a role',
    description:
      'Binds a role to a service account: in the whole organisation, in some projects, or for tokens with some scopes only.',
    options: [
      {
        flags: '--service-account <id or name>',
        description: 'who holds it',
        required: true,
        completes: 'service-accounts',
      },
      { flags: '--name <name>', description: 'the name of the binding' },
      { flags: '--project <id>', description: 'in this project only', repeatable: true },
      { flags: '--scope <scope>', description: 'only for tokens with one of these scopes', repeatable: true },
    ],
    arguments: [ROLE],
    examples: ['cambist roles bind deployments --service-account deployer --project shop'],
    run: async (context) => {
      const { options, output } = context;
      const api = await context.api();
      const account = await findObject(api, SERVICE_ACCOUNTS, options.text('service-account') ?? '');
      const name = options.text('name');
      const binding = await api.post(`${await rolePath(context)}/bindings`, {
        ...(name === undefined ? {} : { name }),
        serviceAccountIdentity: account['identity'],
        projects: options.list('project'),
        scopes: options.list('scope'),
      });
      output.data(binding, () =>
        output.line(formatStep(output.paint('green', '✔'), 'Role binding', 'created', String(binding['identity']))),
      );
    },
  },
  {
    name: 'unbind',
    summary: 'take a role away from a service account',
    description: 'Deletes a binding of a role; asks first. `cambist roles bindings` lists them with their ids.',
    options: [YES],
    arguments: [ROLE, { name: '<binding>', description: 'the id of the binding' }],
    examples: ['cambist roles unbind deployments bind_01jfrz5x2ve3nbgfg3pm5kz4qa'],
    run: async (context) => await removeNested(context, 'bindings', 'Role binding'),
  },
  {
    name: 'bindings',
    summary: 'list who holds a role',
    description: 'Lists the bindings of a role.',
    options: [],
    arguments: [ROLE],
    examples: ['cambist roles bindings deployments'],
    run: async (context) => {
      const { output } = context;
      const bindings = await (await context.api()).list(`${await rolePath(context)}/bindings`);
      output.data(bindings, () => {
        if (bindings.length === 0) return output.line('Nobody holds this role.');
        const row = (view: JsonMap): string[] =>
          ['identity', 'name', 'serviceAccount.name', 'projects', 'scopes'].map(
            (member) => cellOf(view, member) || 'all',
          );
        output.line(formatTable(['ID', 'NAME', 'SERVICE ACCOUNT', 'PROJECTS', 'SCOPES'], bindings.map(row)));
      });
    },
  },
];

async function rolePath({ api, arguments: [role] }: CommandContext): Promise<string> {
  return `${collectionOf(ROLES)}/${String((await findObject(await api(), ROLES, role ?? ''))['identity'])}`;
}

async function removeNested(context: CommandContext, collection: 'rules' | 'bindings', title: string): Promise<number> {
  const [role = '', identity = ''] = context.arguments;
  const { output } = context;
  if (!/^(?:rule|bind)_[0-9a-z]{26}$/.test(identity))
    throw usageFailure(`${JSON.stringify(identity)} is not the id of one of the ${collection}.`);
  const path = await rolePath(context);
  if (!(await confirm(`Take ${identity} away from the role ${role}?`, context))) {
    output.line('Nothing was deleted.');
    return 1;
  }
  await (await context.api()).delete(`${path}/${collection}/${identity}`);
  output.data({ identity, deleted: true }, () =>
    output.line(formatStep(output.paint('green', '✔'), title, 'deleted', identity)),
  );
  return 0;
}
