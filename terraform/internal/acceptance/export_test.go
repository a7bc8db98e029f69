package acceptance

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"cambist/iam"
)

// root is that of the repository.
var root = filepath.Join("..", "..", "..")

// cambist runs the command line for the tenant.
func (o *tenant) cambist(t *testing.T, arguments ...string) string {
	t.Helper()
	node := os.Getenv("CAMBIST_LIVE_NODE")
	if node == "" {
		t.Skip("CAMBIST_LIVE_NODE is not set")
	}
	command := exec.Command(node, append([]string{"src/cli/main.ts"}, arguments...)...)
	command.Dir = root
	command.Env = append(os.Environ(), "CAMBIST_URL="+o.url, "CAMBIST_TOKEN="+o.token, "CAMBIST_ORGANISATION="+o.organisation)
	var output, problems bytes.Buffer
	command.Stdout, command.Stderr = &output, &problems
	if err := command.Run(); err != nil {
		t.Fatalf("cambist %s: %v\n%s", strings.Join(arguments, " "), err, problems.String())
	}
	return output.String()
}

// hostile has everything that HCL or a shell reads as its own.
const hostile = "a \"quoted\" ${var.x} %{ if true } $${y} %%{z} \\ back\nline\ttab é 漢 🦀 $ % { <<EOT"

// populate makes objects of every kind, with every member that may differ from its default.
func (o *tenant) populate(t *testing.T) int {
	t.Helper()
	made := 0
	create := func(path string, body iam.Document) string {
		t.Helper()
		document, err := o.api.Documents(strings.Split(path, "/")...).Create(context.Background(), body)
		if err != nil {
			t.Fatal(err)
		}
		made++
		return (*document)["identity"].(string)
	}
	about := func(body iam.Document) iam.Document {
		line := strings.NewReplacer("\n", " ", "\t", " ").Replace(hostile)
		body["description"], body["labels"], body["annotations"] = hostile, map[string]any{"a/b": line, "true": "x"}, map[string]any{"note": hostile}
		return body
	}
	github := create("federated-identity-providers", iam.Document{"name": "GitHub", "providerIssuer": "https://token.actions.githubusercontent.com"})
	generic := create("federated-identity-providers", about(iam.Document{
		"name": "git hub", "providerIssuer": "https://gitlab.example.com", "preset": "generic", "status": "inactive",
		"allowedAlgorithms": []any{"ES256", "EdDSA"}, "maxTokenLifetime": 600, "subjectClaim": "/a/b",
		"localJwks": map[string]any{"keys": []any{map[string]any{
			"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "k",
			"x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
		}}},
	}))
	deployer := create("service-accounts", iam.Document{"name": "Deployer"})
	other := create("service-accounts", about(iam.Document{"name": "deploy er", "slug": "other-slug", "status": "inactive"}))
	// Two names that are one word.
	for _, name := range []string{"main", "Main!"} {
		create("federated-identities", iam.Document{
			"name": name, "serviceAccountIdentity": deployer, "providerIdentity": github, "providerSubject": "repo:acme/app:ref:refs/heads/main",
		})
	}
	create("federated-identities", about(iam.Document{
		"name": "${every} member", "serviceAccountIdentity": other, "providerIdentity": generic,
		"providerSubject": "group/project/*", "providerSubjectMatch": "glob", "trustedAudiences": []any{"x", "y"}, "audienceMatchMode": "exact",
		"conditions": map[string]any{
			"ref": map[string]any{"glob": "refs/heads/${x}*"}, "run": []any{1, "2", true}, "/a/b": map[string]any{"not": []any{"x"}},
			"environment": map[string]any{"exists": true}, "number": 42,
		},
		"expression": "claims.sub != \"${y}\"", "allowedScopes": []any{"a:b", "b:c"}, "tokenAudiences": []any{"https://z.example", "https://a.example"},
		"tokenLifetime": 120, "maxTokenLifetime": 600, "forwardedClaims": []any{"/a/b", "sha"}, "replayProtection": "singleUse",
		"mode": "shadow", "status": "inactive", "expiresAt": "2099-01-01T00:00:00Z",
	}))
	create("federated-identities", iam.Document{
		"name": "past", "serviceAccountIdentity": other, "providerIdentity": generic, "providerSubject": "x", "expiresAt": "2020-01-01T00:00:00Z",
	})
	reader := create("iam/roles", about(iam.Document{"name": "Reader", "rules": []any{
		map[string]any{"resources": []any{"a"}, "permissions": []any{"read"}},
		map[string]any{"resources": []any{"a", "b"}, "permissions": []any{"*"}, "resourceIdentities": []any{"1", "2"}, "note": hostile},
	}}))
	empty := create("iam/roles", iam.Document{"name": "empty role", "slug": "er"})
	create("iam/roles/"+reader+"/bindings", about(iam.Document{"name": "first", "serviceAccountIdentity": deployer}))
	create("iam/roles/"+reader+"/bindings", iam.Document{"name": "second", "serviceAccountIdentity": deployer, "projects": []any{"a", "b"}, "scopes": []any{"a:b", "x:y"}})
	create("iam/roles/"+empty+"/bindings", iam.Document{"name": "third", "serviceAccountIdentity": other})
	create("service-accounts/"+deployer+"/access-credentials", about(iam.Document{"name": "old", "scopes": []any{"a:b"}, "expiresAt": inDays(30)}))
	return made
}

