// Every command there is, in the order of the help; one line each.

import type { Command, CommandGroup } from '../command.ts';
import { applyCommand } from './apply.ts';
import { auditCommand } from './audit.ts';
import { bootstrapGroup } from './bootstrap.ts';
import { decodeCommand } from './decode.ts';
import { detectCommand } from './detect.ts';
import { doctorCommand } from './doctor.ts';
import { execCommand } from './exec.ts';
import { explainCommand } from './explain.ts';
import { exportCommand } from './export.ts';
import { identitiesGroup } from './identities.ts';
import { keysGroup } from './keys.ts';
import { meCommand } from './me.ts';
import { planCommand } from './plan.ts';
import { providersGroup } from './providers.ts';
import { rolesGroup } from './roles.ts';
import { serviceAccountsGroup } from './service-accounts.ts';
import { testCommand } from './test.ts';
import { tokenCommand } from './token.ts';
import { trustGroup } from './trust.ts';

export const COMMANDS: readonly (Command | CommandGroup)[] = [
  bootstrapGroup,
  tokenCommand,
  execCommand,
  detectCommand,
  trustGroup,
  explainCommand,
  decodeCommand,
  doctorCommand,
  applyCommand,
  planCommand,
  testCommand,
  exportCommand,
  providersGroup,
  serviceAccountsGroup,
  identitiesGroup,
  rolesGroup,
  auditCommand,
  keysGroup,
  meCommand,
];
