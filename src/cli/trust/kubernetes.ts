// The trust of a Kubernetes API server in this deployment, and a role for the account; text only.

import type { CommandContext } from '../command.ts';
import { checked, exchangeWords, quoteHcl, quoteShell, readTrust } from './trust.ts';
import type { Trust, TrustFormat } from './trust.ts';

/** In front of the user's name, so that no account of the deployment can be taken for a user of another kind. */
const PREFIX = 'cambist:';

interface Names {
  readonly role: string;
  readonly namespace: string | undefined;
}

/** Commands, an AuthenticationConfiguration or Terraform for one cluster. */
export async function trustKubernetes(context: CommandContext, format: TrustFormat): Promise<string> {
  const names: Names = {
    role: checked(context, 'cluster-role', /^[a-z0-9:.-]+$/, 'view') ?? 'view',
    namespace: checked(context, 'namespace', /^[a-z0-9-]{1,63}$/, 'payments'),
  };
  const trust = await readTrust(context, 'kubernetes');
  if (format === 'hcl') return hcl(trust, names);
  if (format === 'json') return `${JSON.stringify(configuration(trust), null, 2)}\n`;
  return commands(trust, names);
}

function configuration({ issuer, subject, audience }: Trust): object {
  return {
    apiVersion: 'apiserver.config.k8s.io/v1beta1',
    kind: 'AuthenticationConfiguration',
    jwt: [
      {
        issuer: { url: issuer, audiences: [audience] },
        claimMappings: { username: { claim: 'sub', prefix: PREFIX } },
        claimValidationRules: [{ claim: 'sub', requiredValue: subject }],
      },
    ],
  };
}

function userName({ subject }: Trust): string {
  return PREFIX + subject;
}

function bindingName({ serviceAccount }: Trust): string {
  return `cambist-${serviceAccount.replaceAll('_', '-')}`;
}

function commands(trust: Trust, { role, namespace }: Names): string {
  const [kind, where] =
    namespace === undefined ? ['clusterrolebinding', ''] : ['rolebinding', ` --namespace=${namespace}`];
  return `${trust.allowAudience}# On the API server: --authentication-config names this file (JSON is YAML). With several accounts, leave claimValidationRules out.
# From Kubernetes 1.34 on, apiVersion is apiserver.config.k8s.io/v1 as well. The API server wants an https issuer.
cat > cambist-authentication.yaml <<'EOF'
${JSON.stringify(configuration(trust), null, 2)}
EOF

# What exactly this service account may do
kubectl create ${kind} ${bindingName(trust)} --clusterrole=${role}${where} --user=${quoteShell(userName(trust))}

# Where kubectl runs
kubectl config set-credentials cambist --exec-api-version=client.authentication.k8s.io/v1 --exec-interactive-mode=Never \\
  --exec-command=cambist \\
${['token', '--output', 'kubernetes', '--id-token', trust.audience, ...exchangeWords(trust)].map((word) => `  --exec-arg=${quoteShell(word)}`).join(' \\\n')}
`;
}

function hcl(trust: Trust, { role, namespace }: Names): string {
  const kind = namespace === undefined ? 'kubernetes_cluster_role_binding_v1' : 'kubernetes_role_binding_v1';
  return `# The API server itself is configured with what --format json prints.
resource "${kind}" "cambist" {
  metadata {
    name = ${quoteHcl(bindingName(trust))}${namespace === undefined ? '' : `\n    namespace = ${quoteHcl(namespace)}`}
  }

  role_ref {
    api_group = "rbac.authorization.k8s.io"
    kind      = "ClusterRole"
    name      = ${quoteHcl(role)}
  }

  subject {
    api_group = "rbac.authorization.k8s.io"
    kind      = "User"
    name      = ${quoteHcl(userName(trust))}
  }
}
`;
}