// TestExport imports what `cambist export --format hcl` writes: nothing changes, and nothing is left to say. Without the import
// blocks the same file makes the same organisation elsewhere.
func TestExport(t *testing.T) {
	o := newTenant(t)
	made := o.populate(t)
	file := o.cambist(t, "export", "--format", "hcl")
	w := newWorkspace(t, "")
	w.variables = append(w.variables, "CAMBIST_TOKEN="+o.token)
	w.write("main.tf", file)
	w.must("fmt", "-check", "-diff")
	counted := regexp.MustCompile(`Plan: (\d+) to import, 0 to add, 0 to change, 0 to destroy`)
	planned := w.must("plan", "-input=false")
	if found := counted.FindStringSubmatch(planned); found == nil || found[1] != strconv.Itoa(made) {
		t.Fatalf("%d objects are not imported, or more than that happens:\n%s", made, tail(planned))
	}
	before := o.everything(t)
	w.must("apply", "-auto-approve", "-input=false")
	if after := o.everything(t); !reflect.DeepEqual(before, after) {
		t.Fatalf("the import changed something:\n%v\n%v", before, after)
	}
	w.mustPlanNothing()

	copied := newTenant(t)
	resources, _, found := strings.Cut(file, "# What is there already.")
	if !found {
		t.Fatal("the import blocks are not at the end")
	}
	second := newWorkspace(t, "")
	second.variables = append(second.variables, "CAMBIST_TOKEN="+o.token)
	second.write("main.tf", regexp.MustCompile(`organisation = ".*"`).ReplaceAllString(resources, `organisation = "`+copied.organisation+`"`))
	second.must("apply", "-auto-approve", "-input=false")
	second.mustPlanNothing()
	if there, here := o.declared(t), copied.declared(t); !reflect.DeepEqual(there, here) {
		t.Fatalf("the file made another organisation:\n%v\n%v", there, here)
	}
}

// everything is each object of the tenant as it is answered.
func (o *tenant) everything(t *testing.T) []*iam.Document {
	t.Helper()
	var all []*iam.Document
	for _, path := range []string{"federated-identity-providers", "service-accounts", "federated-identities", "iam/roles"} {
		all = append(all, o.documents(t, strings.Split(path, "/")...)...)
	}
	return all
}

// declared is the organisation as a configuration for `cambist apply`.
func (o *tenant) declared(t *testing.T) map[string]any {
	t.Helper()
	var configuration map[string]any
	if err := json.Unmarshal([]byte(o.cambist(t, "export", "--json", "--name", "same")), &configuration); err != nil {
		t.Fatal(err)
	}
	return configuration
}

// TestGuide applies the blocks of docs/guides/terraform.md.
func TestGuide(t *testing.T) {
	o := newTenant(t)
	text, err := os.ReadFile(filepath.Join(root, "docs", "guides", "terraform.md"))
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, block := range regexp.MustCompile("(?s)```hcl\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		if strings.Contains(block[1], "cambist_") {
			blocks = append(blocks, block[1])
		}
	}
	if len(blocks) == 0 {
		t.Fatal("the guide has no blocks")
	}
	w := newWorkspace(t, o.config())
	w.write("guide.tf", strings.Join(blocks, "\n"))
	w.must("fmt", "-check", "-diff", "guide.tf")
	w.must("apply", "-auto-approve", "-input=false")
	w.mustPlanNothing()
}
