// Jenkins as a token source: the pipeline binds a credential to a variable, which is found by the audience of what it holds.

import type { Source } from '../source.ts';

export const source: Source = {
  name: 'jenkins',
  title: 'Jenkins',
  layer: 'job',
  origins: [
    {
      when: { variables: ['JENKINS_URL', 'BUILD_NUMBER'], tokenInVariables: true },
      origin: { from: 'matching-variable' },
    },
  ],
  incomplete: [
    {
      when: { variables: ['JENKINS_URL', 'BUILD_NUMBER'] },
      missing: 'no variable of the build holds an ID token for this deployment',
      fix: ({ audience }) =>
        `Make a credential "OpenID Connect id token" with the audience ${audience} and bind it:\n` +
        "    withCredentials([string(credentialsId: 'cambist', variable: 'CAMBIST_ID_TOKEN')]) { … }\n" +
        'or, for the kind "as file", with file(…) and the variable CAMBIST_ID_TOKEN_FILE.',
    },
  ],
  audienceAdvice: ({ audience }) => `set the audience ${audience} on the credential in Jenkins`,
};
