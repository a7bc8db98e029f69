// Package acceptance tries the provider with a real Terraform or OpenTofu against a running deployment; `npm run check:terraform`
// starts both, and without them every test here is left out.
package acceptance

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"golang.org/x/oauth2"

	"cambist/iam"
	"terraform-provider-cambist/internal/provider"
)

// tenant is an organisation of its own for one test, so that no test sees what another one leaves.
type tenant struct {
	url, token, organisation string
	api                      *iam.Client
}

var tenants atomic.Int64

func newTenant(t *testing.T) *tenant {
	t.Helper()
	url, token := os.Getenv("CAMBIST_LIVE_URL"), os.Getenv("CAMBIST_LIVE_TOKEN")
	if url == "" || os.Getenv("TF_ACC_TERRAFORM_PATH") == "" {
		t.Skip("CAMBIST_LIVE_URL or TF_ACC_TERRAFORM_PATH is not set")
	}
	name := fmt.Sprintf("t%s-%d", strconv.FormatInt(time.Now().UnixNano(), 36), tenants.Add(1))
	organisation, err := client(t, url, token, "").Organisations.Create(context.Background(), iam.OrganisationCreate{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return &tenant{url: url, token: token, organisation: organisation.Identity, api: client(t, url, token, organisation.Identity)}
}

func client(t *testing.T, url, token, organisation string) *iam.Client {
	t.Helper()
	made, err := iam.New(url, iam.Options{
		TokenSource:  oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}),
		Organisation: organisation,
	})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// config is a configuration for the tenant: the provider block, and these blocks.
func (o *tenant) config(blocks ...string) string {
	return o.configAt(o.url, blocks...)
}

func (o *tenant) configAt(url string, blocks ...string) string {
	block := fmt.Sprintf("provider \"cambist\" {\n  url = %q\n  token = %q\n  organisation = %q\n}\n", url, o.token, o.organisation)
	return block + strings.Join(blocks, "\n")
}

// documents are the objects of the tenant in the list at the path.
func (o *tenant) documents(t *testing.T, path ...string) []*iam.Document {
	t.Helper()
	all, err := o.api.Documents(path...).All(context.Background(), iam.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// factories run the provider inside the test.
func factories() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"cambist": providerserver.NewProtocol6WithError(provider.New("test")()),
	}
}
