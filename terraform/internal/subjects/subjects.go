// Package subjects has the functions that write a workload's subject as its platform does.
package subjects

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/function"
)

// Function writes a subject of one platform from texts.
type Function struct {
	name, summary, description string
	parameters                 []parameter
	write                      func(values []string) (string, *function.FuncError)
}

type parameter struct{ name, description string }

var _ function.Function = Function{}

// All are the functions of every platform.
func All() []func() function.Function {
	all := []func() function.Function{}
	for _, one := range []Function{githubSubject, gitlabSubject, kubernetesSubject} {
		all = append(all, func() function.Function { return one })
	}
	return all
}

// Metadata names the function.
func (f Function) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = f.name
}

// Definition says what the function takes.
func (f Function) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{Summary: f.summary, MarkdownDescription: f.description, Return: function.StringReturn{}}
	for _, one := range f.parameters {
		resp.Definition.Parameters = append(resp.Definition.Parameters, function.StringParameter{Name: one.name, MarkdownDescription: one.description})
	}
}

// Run writes the subject.
func (f Function) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	values := make([]string, len(f.parameters))
	into := make([]any, len(values))
	for index := range values {
		into[index] = &values[index]
	}
	if resp.Error = req.Arguments.Get(ctx, into...); resp.Error != nil {
		return
	}
	subject, fault := f.write(values)
	if fault != nil {
		resp.Error = fault
		return
	}
	resp.Error = resp.Result.Set(ctx, subject)
}

func wrong(argument int64, format string, values ...any) *function.FuncError {
	return function.NewArgumentFuncError(argument, fmt.Sprintf(format, values...))
}

var (
	// Also with ids, as GitHub writes new repositories, and with a pattern for all repositories of an owner.
	repository = regexp.MustCompile(`^[A-Za-z0-9_.-]+(?:@\d+)?/(?:[A-Za-z0-9_.*-]+(?:@\d+)?|\*)$`)
	ref        = regexp.MustCompile(`^refs/(?:heads|tags)/.+$`)
)

var githubSubject = Function{
	name:    "github_subject",
	summary: "The subject of a job of GitHub Actions",
	description: "Writes the `sub` of a job's ID token. `job` is one of `branch:NAME`, `tag:NAME`, `ref:REF`, `environment:NAME` and `pull_request`; " +
		"a name may be a pattern, with `provider_subject_match = \"glob\"`. A repository is `owner/name`, also as `owner@id/name@id`, which a recycled name does not match.",
	parameters: []parameter{
		{"repository", "`owner/name`, or `owner@id/name@id`."},
		{"job", "`branch:NAME`, `tag:NAME`, `ref:REF`, `environment:NAME` or `pull_request`."},
	},
	write: func(values []string) (string, *function.FuncError) {
		if !repository.MatchString(values[0]) {
			return "", wrong(0, "%q is no owner/name, as in the address of the repository.", values[0])
		}
		kind, name, isNamed := strings.Cut(values[1], ":")
		if kind == "pull_request" && !isNamed {
			return "repo:" + values[0] + ":pull_request", nil
		}
		if name == "" {
			return "", wrong(1, "%q is none of branch:NAME, tag:NAME, ref:REF, environment:NAME and pull_request.", values[1])
		}
		switch kind {
		case "branch":
			return "repo:" + values[0] + ":ref:refs/heads/" + name, nil
		case "tag":
			return "repo:" + values[0] + ":ref:refs/tags/" + name, nil
		case "ref":
			if !ref.MatchString(name) {
				return "", wrong(1, "%q begins with neither refs/heads/ nor refs/tags/; write branch:%s for a branch.", name, name)
			}
			return "repo:" + values[0] + ":ref:" + name, nil
		case "environment":
			// GitHub writes a colon in the name of an environment so.
			return "repo:" + values[0] + ":environment:" + strings.ReplaceAll(name, ":", "%3A"), nil
		}
		return "", wrong(1, "%q is none of branch:NAME, tag:NAME, ref:REF, environment:NAME and pull_request.", values[1])
	},
}

var gitlabSubject = Function{
	name:        "gitlab_subject",
	summary:     "The subject of a job of GitLab CI",
	description: "Writes the `sub` of a job's ID token: `project_path:GROUP/PROJECT:ref_type:TYPE:ref:NAME`. A name may be a pattern, with `provider_subject_match = \"glob\"`.",
	parameters: []parameter{
		{"project", "The whole path of the project, such as `group/subgroup/project`."},
		{"ref_type", "`branch` or `tag`."},
		{"ref", "The name of the branch or tag."},
	},
	write: func(values []string) (string, *function.FuncError) {
		if !regexp.MustCompile(`^[A-Za-z0-9_.*-]+(?:/[A-Za-z0-9_.*-]+)+$`).MatchString(values[0]) {
			return "", wrong(0, "%q is no path of a project, such as group/project.", values[0])
		}
		if values[1] != "branch" && values[1] != "tag" {
			return "", wrong(1, "%q is neither branch nor tag.", values[1])
		}
		if values[2] == "" || strings.HasPrefix(values[2], "refs/") {
			return "", wrong(2, "%q is no name of a %s: GitLab writes it without refs/ before it.", values[2], values[1])
		}
		return "project_path:" + values[0] + ":ref_type:" + values[1] + ":ref:" + values[2], nil
	},
}

var kubernetesName = regexp.MustCompile(`^[a-z0-9*](?:[a-z0-9.*-]*[a-z0-9*])?$`)

var kubernetesSubject = Function{
	name:        "kubernetes_subject",
	summary:     "The subject of a pod's service account in Kubernetes",
	description: "Writes the `sub` of a projected token: `system:serviceaccount:NAMESPACE:NAME`.",
	parameters: []parameter{
		{"namespace", "The namespace of the pod."},
		{"service_account", "The name of the service account that the pod runs as."},
	},
	write: func(values []string) (string, *function.FuncError) {
		for index, value := range values {
			if !kubernetesName.MatchString(value) || len(value) > 253 {
				return "", wrong(int64(index), "%q is no name in Kubernetes: small letters, digits, dots and hyphens.", value)
			}
		}
		return "system:serviceaccount:" + values[0] + ":" + values[1], nil
	},
}
