package acceptance

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
)

// TestLookups reads an object of each kind by everything that finds it, and gets what the resource has.
func TestLookups(t *testing.T) {
	keys := map[string][]string{
		"organisation": {"identity", "name", "slug"}, "identity_provider": {"identity", "name", "provider_issuer"},
		"service_account": {"identity", "name", "slug"}, "federated_identity": {"identity", "name"},
		"role": {"identity", "name", "slug"}, "role_binding": {"identity", "name"}, "access_credential": {"identity", "name"},
	}
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			o := newTenant(t)
			blocks := []string{kind.block(kind.all(o)...)}
			var checks []resource.TestCheckFunc
			address := "cambist_" + kind.name + ".it"
			for _, key := range keys[kind.name] {
				blocks = append(blocks, fmt.Sprintf("data \"cambist_%s\" \"by_%s\" {\n  %s = %s.%s\n}\n", kind.name, key, key, address, key))
				for _, attribute := range []string{"identity", "name", "object_version", "created_at", "labels.%"} {
					checks = append(checks, resource.TestCheckResourceAttrPair("data."+address[:len(address)-2]+"by_"+key, attribute, address, attribute))
				}
			}
			if len(keys[kind.name]) == 0 {
				t.Fatal("no key is tried")
			}
			resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: factories(), Steps: []resource.TestStep{
				{Config: o.config(blocks...), Check: resource.ComposeAggregateTestCheckFunc(checks...)},
			}})
		})
	}
}

func TestLookupsThatFail(t *testing.T) {
	o := newTenant(t)
	account := named("a", `name = "deployer"`)
	refused := func(block, words string) resource.TestStep {
		return resource.TestStep{Config: o.config(account, block), ExpectError: regexp.MustCompile(words)}
	}
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: factories(), Steps: []resource.TestStep{
		{Config: o.config(account)},
		refused(`data "cambist_service_account" "x" { slug = "nobody" }`, `(?s)No service\s+account\s+of\s+this\s+organisation\s+has\s+the\s+slug\s+"nobody"`),
		refused(`data "cambist_service_account" "x" {}`, `Exactly\s+one\s+of\s+these`),
		refused(`data "cambist_service_account" "x" {
  name = "deployer"
  slug = "deployer"
}`, `Exactly\s+one\s+of\s+these`),
		refused(`data "cambist_service_account" "x" { name = "" }`, `is to find it is\s+empty`),
		{Config: o.config(account, `data "cambist_service_account" "x" { slug = "deployer" }`)},
	}})
}

func TestTrust(t *testing.T) {
	o := newTenant(t)
	account := named("a", `name = "deployer"`)
	block := func(platform, more string) string {
		return fmt.Sprintf("data \"cambist_trust\" \"x\" {\n  platform = %q\n  service_account = cambist_service_account.a.identity\n  %s\n}\n", platform, more)
	}
	address := "data.cambist_trust.x"
	step := func(platform, more string, checks ...resource.TestCheckFunc) resource.TestStep {
		checks = append(checks, resource.TestCheckResourceAttr(address, "issuer", o.url))
		return resource.TestStep{Config: o.config(account, block(platform, more)), Check: resource.ComposeAggregateTestCheckFunc(checks...)}
	}
	matches := func(attribute, words string) resource.TestCheckFunc {
		return resource.TestMatchResourceAttr(address, attribute, regexp.MustCompile(words))
	}
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: factories(), Steps: []resource.TestStep{
		step("aws", "", resource.TestCheckNoResourceAttr(address, "document"), resource.TestCheckResourceAttr(address, "audience", "sts.amazonaws.com"), resource.TestCheckResourceAttrPair(address, "subject", "cambist_service_account.a", "identity")),
		step("aws", `aws_account = "123456789012"`, matches("document", `arn:aws:iam::123456789012:oidc-provider/localhost:\d+`), matches("conditions.%", "2")),
		step("gcp", `audience = "https://iam.googleapis.com/projects/1/x"`, matches("document", `assertion\.sub == 'sa_`)),
		step("azure", `project = "a/b:c%"`, matches("subject", `^sa_.*:project:a%2Fb%3Ac%25$`), matches("document", `api://AzureADTokenExchange`)),
		step("vault", `audience = "https://vault.example.com"`, matches("document", `bound_subject`)),
		step("kubernetes", "", matches("document", `AuthenticationConfiguration`), matches("jwks_uri", "^http")),
		{Config: o.config(account, block("gcp", "")), ExpectError: regexp.MustCompile(`Google Cloud\s+has\s+no\s+usual\s+one`)},
		{Config: o.config(account, block("azure", `aws_account = "123456789012"`)), ExpectError: regexp.MustCompile(`belongs to`)},
		{Config: o.config(account, block("oracle", "")), ExpectError: regexp.MustCompile(`value\s+must\s+be\s+one\s+of`)},
		{Config: o.config(account)},
	}})
}

func TestFunctions(t *testing.T) {
	output := func(call string) string {
		return "output \"subject\" {\n  value = provider::cambist::" + call + "\n}\n"
	}
	o := newTenant(t)
	step := func(call, want string) resource.TestStep {
		return resource.TestStep{Config: o.config(output(call)), Check: resource.TestCheckOutput("subject", want)}
	}
	refused := func(call, words string) resource.TestStep {
		return resource.TestStep{Config: o.config(output(call)), ExpectError: regexp.MustCompile(words)}
	}
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: factories(), Steps: []resource.TestStep{
		step(`github_subject("acme/app", "branch:main")`, "repo:acme/app:ref:refs/heads/main"),
		step(`github_subject("acme@1/app@2", "tag:v*")`, "repo:acme@1/app@2:ref:refs/tags/v*"),
		step(`github_subject("acme/*", "ref:refs/heads/main")`, "repo:acme/*:ref:refs/heads/main"),
		step(`github_subject("acme/app", "environment:prod:eu")`, "repo:acme/app:environment:prod%3Aeu"),
		step(`github_subject("acme/app", "pull_request")`, "repo:acme/app:pull_request"),
		step(`gitlab_subject("acme/shop/app", "branch", "main")`, "project_path:acme/shop/app:ref_type:branch:ref:main"),
		step(`kubernetes_subject("shop", "deployer")`, "system:serviceaccount:shop:deployer"),
		refused(`github_subject("https://github.com/acme/app", "branch:main")`, `is\s+no\s+owner/name`),
		refused(`github_subject("acme/app", "main")`, `is\s+none\s+of`),
		refused(`github_subject("acme/app", "ref:main")`, `begins\s+with\s+neither`),
		refused(`gitlab_subject("app", "branch", "main")`, `is\s+no\s+path\s+of\s+a\s+project`),
		refused(`gitlab_subject("acme/app", "commit", "main")`, `neither\s+branch\s+nor\s+tag`),
		refused(`kubernetes_subject("Shop", "deployer")`, `no\s+name\s+in\s+Kubernetes`),
		step(`kubernetes_subject("shop", "default")`, "system:serviceaccount:shop:default"),
	}})
}
