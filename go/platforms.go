package cambist

import (
	"context"
	"encoding/json"
	"strings"
)

var (
	projectedTokens = []string{
		"/var/run/secrets/cambist",
		"/var/run/secrets/tokens",
		"$AWS_WEB_IDENTITY_TOKEN_FILE",
		"$AZURE_FEDERATED_TOKEN_FILE",
		"/var/run/secrets/kubernetes.io/serviceaccount/token",
	}
	isCircle = map[string]string{"CIRCLECI": "true"}
	isAzure  = map[string]string{"TF_BUILD": "true"}
)

func idTokensOfJob(audience string) string {
	return "Add to the job:\n    id_tokens:\n      CAMBIST_ID_TOKEN:\n        aud: " + audience
}

// platforms are all sources, in the order in which they are considered: what the user set, then pipelines, then the machines that
// they run on. It is the order of the command line; test/vectors/sources.json holds both to it.
var platforms = []source{
	{name: "env", title: "CAMBIST_ID_TOKEN", isJob: true, origins: []origin{fromVariable("CAMBIST_ID_TOKEN")}},
	{name: "file", title: "CAMBIST_ID_TOKEN_FILE", isJob: true, origins: []origin{{
		evidence{variables: []string{"CAMBIST_ID_TOKEN_FILE"}},
		func(_ context.Context, c sourceContext) (string, error) {
			return readTokenFile(c.machine.resolve("$CAMBIST_ID_TOKEN_FILE"))
		},
	}}},
	{
		name: "github", title: "GitHub Actions", isJob: true,
		origins: []origin{fromRequest("GitHub Actions", evidence{variables: []string{"ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"}}, "value",
			func(c sourceContext) platformRequest {
				return platformRequest{
					url:    withAudience(c.variable("ACTIONS_ID_TOKEN_REQUEST_URL"), c.audience),
					header: map[string]string{"authorization": "Bearer " + c.variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN")},
				}
			})},
		incomplete: []incomplete{
			{evidence{values: map[string]string{"FORGEJO_ACTIONS": "true"}}, "the workflow does not ask for OpenID Connect",
				always("Add to the job (or the workflow):\n    enable-openid-connect: true")},
			{evidence{values: map[string]string{"GITHUB_ACTIONS": "true"}}, "the job lacks the permission `id-token: write`",
				always("Add to the job (or the workflow):\n    permissions:\n      id-token: write\n      contents: read\n" +
					"A reusable workflow needs it in the caller too, and a pull request from a fork never gets it.")},
		},
	},
	{
		name: "gitlab", title: "GitLab CI", isJob: true,
		origins:    []origin{fromMatchingVariable(evidence{values: map[string]string{"GITLAB_CI": "true"}})},
		incomplete: []incomplete{{evidence{values: map[string]string{"GITLAB_CI": "true"}}, "no variable of the job holds an ID token for this deployment", idTokensOfJob}},
	},
	{
		name: "bitbucket", title: "Bitbucket Pipelines", isJob: true,
		origins: []origin{fromVariable("BITBUCKET_STEP_OIDC_TOKEN")},
		incomplete: []incomplete{{evidence{variables: []string{"BITBUCKET_BUILD_NUMBER", "BITBUCKET_STEP_UUID"}}, "the step does not say `oidc: true`",
			func(audience string) string {
				return "Add to the step:\n    oidc:\n      audiences:\n        - " + audience
			}}},
	},
	{
		name: "circleci", title: "CircleCI", isJob: true,
		origins: []origin{
			fromProgram("CircleCI", evidence{values: isCircle, variables: []string{"CIRCLE_OIDC_TOKEN_V2"}, program: "circleci"}, func(audience string) []string {
				claims, _ := json.Marshal(map[string]string{"aud": audience})
				return []string{"run", "oidc", "get", "--claims", string(claims)}
			}),
			{evidence{values: isCircle, variables: []string{"CIRCLE_OIDC_TOKEN_V2"}}, variableTaker("CIRCLE_OIDC_TOKEN_V2")},
			{evidence{values: isCircle, variables: []string{"CIRCLE_OIDC_TOKEN"}}, variableTaker("CIRCLE_OIDC_TOKEN")},
		},
		incomplete: []incomplete{{evidence{values: isCircle}, "the job has no OpenID Connect token",
			always("A build of a fork gets one only if the project passes secrets to builds from forked pull requests;\na job without a context may need one.")}},
	},
	{
		name: "buildkite", title: "Buildkite", isJob: true,
		origins: []origin{fromProgram("Buildkite",
			evidence{values: map[string]string{"BUILDKITE": "true"}, variables: []string{"BUILDKITE_JOB_ID", "BUILDKITE_AGENT_ACCESS_TOKEN"}, program: "buildkite-agent"},
			// The ids survive renames; a rule can pin them.
			func(audience string) []string {
				return []string{"oidc", "request-token", "--audience", audience, "--claim", "organization_id,pipeline_id"}
			})},
		incomplete: []incomplete{{evidence{values: map[string]string{"BUILDKITE": "true"}}, "the buildkite-agent program or its access token is not in this environment",
			always("In a container, pass the agent in: the docker plugin has `mount-buildkite-agent: true` and `propagate-environment: true`.")}},
	},
	{
		name: "terraform-cloud", title: "HCP Terraform", isJob: true,
		origins: []origin{
			fromVariable("TFC_WORKLOAD_IDENTITY_TOKEN_CAMBIST"),
			fromMatchingVariable(evidence{prefix: "TFC_WORKLOAD_IDENTITY_TOKEN_"}),
			fromVariable("TFC_WORKLOAD_IDENTITY_TOKEN"),
		},
		incomplete: []incomplete{{evidence{variables: []string{"TFC_RUN_ID", "TFC_WORKSPACE_NAME"}}, "the workspace asks for no workload identity token",
			func(audience string) string {
				return "Set an environment variable of the workspace:\n    TFC_WORKLOAD_IDENTITY_AUDIENCE=" + audience +
					"\nor, beside other clouds, TFC_WORKLOAD_IDENTITY_AUDIENCE_CAMBIST."
			}}},
	},
	{
		name: "azure-devops", title: "Azure DevOps", isJob: true,
		origins: []origin{fromRequest("Azure DevOps", evidence{values: isAzure, variables: []string{"SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN"}}, "oidcToken",
			func(c sourceContext) platformRequest {
				address := c.variable("SYSTEM_OIDCREQUESTURI") + "?api-version=7.1"
				if connection := c.variable("CAMBIST_AZURE_SERVICE_CONNECTION_ID"); connection != "" {
					address += "&serviceConnectionId=" + escaped(connection)
				}
				return platformRequest{method: "POST", url: address, header: map[string]string{
					"authorization": "Bearer " + c.variable("SYSTEM_ACCESSTOKEN"), "content-type": "application/json",
				}}
			})},
		incomplete: []incomplete{
			{evidence{values: isAzure, variables: []string{"SYSTEM_OIDCREQUESTURI"}}, "SYSTEM_ACCESSTOKEN is not in the environment of the step",
				always("Add to the step:\n    env:\n      SYSTEM_ACCESSTOKEN: $(System.AccessToken)")},
			{evidence{values: isAzure}, "SYSTEM_OIDCREQUESTURI is not set", always("The agent or the server is too old to give ID tokens to jobs.")},
		},
	},
	{
		name: "codefresh", title: "Codefresh", isJob: true,
		origins: []origin{fromRequest("Codefresh", evidence{variables: []string{"CF_OIDC_REQUEST_URL", "CF_OIDC_REQUEST_TOKEN"}}, "id_token",
			func(c sourceContext) platformRequest {
				// Without "Bearer", as its documentation says.
				return platformRequest{url: withAudience(c.variable("CF_OIDC_REQUEST_URL"), c.audience), header: map[string]string{"authorization": c.variable("CF_OIDC_REQUEST_TOKEN")}}
			})},
	},
	{name: "semaphore", title: "Semaphore", isJob: true, origins: []origin{fromVariable("SEMAPHORE_OIDC_TOKEN")}},
	{name: "spacelift", title: "Spacelift", isJob: true, origins: []origin{fromVariable("SPACELIFT_OIDC_TOKEN"), fromFile("/mnt/workspace/spacelift.oidc")}},
	{name: "pulumi", title: "Pulumi Deployments", isJob: true, origins: []origin{fromVariable("PULUMI_OIDC_TOKEN"), fromFile("/mnt/pulumi/pulumi.oidc")}},
	{
		name: "jenkins", title: "Jenkins", isJob: true,
		origins: []origin{fromMatchingVariable(evidence{variables: []string{"JENKINS_URL", "BUILD_NUMBER"}})},
		incomplete: []incomplete{{evidence{variables: []string{"JENKINS_URL", "BUILD_NUMBER"}}, "no variable of the build holds an ID token for this deployment",
			func(audience string) string {
				return "Make a credential \"OpenID Connect id token\" with the audience " + audience + " and bind it to the variable CAMBIST_ID_TOKEN."
			}}},
	},
	{
		name: "gocdnext", title: "gocdnext", isJob: true,
		// Nothing but its own reserved names marks it.
		origins:    []origin{fromMatchingVariable(evidence{prefix: "GOCDNEXT_"})},
		incomplete: []incomplete{{evidence{prefix: "GOCDNEXT_"}, "no variable of the job holds an ID token for this deployment", idTokensOfJob}},
	},
	{
		name: "vercel", title: "Vercel", isJob: true,
		origins: []origin{fromRequest("Vercel", evidence{variables: []string{"VERCEL_OIDC_TOKEN"}}, "token", func(c sourceContext) platformRequest {
			body, _ := json.Marshal(map[string]string{"token": c.variable("VERCEL_OIDC_TOKEN"), "aud": c.audience})
			return platformRequest{method: "POST", url: "https://oidc.vercel.com/~token", body: string(body), header: map[string]string{"content-type": "application/json"}}
		})},
		incomplete: []incomplete{{evidence{values: map[string]string{"VERCEL": "1"}}, "VERCEL_OIDC_TOKEN is not set",
			always("Turn on \"Secure backend access with OIDC federation\" in the settings of the project; locally, run `vercel env pull`.\n" +
				"A function gets its token in the header x-vercel-oidc-token of each request: hand it over as CAMBIST_ID_TOKEN.")}},
	},
	{
		name: "spiffe", title: "SPIFFE Workload API",
		origins: []origin{{evidence{variables: []string{"SPIFFE_ENDPOINT_SOCKET"}}, func(ctx context.Context, c sourceContext) (string, error) {
			return fetchJwtSvid(ctx, c.variable("SPIFFE_ENDPOINT_SOCKET"), c.audience)
		}}},
	},
	{
		name: "fly", title: "Fly.io",
		origins: []origin{fromRequest("Fly.io", evidence{path: "/.fly/api"}, "", func(c sourceContext) platformRequest {
			body, _ := json.Marshal(map[string]string{"aud": c.audience})
			return platformRequest{method: "POST", url: "http://localhost/v1/tokens/oidc", socket: "/.fly/api", body: string(body), header: map[string]string{"content-type": "application/json"}}
		})},
		incomplete: []incomplete{{evidence{variables: []string{"FLY_APP_NAME", "FLY_MACHINE_ID"}}, "the socket /.fly/api is not there",
			always("In a container on the machine, mount /.fly/api into it.")}},
	},
	{
		name: "kubernetes", title: "Kubernetes",
		origins: []origin{{evidence{variables: []string{"KUBERNETES_SERVICE_HOST"}, tokenInFiles: projectedTokens}, func(_ context.Context, c sourceContext) (string, error) {
			if found := c.machine.tokensInFiles(c, projectedTokens); len(found) > 0 {
				return found[0].token, nil
			}
			return "", nil
		}}},
		incomplete: []incomplete{{evidence{variables: []string{"KUBERNETES_SERVICE_HOST"}}, "no projected token of the pod is for this deployment",
			func(audience string) string {
				return "Add to the pod, and mount the volume at /var/run/secrets/tokens:\n    volumes:\n      - name: cambist-token\n        projected:\n" +
					"          sources:\n            - serviceAccountToken:\n                path: cambist\n                audience: " + audience +
					"\n                expirationSeconds: 3600\nA token somewhere else is given with CAMBIST_ID_TOKEN_FILE."
			}}},
	},
	{
		name: "google", title: "Google Cloud",
		origins: []origin{
			googleIdentity(evidence{variables: []string{"K_SERVICE"}, absent: []string{"KUBERNETES_SERVICE_HOST"}}),
			googleIdentity(evidence{variables: []string{"CLOUD_RUN_JOB"}}),
			googleIdentity(evidence{variables: []string{"GCE_METADATA_HOST"}}),
			googleIdentity(evidence{probe: &probe{
				// By address: a name that does not exist here can take seconds not to be found.
				request: func(c sourceContext) platformRequest {
					return platformRequest{url: "http://" + orElse(c.variable("GCE_METADATA_HOST"), "169.254.169.254") + "/", header: googleHeader}
				},
				recognises: func(header func(string) string, _ int, _ string) bool { return header("metadata-flavor") == "Google" },
				found:      "the metadata server of Google answers",
			}}),
		},
	},
	{
		name: "azure", title: "Azure managed identity",
		origins: []origin{
			fromRequest("Azure managed identity", evidence{variables: []string{"IDENTITY_ENDPOINT", "IDENTITY_HEADER"}}, "access_token", func(c sourceContext) platformRequest {
				return platformRequest{
					url:    c.variable("IDENTITY_ENDPOINT") + "?api-version=2019-08-01&resource=" + escaped(c.audience) + azureClient(c),
					header: map[string]string{"x-identity-header": c.variable("IDENTITY_HEADER")},
				}
			}),
			fromRequest("Azure managed identity", evidence{probe: &probe{
				request: func(c sourceContext) platformRequest {
					return platformRequest{url: azureMetadata(c) + "/metadata/instance?api-version=2021-02-01", header: map[string]string{"metadata": "true"}}
				},
				recognises: func(_ func(string) string, status int, text string) bool {
					return status == 200 && strings.HasPrefix(text, "{") && strings.Contains(text, `"compute"`)
				},
				found: "the metadata service of Azure answers",
			}}, "access_token", func(c sourceContext) platformRequest {
				return platformRequest{
					url:    azureMetadata(c) + "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=" + escaped(c.audience) + azureClient(c),
					header: map[string]string{"metadata": "true"},
				}
			}),
		},
	},
	awsSource(),
}

var googleHeader = map[string]string{"metadata-flavor": "Google"}

func googleIdentity(when evidence) origin {
	return fromRequest("Google Cloud", when, "", func(c sourceContext) platformRequest {
		return platformRequest{
			url: "http://" + orElse(c.variable("GCE_METADATA_HOST"), "metadata.google.internal") +
				"/computeMetadata/v1/instance/service-accounts/default/identity?audience=" + escaped(c.audience) + "&format=full",
			header: googleHeader,
		}
	})
}

func azureMetadata(c sourceContext) string {
	return orElse(c.variable("AZURE_POD_IDENTITY_AUTHORITY_HOST"), "http://169.254.169.254")
}

func azureClient(c sourceContext) string {
	if id := c.variable("AZURE_CLIENT_ID"); id != "" {
		return "&client_id=" + escaped(id)
	}
	return ""
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
