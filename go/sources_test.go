package cambist

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

type sourceCase struct {
	Name      string            `json:"name"`
	Variables map[string]string `json:"variables"`
	Files     map[string]string `json:"files"`
	Programs  []string          `json:"programs"`
	Source    string            `json:"source"`
	Chosen    string            `json:"chosen"`
	Code      string            `json:"code"`
}

// TestSources holds detection to the cases that the command line is held to.
func TestSources(t *testing.T) {
	var vectors struct {
		Deployment string                    `json:"deployment"`
		Tokens     map[string]map[string]any `json:"tokens"`
		Cases      []sourceCase              `json:"cases"`
	}
	text, err := os.ReadFile("../test/vectors/sources.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &vectors); err != nil || len(vectors.Cases) < 50 {
		t.Fatal(len(vectors.Cases), err)
	}
	filled := func(text string) string {
		for name, claims := range vectors.Tokens {
			text = strings.Replace(text, "$"+name, unsigned(claims), 1)
		}
		return text
	}
	for _, one := range vectors.Cases {
		t.Run(one.Name, func(t *testing.T) {
			m := nowhere(t)
			for name, value := range one.Variables {
				m.variables[name] = filled(value)
			}
			for path, text := range one.Files {
				place(t, m, path, filled(text))
			}
			m.lookPath = func(name string) bool { return slices.Contains(one.Programs, name) }
			detected, err := detectOn(context.Background(), m, DetectOptions{URL: vectors.Deployment, Source: one.Source})
			if one.Chosen != "" {
				if err != nil || detected.Name != one.Chosen {
					t.Errorf("found %v, error %v", detected, err)
				}
				return
			}
			code := strings.Replace(one.Code, "usage", CodeInvalidOptions, 1)
			var failure *Error
			if !errors.As(err, &failure) || failure.Code != code {
				t.Errorf("found %v, error %v, want %s", detected, err, code)
			}
		})
	}
}

// nowhere is a machine without variables, files, programs or a network.
func nowhere(t *testing.T) *machine {
	t.Helper()
	return &machine{
		variables: map[string]string{},
		at:        t.TempDir(),
		client:    &http.Client{Transport: lost{}},
		lookPath:  func(string) bool { return false },
	}
}

type lost struct{}

func (lost) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("no network") }

func place(t *testing.T, m *machine, path, text string) {
	t.Helper()
	file := filepath.Join(m.at, path)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// unsigned is a token with these claims; nobody verifies it here.
func unsigned(claims map[string]any) string {
	payload, _ := json.Marshal(claims)
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"RS256","kid":"k"}`)) + "." + encode(payload) + ".c2lnbmF0dXJl"
}

const ours = "https://cambist.example.com"

func ourToken() string {
	return unsigned(map[string]any{"iss": "https://issuer.example.com", "aud": ours})
}

func take(t *testing.T, m *machine, source string) (string, error) {
	t.Helper()
	detected, err := detectOn(context.Background(), m, DetectOptions{URL: ours + "/", Source: source})
	if err != nil {
		t.Fatal(err)
	}
	return detected.IDToken(context.Background())
}

func TestGitHub(t *testing.T) {
	var asked []string
	status := []int{500, 200}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.String()+" "+r.Header.Get("authorization"))
		w.WriteHeader(status[len(asked)-1])
		_ = json.NewEncoder(w).Encode(map[string]any{"count": 1, "value": ourToken()})
	}))
	defer server.Close()
	m := nowhere(t)
	m.client = server.Client()
	m.variables["ACTIONS_ID_TOKEN_REQUEST_URL"] = server.URL + "/idtoken?api-version=2.0"
	m.variables["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "runner"
	token, err := take(t, m, "")
	if err != nil || token != ourToken() {
		t.Fatal(token, err)
	}
	want := "/idtoken?api-version=2.0&audience=https%3A%2F%2Fcambist.example.com Bearer runner"
	if len(asked) != 2 || asked[1] != want {
		t.Errorf("asked %q", asked)
	}
}

func TestPlatformThatRefuses(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(403)
		_, _ = w.Write([]byte("no: " + ourToken()))
	}))
	defer server.Close()
	m := nowhere(t)
	m.client = server.Client()
	m.variables["CF_OIDC_REQUEST_URL"], m.variables["CF_OIDC_REQUEST_TOKEN"] = server.URL, "t"
	_, err := take(t, m, "")
	var failure *Error
	if !errors.As(err, &failure) || failure.Code != CodePlatformRefused || failure.Status != 403 || strings.Contains(err.Error(), "eyJ") {
		t.Error(err)
	}
}

func TestPlatformThatAnswersNoToken(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"id_token":null}`))
	}))
	defer server.Close()
	m := nowhere(t)
	m.client = server.Client()
	m.variables["CF_OIDC_REQUEST_URL"], m.variables["CF_OIDC_REQUEST_TOKEN"] = server.URL, "t"
	var failure *Error
	if _, err := take(t, m, ""); !errors.As(err, &failure) || failure.Code != CodeNotAToken {
		t.Error(err)
	}
}

