// How long many identities take, and how often the deployment is asked.

package acceptance

import (
	"strings"
	"testing"
	"time"
)

const (
	// identities in one configuration.
	identities = 500
	// Seconds that the first apply of all of them may take, and an unchanged plan. Where others load the machine, the processor
	// time of the plan stands for them: with nobody else there it takes less.
	firstApplySeconds, unchangedPlanSeconds = 60, 5
	// unchangedPlanTries are more than one, because other programs may use the machine meanwhile.
	unchangedPlanTries = 3
	// unchangedPlanRequests is how often an unchanged plan may ask the deployment.
	unchangedPlanRequests = 10
)

const manyIdentities = `
resource "cambist_identity_provider" "ci" {
  name            = "ci"
  provider_issuer = "https://ci.example.com"
}

resource "cambist_service_account" "team" {
  count = 10
  name  = "team ${count.index}"
}

resource "cambist_federated_identity" "rule" {
  count                    = 500
  name                     = "rule ${count.index}"
  provider_identity        = cambist_identity_provider.ci.identity
  service_account_identity = cambist_service_account.team[count.index % 10].identity
  provider_subject         = "project:acme/app-${count.index}:ref:main"
  allowed_scopes           = ["api:read"]
  conditions               = { environment = "production" }
}
`

// TestManyIdentities applies 500 identities at once, and counts what an unchanged plan asks for.
func TestManyIdentities(t *testing.T) {
	o := newTenant(t)
	gate := newGate(t, o.url, nil)
	w := newWorkspace(t, o.configAt(gate.URL, manyIdentities))

	started := time.Now()
	w.must("apply", "-auto-approve", "-input=false")
	applied, requests := seconds(started), gate.since()
	t.Logf("the first apply of %d identities took %.1f s and %d requests", identities, applied, len(requests))
	if applied > firstApplySeconds {
		t.Errorf("the first apply took %.1f s, more than %d", applied, firstApplySeconds)
	}
	if made := len(o.documents(t, "federated-identities")); made != identities {
		t.Errorf("there are %d identities", made)
	}

	best := float64(unchangedPlanSeconds)
	for try := 0; try < unchangedPlanTries && best >= unchangedPlanSeconds; try++ {
		started = time.Now()
		used := w.mustPlanNothing()
		planned, requests := seconds(started), gate.since()
		t.Logf("an unchanged plan took %.1f s, %.1f s of processor time and %d requests", planned, used, len(requests))
		best = min(planned, used)
		if len(requests) > unchangedPlanRequests {
			t.Errorf("an unchanged plan asked %d times:\n%s", len(requests), strings.Join(requests, "\n"))
		}
	}
	if best >= unchangedPlanSeconds {
		t.Errorf("no unchanged plan took less than %d s", unchangedPlanSeconds)
	}

	w.must("destroy", "-auto-approve", "-input=false")
	if left := len(o.documents(t, "federated-identities")); left != 0 {
		t.Errorf("%d identities are left", left)
	}
}
