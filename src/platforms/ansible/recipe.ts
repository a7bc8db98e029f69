// How to trust a workload of Ansible Automation Platform, as data; no logic.

import { NUMBER } from '../parameter-kinds.ts';
import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'ansible',
  summary: 'Ansible Automation Platform: a job template',
  parameters: [
    {
      name: 'issuer',
      value: 'url',
      description: 'the gateway, with /o',
      required: true,
      pattern: ['https://[^\\s*]+/o', 'an https URL that ends in /o'],
      from: { claim: 'iss' },
    },
    {
      name: 'organization',
      value: 'name',
      description: 'the organization',
      required: true,
      pattern: ['[^:*]+', 'a name'],
      from: { claim: 'sub', pattern: ':organization:([^:]+)' },
    },
    {
      name: 'job-template',
      value: 'name',
      description: 'the job template',
      required: true,
      pattern: ['[^:*]+', 'a name'],
      from: { claim: 'sub', pattern: ':job_template:([^:]+)' },
    },
    {
      ...NUMBER,
      name: 'organization-id',
      description: "the organization's id",
      required: true,
      from: { claim: 'aap_controller_organization_id' },
    },
    {
      ...NUMBER,
      name: 'job-template-id',
      description: "the job template's id",
      required: true,
      from: { claim: 'aap_controller_job_template_id' },
    },
  ],
  provider: { issuer: '{issuer}' },
  variants: [
    {
      name: 'workload',
      needs: [],
      subject: 'workload_type:aap_controller_automation_job:organization:{organization}:job_template:{job-template}',
      who: 'jobs of the template {job-template}',
    },
  ],
  conditions: {
    aap_controller_organization_id: '{organization-id}',
    aap_controller_job_template_id: '{job-template-id}',
  },
  claims: { aap_controller_organization_id: '{organization-id}', aap_controller_job_template_id: '{job-template-id}' },
  neighbours: [
    { who: 'another job template', set: { 'job-template': 'cambist-check' } },
    { who: 'another template that took over the name', set: { 'job-template-id': '0' } },
  ],
  accountName: 'ansible-{slug}',
  configuration: {
    file: 'task',
    text: `# Pass the workload identity token of the job as ID_TOKEN; its audience is {audience}.
set -eu
: "\${ID_TOKEN:?no token was passed}"
{exchange}
test -n "$ACCESS_TOKEN" # use it here
`,
  },
};
