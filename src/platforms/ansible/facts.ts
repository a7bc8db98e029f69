// Ansible Automation Platform for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: ['workload_type:{type}:organization:{name}:job_template:{name}'],
  stableClaims: ['aap_controller_organization_id', 'aap_controller_job_template_id', 'aap_controller_project_id'],
  risks: [
    'sub is made of names: bind the ids, which are strings.',
    'A job can be started by a person or by a schedule: aap_controller_launch_type and aap_controller_launched_by_id tell.',
  ],
};
