// The trust of an Entra ID application in this deployment; text only.

import type { CommandContext } from '../command.ts';
import { checked, execOptions, quoteHcl, quoteShell, readTrust, required } from './trust.ts';
import type { Trust, TrustFormat } from './trust.ts';

const GUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Commands, a federated credential or Terraform for one application. */
export async function trustAzure(context: CommandContext, format: TrustFormat): Promise<string> {
  const name = checked(context, 'name', /^[\w-]{3,120}$/, 'cambist') ?? 'cambist';
  const application = required(
    context,
    'application',
    GUID,
    '00000000-0000-0000-0000-000000000000, the client id of the application',
  );
  const tenant = checked(context, 'tenant', GUID, '00000000-0000-0000-0000-000000000000');
  const trust = await readTrust(context, 'api://AzureADTokenExchange');
  if (format === 'hcl') return hcl(trust, name, application);
  if (format === 'json') return `${JSON.stringify(credential(trust, name), null, 2)}\n`;
  return `${trust.allowAudience}# The application trusts exactly this service account
az ad app federated-credential create --id ${application} --parameters ${quoteShell(JSON.stringify(credential(trust, name)))}

# In the pipeline
export AZURE_CLIENT_ID=${application}
export AZURE_TENANT_ID=${tenant ?? '"${AZURE_TENANT_ID:?is the id of the tenant}"'}
cambist exec ${execOptions(trust)} --id-token-file AZURE_FEDERATED_TOKEN_FILE=${quoteShell(trust.audience)} -- ./deploy.sh
`;
}

function credential({ issuer, subject, audience }: Trust, name: string): object {
  return { name, issuer, subject, audiences: [audience] };
}

function hcl({ issuer, subject, audience }: Trust, name: string, application: string): string {
  return `data "azuread_application" "cambist" {
  client_id = ${quoteHcl(application)}
}

resource "azuread_application_federated_identity_credential" "cambist" {
  application_id = data.azuread_application.cambist.id
  display_name   = ${quoteHcl(name)}
  issuer         = ${quoteHcl(issuer)}
  subject        = ${quoteHcl(subject)}
  audiences      = [${quoteHcl(audience)}]
}
`;
}