func TestSeveralTokensThatFit(t *testing.T) {
	m := nowhere(t)
	m.variables["GITLAB_CI"], m.variables["ONE"] = "true", ourToken()
	m.variables["SAME"] = ourToken()
	if token, err := take(t, m, ""); err != nil || token != ourToken() {
		t.Error(token, err)
	}
	m.variables["OTHER"] = unsigned(map[string]any{"iss": "https://issuer.example.com", "aud": []string{ours}})
	var failure *Error
	if _, err := take(t, m, ""); !errors.As(err, &failure) || failure.Code != CodeSourceAmbiguous || !strings.Contains(err.Error(), "ONE, OTHER, SAME") {
		t.Error(err)
	}
}

func TestProgram(t *testing.T) {
	m := nowhere(t)
	m.variables["BUILDKITE"], m.variables["BUILDKITE_JOB_ID"], m.variables["BUILDKITE_AGENT_ACCESS_TOKEN"] = "true", "1", "t"
	m.lookPath = func(name string) bool { return name == "buildkite-agent" }
	m.program = func(_ context.Context, name string, arguments ...string) (string, error) {
		if name+" "+strings.Join(arguments, " ") != "buildkite-agent oidc request-token --audience https://cambist.example.com --claim organization_id,pipeline_id" {
			t.Errorf("ran %s %v", name, arguments)
		}
		return ourToken() + "\n", nil
	}
	if token, err := take(t, m, ""); err != nil || token != ourToken() {
		t.Error(token, err)
	}
}

func TestMetadataServices(t *testing.T) {
	m := nowhere(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("metadata-flavor", "Google")
		_, _ = w.Write([]byte(ourToken()))
	}))
	defer server.Close()
	m.client = &http.Client{Transport: only{"169.254.169.254", server}}
	detected, err := detectOn(context.Background(), m, DetectOptions{URL: ours})
	if err != nil || detected.Name != "google" {
		t.Fatal(detected, err)
	}
	m.client = &http.Client{Transport: only{"metadata.google.internal", server}}
	if token, err := detected.IDToken(context.Background()); err != nil || token != ourToken() {
		t.Error(token, err)
	}
}

// only leads one host to the server; every other one does not exist.
type only struct {
	host   string
	server *httptest.Server
}

func (o only) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.Host != o.host {
		return nil, errors.New("no such host")
	}
	there := request.Clone(request.Context())
	there.URL.Host = strings.TrimPrefix(o.server.URL, "http://")
	return o.server.Client().Transport.RoundTrip(there)
}

func TestEnvAndFile(t *testing.T) {
	ctx := context.Background()
	t.Setenv("MY_TOKEN", ourToken()+"\n")
	if token, err := EnvIDToken("MY_TOKEN")(ctx); err != nil || token != ourToken() {
		t.Error(token, err)
	}
	path := filepath.Join(t.TempDir(), "token")
	read := FileIDToken(path)
	var failure *Error
	for text, code := range map[string]string{
		ourToken():                           "",
		ourToken() + "\n":                    "",
		ourToken() + "\r\n":                  "",
		ourToken() + "\n\n":                  CodeNotAToken,
		" " + ourToken():                     CodeNotAToken,
		"":                                   CodeNotAToken,
		"not a token":                        CodeNotAToken,
		strings.Repeat("a", 20_000) + ".a.a": CodeNotAToken,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		token, err := read(ctx)
		if code == "" && (err != nil || token != ourToken()) {
			t.Errorf("%q: %q, error %v", text, token, err)
		}
		if code != "" && (!errors.As(err, &failure) || failure.Code != code) {
			t.Errorf("%q: error %v", text, err)
		}
	}
	if _, err := FileIDToken(path + "-missing")(ctx); !errors.As(err, &failure) || failure.Code != CodeSourceIncomplete || strings.Count(err.Error(), path) != 1 {
		t.Error(err)
	}
	if _, err := EnvIDToken("NOT_SET")(ctx); !errors.As(err, &failure) || failure.Code != CodeSourceIncomplete {
		t.Error(err)
	}
}
