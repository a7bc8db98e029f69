// Buildkite, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'buildkite',
  title: 'Buildkite',
  issuers: ['https://agent.buildkite.com'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  tenancy: {
    sharedIssuers: ['https://agent.buildkite.com'],
    subjects: ['organization:{tenant}:', '{uuid}'],
    isComposed: false,
    tenantClaims: ['organization_slug', 'organization_id', 'pipeline_id', 'cluster_id'],
  },
  runClaims: ['agent_id', 'build_number', 'job_id'],
  fixedAudience: null,
};
