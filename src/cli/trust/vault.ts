// The trust of HashiCorp Vault or OpenBao in this deployment; text only.

import type { CommandContext } from '../command.ts';
import { checked, execOptions, quoteHcl, quoteShell, readTrust, required } from './trust.ts';
import type { Trust, TrustFormat } from './trust.ts';

interface Names {
  readonly mount: string;
  readonly role: string;
  readonly policies: string;
  readonly address: string;
}

/** Commands, a role or Terraform for one auth mount. */
export async function trustVault(context: CommandContext, format: TrustFormat): Promise<string> {
  const names: Names = {
    mount: checked(context, 'mount', /^[\w-]+(\/[\w-]+)*$/, 'cambist') ?? 'cambist',
    role: checked(context, 'role', /^[\w.-]+$/, 'deploy') ?? 'cambist',
    policies: checked(context, 'policies', /^[\w./-]+(,[\w./-]+)*$/, 'deploy,read-secrets') ?? 'default',
    address: required(context, 'vault-address', /^https?:\/\/[\w.[\]:-]+$/, 'https://vault.example.com'),
  };
  const trust = await readTrust(context, names.address);
  if (format === 'hcl') return hcl(trust, names);
  if (format === 'json') return `${JSON.stringify(role(trust, names), null, 2)}\n`;
  return commands(trust, names);
}

function role({ subject, audience }: Trust, { policies }: Names): object {
  return {
    role_type: 'jwt',
    user_claim: 'sub',
    bound_subject: subject,
    bound_audiences: [audience],
    token_policies: policies.split(','),
    token_ttl: '15m',
  };
}

function commands(trust: Trust, names: Names): string {
  const { mount, address } = names;
  return `${trust.allowAudience}# Once in each Vault or OpenBao (not again for a second service account): the deployment as an identity provider
export VAULT_ADDR=${address}
vault auth enable -path=${mount} jwt
vault write auth/${mount}/config oidc_discovery_url=${trust.issuer} bound_issuer=${trust.issuer}

# A role for exactly this service account; another one needs another --role. Vault does not look at the type of a token:
# an access token of this account for the same audience logs in as well.
vault write auth/${mount}/role/${names.role} - <<'EOF'
${JSON.stringify(role(trust, names), null, 2)}
EOF

# In the pipeline; the token goes over stdin, not on the command line
cambist exec ${execOptions(trust)} --id-token VAULT_JWT=${quoteShell(trust.audience)} -- \\
  sh -c 'export VAULT_ADDR=${address}; VAULT_TOKEN="$(printf %s "$VAULT_JWT" | vault write -field=token auth/${mount}/login role=${names.role} jwt=-)" || exit 1; export VAULT_TOKEN; unset VAULT_JWT; exec ./deploy.sh'
`;
}

function hcl(trust: Trust, { mount, role: name, policies }: Names): string {
  return `resource "vault_jwt_auth_backend" "cambist" {
  path               = ${quoteHcl(mount)}
  oidc_discovery_url = ${quoteHcl(trust.issuer)}
  bound_issuer       = ${quoteHcl(trust.issuer)}
}

resource "vault_jwt_auth_backend_role" "cambist" {
  backend         = vault_jwt_auth_backend.cambist.path
  role_name       = ${quoteHcl(name)}
  role_type       = "jwt"
  user_claim      = "sub"
  bound_subject   = ${quoteHcl(trust.subject)}
  bound_audiences = [${quoteHcl(trust.audience)}]
  token_policies  = [${policies.split(',').map(quoteHcl).join(', ')}]
  token_ttl       = 900
}
`;
}
