// Runs the program as users run it, and stands between it and the deployment.

package acceptance

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// workspace is a directory in which the program runs as users run it, with the provider as a program of its own.
type workspace struct {
	t         *testing.T
	directory string
	variables []string
}

func newWorkspace(t *testing.T, config string) *workspace {
	t.Helper()
	binary := os.Getenv("CAMBIST_LIVE_PROVIDER")
	if binary == "" {
		t.Skip("CAMBIST_LIVE_PROVIDER is not set")
	}
	w := &workspace{t: t, directory: t.TempDir()}
	settings := fmt.Sprintf("provider_installation {\n  dev_overrides { \"cambist/cambist\" = %q }\n  direct {}\n}\n", filepath.Dir(binary))
	w.write("cli.tfrc", settings)
	w.variables = []string{"TF_CLI_CONFIG_FILE=" + filepath.Join(w.directory, "cli.tfrc"), "TF_IN_AUTOMATION=1"}
	w.configure(config)
	return w
}

func (w *workspace) write(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.directory, name), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *workspace) configure(config string) {
	w.t.Helper()
	w.write("main.tf", "terraform {\n  required_providers {\n    cambist = { source = \"cambist/cambist\" }\n  }\n}\n"+config)
}

func (w *workspace) command(arguments ...string) (*exec.Cmd, *bytes.Buffer) {
	command := exec.Command(os.Getenv("TF_ACC_TERRAFORM_PATH"), append(arguments, "-no-color")...)
	command.Dir = w.directory
	for _, variable := range os.Environ() {
		// The variables of the tests inside this process would lead the program to another provider.
		if !strings.HasPrefix(variable, "TF_") && !strings.HasPrefix(variable, "CAMBIST_") {
			command.Env = append(command.Env, variable)
		}
	}
	command.Env = append(command.Env, w.variables...)
	output := &bytes.Buffer{}
	command.Stdout, command.Stderr = output, output
	return command, output
}

// run returns what the program printed and its exit status.
func (w *workspace) run(arguments ...string) (string, int) {
	w.t.Helper()
	state, output := w.ran(arguments...)
	return output, state.ExitCode()
}

func (w *workspace) ran(arguments ...string) (*os.ProcessState, string) {
	w.t.Helper()
	command, output := w.command(arguments...)
	err := command.Run()
	if err != nil && command.ProcessState == nil {
		w.t.Fatal(err)
	}
	return command.ProcessState, output.String()
}

func (w *workspace) must(arguments ...string) string {
	w.t.Helper()
	output, status := w.run(arguments...)
	if status != 0 {
		w.t.Fatalf("%s: exit status %d\n%s", strings.Join(arguments, " "), status, tail(output))
	}
	return output
}

// mustPlanNothing fails the test if the next plan changes something; it returns the seconds of processor time that the plan took.
func (w *workspace) mustPlanNothing() float64 {
	w.t.Helper()
	state, output := w.ran("plan", "-detailed-exitcode", "-input=false")
	if state.ExitCode() != 0 {
		w.t.Fatalf("the plan is not empty (%d):\n%s", state.ExitCode(), tail(output))
	}
	return (state.UserTime() + state.SystemTime()).Seconds()
}

func tail(text string) string {
	const most = 6000
	if len(text) > most {
		return text[len(text)-most:]
	}
	return text
}

// gate is a proxy before the deployment that counts requests, and may hold them up or answer in its place.
type gate struct {
	*httptest.Server
	mutex    sync.Mutex
	requests []string
	// before is asked first; it answers itself if it returns true.
	before func(http.ResponseWriter, *http.Request) bool
}

func newGate(t *testing.T, target string, before func(http.ResponseWriter, *http.Request) bool) *gate {
	t.Helper()
	deployment, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(deployment)
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	made := &gate{before: before}
	made.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		made.mutex.Lock()
		made.requests = append(made.requests, r.Method+" "+r.URL.RequestURI())
		made.mutex.Unlock()
		if made.before == nil || !made.before(w, r) {
			// An interrupted client must not interrupt what the deployment does: as on the way to a real one.
			proxy.ServeHTTP(w, r.WithContext(context.WithoutCancel(r.Context())))
		}
	}))
	t.Cleanup(made.Close)
	return made
}

// since returns the requests since the last call.
func (g *gate) since() []string {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	taken := g.requests
	g.requests = nil
	return taken
}

func seconds(since time.Time) float64 { return time.Since(since).Seconds() }

// olderDeployment does as one does that has no `?validate=true`: it passes over it, and writes.
func olderDeployment(_ http.ResponseWriter, r *http.Request) bool {
	query := r.URL.Query()
	query.Del("validate")
	r.URL.RawQuery = query.Encode()
	return false
}
