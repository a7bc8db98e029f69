// What goes wrong on the way: interruptions, lost answers, limits, others who change the same object.

package acceptance

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cambist/iam"
)

const severalAccounts = `
resource "cambist_service_account" "team" {
  count = 30
  name  = "team ${count.index}"
}
`

// TestInterruptedApply interrupts an apply while objects are being created: what was created is in the state, and the next apply
// makes the rest.
func TestInterruptedApply(t *testing.T) {
	o := newTenant(t)
	var created atomic.Int64
	begun := make(chan struct{})
	gate := newGate(t, o.url, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && r.URL.RawQuery == "" && created.Add(1) == 12 {
			close(begun)
		}
		if r.Method == http.MethodPost && r.URL.RawQuery == "" {
			time.Sleep(300 * time.Millisecond)
		}
		return false
	})
	w := newWorkspace(t, o.configAt(gate.URL, severalAccounts))
	command, output := w.command("apply", "-auto-approve", "-input=false")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	<-begun
	if err := command.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err == nil {
		t.Fatalf("the interrupted apply ended well:\n%s", tail(output.String()))
	}
	made := len(o.documents(t, "service-accounts"))
	if made == 0 || made == 30 {
		t.Fatalf("%d accounts were made before the interruption", made)
	}
	if kept := strings.Count(w.must("state", "list"), "cambist_service_account"); kept != made {
		t.Fatalf("%d accounts were made and %d are in the state:\n%s", made, kept, tail(output.String()))
	}
	w.must("apply", "-auto-approve", "-input=false")
	w.mustPlanNothing()
	if all := len(o.documents(t, "service-accounts")); all != 30 {
		t.Fatalf("there are %d accounts", all)
	}
}

// TestLostAnswer loses the answer to a creation: the object is there, and no state knows it. The next apply names it and says how
// to take it over.
func TestLostAnswer(t *testing.T) {
	o := newTenant(t)
	lost := false
	gate := newGate(t, o.url, nil)
	gate.before = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || r.URL.RawQuery != "" || lost {
			return false
		}
		lost = true
		copied, err := http.NewRequest(r.Method, o.url+r.URL.Path, r.Body)
		if err != nil {
			return false
		}
		copied.Header = r.Header.Clone()
		if answer, err := http.DefaultClient.Do(copied); err == nil {
			_ = answer.Body.Close()
		}
		panic(http.ErrAbortHandler)
	}
	w := newWorkspace(t, o.configAt(gate.URL, named("it", `name = "a"`)))
	if output, status := w.run("apply", "-auto-approve", "-input=false"); status != 1 || !strings.Contains(output, "cannot be reached") {
		t.Fatalf("exit status %d:\n%s", status, output)
	}
	identity := (*o.documents(t, "service-accounts")[0])["identity"].(string)
	output, status := w.run("apply", "-auto-approve", "-input=false")
	if status != 1 || !strings.Contains(output, "to = cambist_service_account.NAME") || !strings.Contains(output, identity) {
		t.Fatalf("exit status %d:\n%s", status, output)
	}
	w.must("import", "cambist_service_account.it", identity)
	w.mustPlanNothing()
}

// TestRateLimit answers 429 at first: the provider waits and goes on.
func TestRateLimit(t *testing.T) {
	o := newTenant(t)
	var refused atomic.Int64
	gate := newGate(t, o.url, func(w http.ResponseWriter, _ *http.Request) bool {
		if refused.Add(1) > 3 {
			return false
		}
		w.Header().Set("retry-after", "1")
		w.Header().Set("content-type", "application/problem+json")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(`{"type":"urn:cambist:problem:rate-limited","status":429,"detail":"too many writes"}`))
		return true
	})
	w := newWorkspace(t, o.configAt(gate.URL, named("it", `name = "a"`)))
	w.must("apply", "-auto-approve", "-input=false")
	w.mustPlanNothing()
}

// TestChangedMeanwhile changes an object between plan and apply: nothing is written, and the refusal says what is there now.
func TestChangedMeanwhile(t *testing.T) {
	o := newTenant(t)
	w := newWorkspace(t, o.config(named("it", `name = "a"`)))
	w.must("apply", "-auto-approve", "-input=false")
	w.configure(o.config(named("it", "name = \"a\"\n  labels = { by = \"plan\" }")))
	w.must("plan", "-out=saved", "-input=false")
	identity := (*o.documents(t, "service-accounts")[0])["identity"].(string)
	o.update(t, map[string]any{"description": "by hand"}, identity, "service-accounts")
	output, status := w.run("apply", "-input=false", "saved")
	plain := strings.Join(strings.Fields(strings.ReplaceAll(output, "│", "")), " ")
	for _, words := range []string{"Somebody else changed " + identity, `description: "", now "by hand"`, "Nothing was written"} {
		if status != 1 || !strings.Contains(plain, words) {
			t.Errorf("exit status %d, without %q:\n%s", status, words, output)
		}
	}
	w.must("apply", "-auto-approve", "-input=false")
	w.mustPlanNothing()
}

// TestConcurrentApplies applies two configurations at once, which share a role: both end well, and nothing of either is lost.
func TestConcurrentApplies(t *testing.T) {
	o := newTenant(t)
	role, err := o.api.Roles.Create(t.Context(), iam.RoleCreate{Name: "shared"})
	if err != nil {
		t.Fatal(err)
	}
	part := func(name string) string {
		return o.config(fmt.Sprintf("resource \"cambist_service_account\" \"team\" {\n  count = 15\n  name = \"%s ${count.index}\"\n}\n"+
			"resource \"cambist_role_binding\" \"team\" {\n  count = 15\n  role_identity = %q\n  service_account_identity = cambist_service_account.team[count.index].identity\n}\n", name, role.Identity))
	}
	var applies sync.WaitGroup
	for _, name := range []string{"first", "second"} {
		w := newWorkspace(t, part(name))
		applies.Go(func() {
			if output, status := w.run("apply", "-auto-approve", "-input=false"); status != 0 {
				t.Errorf("%s: exit status %d\n%s", name, status, tail(output))
			}
			if output, status := w.run("plan", "-detailed-exitcode", "-input=false"); status != 0 {
				t.Errorf("%s: the plan is not empty (%d)\n%s", name, status, tail(output))
			}
		})
	}
	applies.Wait()
	if bindings := len(o.documents(t, "iam", "roles", role.Identity, "bindings")); bindings != 30 {
		t.Errorf("there are %d bindings", bindings)
	}
}

// TestTwoStates manages one object from two states: the second is told of the first, and once it imported the object, both plan
// nothing while they agree.
func TestTwoStates(t *testing.T) {
	o := newTenant(t)
	config := o.config(named("it", `name = "shared"`))
	first, second := newWorkspace(t, config), newWorkspace(t, config)
	first.must("apply", "-auto-approve", "-input=false")
	identity := (*o.documents(t, "service-accounts")[0])["identity"].(string)
	if output, status := second.run("plan", "-input=false"); status != 0 || !strings.Contains(output, identity) || !strings.Contains(output, "import {") {
		t.Errorf("the plan of the second state (%d) does not name %s:\n%s", status, identity, output)
	}
	second.must("import", "cambist_service_account.it", identity)
	second.mustPlanNothing()
	second.configure(o.config(named("it", "name = \"shared\"\n  description = \"of the second\"")))
	second.must("apply", "-auto-approve", "-input=false")
	if output, status := first.run("plan", "-detailed-exitcode", "-input=false"); status != 2 || !strings.Contains(output, "of the second") {
		t.Errorf("the first state plans (%d):\n%s", status, output)
	}
}
