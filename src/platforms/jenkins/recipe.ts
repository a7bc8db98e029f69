// How to trust a workload of Jenkins.

import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'jenkins',
  summary: 'Jenkins: one job (OpenID Connect Provider plugin)',
  parameters: [
    {
      name: 'jenkins-url',
      value: 'url',
      description: 'the address of the controller',
      required: true,
      pattern: ['https://[^\\s?#]+[^/\\s?#]', 'an https URL without a trailing slash'],
      from: { claim: 'iss', pattern: '^(.+)/oidc(?:/.*)?$' },
    },
    {
      name: 'folder',
      value: 'path',
      description: 'the folder that owns the credential, such as job/team-a',
      pattern: ['job/[^/]+(?:/job/[^/]+)*', 'job/NAME'],
      from: { claim: 'iss', pattern: '/oidc/(.+)$' },
    },
    {
      name: 'job',
      value: 'path',
      description: 'the job, such as job/team-a/job/web/job/main',
      required: true,
      pattern: ['job/[^/]+(?:/job/[^/]+)*', 'job/NAME'],
      from: { claim: 'sub', pattern: '(job/.+?)/?$' },
    },
    {
      name: 'credential',
      value: 'id',
      description: 'the id of the credential',
      pattern: ['[A-Za-z0-9_.-]+', 'a slug'],
      default: 'cambist',
      isPin: true,
    },
  ],
  derive: (given) => {
    const folder = given.get('folder');
    return [['folder-path', folder === undefined ? '' : `/${folder}`]];
  },
  provider: { issuer: '{jenkins-url}/oidc{folder-path}' },
  variants: [{ name: 'workload', needs: [], subject: '{jenkins-url}/{job}/', who: 'builds of {job}' }],
  claims: { build_number: 1 },
  neighbours: [
    { who: 'another job', set: { job: 'job/cambist-check' } },
    { who: 'a job below this one', change: { sub: '{jenkins-url}/{job}/job/PR-1/' } },
  ],
  accountName: 'jenkins-{slug}',
  configuration: {
    file: 'Jenkinsfile',
    text: `// Credential {credential}: "OpenID Connect id token", audience {audience}
pipeline {
  agent any
  environment { ID_TOKEN = credentials('{credential}') }
  stages {
    stage('token') {
      steps {
        sh '''
          set -eu
          {exchange}
          test -n "$ACCESS_TOKEN" # use it here
        '''
      }
    }
  }
}
`,
  },
};
