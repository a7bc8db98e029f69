// Ansible Automation Platform as data: issuers, the grammar of `sub` and its risks; no logic.

import type { Preset } from '../preset.ts';

export const ansible: Preset = {
  name: 'ansible',
  title: 'Ansible Automation Platform',
  // `https://{host}/o` is the path of many products: registered with `preset: ansible`.
  issuers: [],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  subjectGrammar: ['workload_type:{type}:organization:{name}:job_template:{name}'],
  stableClaims: ['aap_controller_organization_id', 'aap_controller_job_template_id', 'aap_controller_project_id'],
  fixedAudience: null,
  risks: [
    'sub is made of names: bind the ids, which are strings.',
    'A job can be started by a person or by a schedule: aap_controller_launch_type and aap_controller_launched_by_id tell.',
  ],
};
