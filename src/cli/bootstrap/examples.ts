// Command lines of `cambist bootstrap` that work as they stand, once the names are yours.

import type { PresetName } from '../../platforms/preset.ts';

export const EXAMPLES: Partial<Record<PresetName, readonly string[]>> = {
  github: [
    'cambist bootstrap github --repository acme/app --branch main --role deployer --scope api:write',
    'cambist bootstrap github --repository acme/app --environment production --branch main',
    'cambist bootstrap github --repository acme/app --tag "v*"',
    'cambist bootstrap github --repository acme/app --branch main --host ghe.example.com',
    'cambist bootstrap github --from-token token.jwt',
  ],
  gitlab: [
    'cambist bootstrap gitlab --project acme/app --branch main --role deployer',
    'cambist bootstrap gitlab --project acme/app --environment production --branch main --host gitlab.example.com',
  ],
  kubernetes: [
    'cambist bootstrap kubernetes --namespace payments --kubernetes-service-account checkout --context prod',
    'cambist bootstrap kubernetes --namespace payments --kubernetes-service-account checkout --issuer https://kubernetes.default.svc --jwks jwks.json',
  ],
  'terraform-cloud': ['cambist bootstrap terraform-cloud --organization acme --workspace network'],
  generic: [
    'cambist bootstrap generic --issuer https://issuer.example.com --subject job:deploy --condition tenant=acme',
  ],
};
