package iam_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"cambist"
	"cambist/iam"
)

// answers gives one answer after the other, and the last one again.
func answers(t *testing.T, handlers ...http.HandlerFunc) (*iam.Client, *atomic.Int32) {
	t.Helper()
	calls := new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		judging(func(w http.ResponseWriter, r *http.Request) { handlers[min(int(calls.Add(1)), len(handlers))-1](w, r) })(w, r)
	}))
	t.Cleanup(server.Close)
	return newClient(t, server.URL, iam.Options{}), calls
}

// judging answers as a deployment that knows `?validate=true` does, before it asks the next.
func judging(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if validate := r.URL.Query().Get("validate"); validate != "" && validate != "true" {
			problem(400, `{"title":"Bad Request","errors":[{"parameter":"validate","detail":"must be true or false, once"}]}`)(w, r)
			return
		}
		next(w, r)
	}
}

func problem(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("content-type", "application/problem+json")
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func found(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(w, `{"identity":"sa_1","name":"a","labels":{},"createdAt":"2026-01-01T00:00:00Z","objectVersion":1,"newer":true}`)
}

func busy(status int) http.HandlerFunc {
	return problem(status, `{"type":"urn:cambist:problem:busy","title":"Busy","status":503,"detail":"try again"}`)
}

func cut(w http.ResponseWriter, _ *http.Request) {
	connection, _, _ := w.(http.Hijacker).Hijack()
	connection.Close()
}

func TestRepeats(t *testing.T) {
	raced := problem(409, `{"title":"Conflict","detail":"lost a race"}`, "retry-after", "1")
	for name, c := range map[string]struct {
		first http.HandlerFunc
		do    func(*iam.Client) error
		calls int
		fails bool
	}{
		"a read that is rate limited":              {busy(429), get, 2, false},
		"a read while storage fails":               {busy(503), get, 2, false},
		"a read that a proxy loses":                {cut, get, 2, false},
		"a creation that is rate limited":          {busy(429), create, 2, false},
		"a creation that lost a race":              {raced, create, 2, false},
		"a creation that may have worked":          {busy(503), create, 1, true},
		"a creation whose answer is lost":          {cut, create, 1, true},
		"a creation that is only judged":           {busy(503), judge, 2, false},
		"a change while storage fails":             {busy(503), update, 2, false},
		"a change of a version that may be done":   {busy(503), updateVersion, 1, true},
		"a change of a version, rate limited":      {busy(429), updateVersion, 2, false},
		"a refusal":                                {problem(400, `{"detail":"no"}`), get, 1, true},
		"what is not implemented":                  {busy(501), get, 1, true},
		"a conflict that trying again cannot mend": {problem(409, `{"detail":"taken"}`), create, 1, true},
		"a wait of an hour":                        {problem(429, `{"detail":"slow down"}`, "retry-after", "3600"), get, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			client, calls := answers(t, c.first, found)
			err := c.do(client)
			if int(calls.Load()) != c.calls || (err != nil) != c.fails {
				t.Errorf("%d calls, error %v", calls.Load(), err)
			}
		})
	}
}

func get(c *iam.Client) error {
	_, err := c.ServiceAccounts.Get(context.Background(), "sa_1")
	return err
}

func create(c *iam.Client) error {
	_, err := c.ServiceAccounts.Create(context.Background(), iam.ServiceAccountCreate{Name: "a"})
	return err
}

func judge(c *iam.Client) error {
	_, err := c.ServiceAccounts.Create(context.Background(), iam.ServiceAccountCreate{Name: "a"}, iam.ValidateOnly())
	return err
}

func update(c *iam.Client) error {
	_, err := c.ServiceAccounts.Update(context.Background(), "sa_1", iam.ServiceAccountUpdate{})
	return err
}

func updateVersion(c *iam.Client) error {
	_, err := c.ServiceAccounts.Update(context.Background(), "sa_1", iam.ServiceAccountUpdate{}, iam.IfVersion(3))
	return err
}

func TestDeleteThatWorkedBefore(t *testing.T) {
	gone := problem(404, `{"type":"urn:cambist:problem:not-found","detail":"not there"}`)
	client, calls := answers(t, cut, gone)
	if err := client.Roles.Delete(context.Background(), "role_1"); err != nil || calls.Load() != 2 {
		t.Errorf("%d calls, error %v", calls.Load(), err)
	}
	client, _ = answers(t, gone)
	if err := client.Roles.Delete(context.Background(), "role_1"); !iam.IsNotFound(err) {
		t.Errorf("an object that was never there: %v", err)
	}
}

// TestNotFoundOfSomebodyElse takes nothing for deleted because a gateway does not know the path, whatever form it says so in.
func TestNotFoundOfSomebodyElse(t *testing.T) {
	for _, body := range []string{
		``, `<html>Not Found</html>`, `{}`, `{"message":"no Route matched with those values"}`,
		`{"type":"about:blank","title":"Not Found","status":404,"detail":"no such route"}`,
		`{"error":"not_found","message":"there is nothing at this path"}`,
	} {
		client, _ := answers(t, cut, problem(404, body))
		for name, err := range map[string]error{"delete": client.Roles.Delete(t.Context(), "role_1"), "get": get(client)} {
			var failure *iam.Error
			if !errors.As(err, &failure) || iam.IsNotFound(err) || failure.Code != iam.CodeUnexpectedAnswer || failure.Status != 404 {
				t.Errorf("%s, %s: %v", name, body, err)
			}
		}
	}
}

func TestContextEndsTheWaitForAToken(t *testing.T) {
	asked := make(chan struct{})
	tokens, err := cambist.NewTokenSource(cambist.TokenSourceOptions{
		Exchange: cambist.ExchangeOptions{URL: "https://cambist.example.com"},
		IDTokens: func(context.Context) (string, error) {
			close(asked)
			<-t.Context().Done()
			return "", t.Context().Err()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	client, err := iam.New("https://cambist.example.com", iam.Options{TokenSource: tokens})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	var failure *iam.Error
	if _, err := client.Me(ctx); !errors.As(err, &failure) || failure.Code != iam.CodeNoToken || !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestContextEndsTheWait(t *testing.T) {
	client, calls := answers(t, problem(429, `{"detail":"slow down"}`, "retry-after", "60"))
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := client.Me(ctx); err == nil || calls.Load() != 1 {
		t.Errorf("%d calls, error %v", calls.Load(), err)
	}
}

func TestProblem(t *testing.T) {
	client, _ := answers(t, problem(409, `{"type":"urn:cambist:problem:conflict","title":"Conflict","status":409,"detail":"the name is taken",
		"request_id":"r-1","errors":[{"pointer":"/name","detail":"must be unique"}],"conflictsWith":{"identity":"sa_2","name":"a"}}`))
	err := create(client)
	var failure *iam.Error
	if !errors.As(err, &failure) {
		t.Fatal(err)
	}
	if failure.Code != iam.CodeConflict || failure.Status != 409 || failure.Type != "urn:cambist:problem:conflict" ||
		failure.RequestID != "r-1" || failure.ConflictsWith.Identity != "sa_2" || failure.Faults[0].Place() != "/name" {
		t.Errorf("%+v", failure)
	}
	want := "POST /v1/service-accounts: the name is taken; /name: must be unique (request r-1)"
	if err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
	client, _ = answers(t, problem(403, `{"detail":"a scope is missing"}`, "www-authenticate", `Bearer error="insufficient_scope", scope="iam:write"`))
	if err := create(client); !errors.As(err, &failure) || failure.RequiredScope != "iam:write" {
		t.Errorf("%+v", failure)
	}
}

func TestAnswersOfSomebodyElse(t *testing.T) {
	redirect := func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }
	text := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }
	}
	for want, handler := range map[string]http.HandlerFunc{
		"a redirect":           redirect,
		"an HTML page":         text("<!DOCTYPE html><p>root-token"),
		"no body":              text(""),
		"JSON of another form": text(`{"hello":"world"}`),
		"text that is no JSON": text("null"),
	} {
		client, calls := answers(t, handler)
		err := get(client)
		var failure *iam.Error
		if !errors.As(err, &failure) || failure.Code != iam.CodeUnexpectedAnswer || !strings.Contains(failure.Detail, want) || calls.Load() != 1 {
			t.Errorf("%s: %v (%d calls)", want, err, calls.Load())
		}
		if strings.Contains(err.Error(), "root-token") {
			t.Errorf("%v quotes the answer", err)
		}
	}
}

func TestList(t *testing.T) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Query().Encode())
		switch r.URL.Query().Get("cursor") {
		case "":
			w.Header().Set("link", `<https://elsewhere.example/v1/service-accounts?cursor=b%3D&limit=1000>; rel="next"`)
			fmt.Fprint(w, `[{"identity":"sa_1"},{"identity":"sa_2"}]`)
		case "b=":
			w.Header().Set("link", `<?cursor=b%3D>; rel="next"`)
			fmt.Fprint(w, `[{"identity":"sa_3"}]`)
		}
	}))
	defer server.Close()
	client := newClient(t, server.URL, iam.Options{})
	var ids []string
	var failed error
	for account, err := range client.ServiceAccounts.List(context.Background(), iam.ListOptions{Name: "a b", Labels: map[string]string{"team": "x"}}) {
		if err != nil {
			failed = err
			break
		}
		ids = append(ids, account.Identity)
	}
	if !reflect.DeepEqual(ids, []string{"sa_1", "sa_2", "sa_3"}) || len(asked) != 2 {
		t.Errorf("%v by %v", ids, asked)
	}
	if asked[0] != "limit=1000&matchLabels%5Bteam%5D=x&name=a+b" {
		t.Errorf("asked %s", asked[0])
	}
	// The second page names itself as the next one.
	if failed == nil || !strings.Contains(failed.Error(), "no deployment") {
		t.Errorf("a list without an end: %v", failed)
	}
}

// TestJudgesNothing sends a judgement to no deployment that would write: one that does not know `validate`, or whose answer says nothing.
func TestJudgesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		code   string
	}{
		"an older deployment":   {problem(400, `{"detail":"/name is required","errors":[{"pointer":"/name","detail":"is required"}]}`), iam.CodeInvalid},
		"one that writes all":   {found, iam.CodeInvalid},
		"one that fails":        {busy(503), iam.CodeServiceError},
		"one that lets nobody":  {problem(403, `{"detail":"a scope is missing"}`), iam.CodeForbidden},
		"a gateway in front":    {problem(400, `<html>`), iam.CodeUnexpectedAnswer},
		"one that cannot limit": {problem(429, `{"detail":"slow down"}`, "retry-after", "3600"), iam.CodeTooManyRequests},
	} {
		var sent []string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			sent = append(sent, r.URL.RawQuery)
			c.answer(w, r)
		}))
		err := judge(newClient(t, server.URL, iam.Options{Attempts: 1}))
		server.Close()
		var failure *iam.Error
		if !errors.As(err, &failure) || failure.Code != c.code || !reflect.DeepEqual(sent, []string{"validate=unsure"}) {
			t.Errorf("%s: %v after %v", name, err, sent)
		}
	}
}

// TestJudgesOnce asks once whether the deployment judges, however many judgements there are.
func TestJudgesOnce(t *testing.T) {
	probes := new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("validate") == "unsure" {
			probes.Add(1)
		}
		judging(found)(w, r)
	}))
	defer server.Close()
	client := newClient(t, server.URL, iam.Options{})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := judge(client); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if probes.Load() != 1 {
		t.Errorf("it was asked %d times", probes.Load())
	}
}

func TestRequest(t *testing.T) {
	var got *http.Request
	var body map[string]any
	server := httptest.NewServer(judging(func(w http.ResponseWriter, r *http.Request) {
		got = r
		_ = json.NewDecoder(r.Body).Decode(&body)
		found(w, r)
	}))
	defer server.Close()
	client := newClient(t, server.URL+"/", iam.Options{Organisation: "acme", UserAgent: "terraform/1"})
	_, err := client.ServiceAccounts.Update(context.Background(), "../sa 1", iam.ServiceAccountUpdate{
		Description: iam.Value(""), Labels: iam.Null[map[string]string](),
	}, iam.IfVersion(3), iam.ValidateOnly())
	if err != nil {
		t.Fatal(err)
	}
	if got.URL.EscapedPath() != "/v1/service-accounts/..%2Fsa%201" || got.URL.RawQuery != "validate=true" || got.Method != "PATCH" {
		t.Errorf("%s %s", got.Method, got.URL)
	}
	for name, want := range map[string]string{
		"Authorization": "Bearer root-token", "X-Organisation-Identity": "acme", "If-Match": `"3"`,
		"Content-Type": "application/json", "User-Agent": "terraform/1 cambist-go",
	} {
		if got.Header.Get(name) != want {
			t.Errorf("%s is %q", name, got.Header.Get(name))
		}
	}
	if !reflect.DeepEqual(body, map[string]any{"description": "", "labels": nil}) {
		t.Errorf("the body is %v", body)
	}
}

func TestNew(t *testing.T) {
	tokens := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "t"})
	for _, url := range []string{"", "cambist.example", "http://cambist.example", "https://a:secret@cambist.example", "https://cambist.example/v1", "https://cambist.example?x", "ftp://localhost", "https://"} {
		if _, err := iam.New(url, iam.Options{TokenSource: tokens}); err == nil {
			t.Errorf("%q is accepted", url)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%v quotes a password", err)
		}
	}
	for _, url := range []string{"https://cambist.example", "https://cambist.example/", "http://localhost:8787", "http://[::1]:1"} {
		if _, err := iam.New(url, iam.Options{TokenSource: tokens}); err != nil {
			t.Errorf("%q: %v", url, err)
		}
	}
	if _, err := iam.New("https://cambist.example", iam.Options{}); err == nil {
		t.Error("a client without a token source is made")
	}
}

type failing struct{}

func (failing) Token() (*oauth2.Token, error) { return nil, errors.New("no token today") }

func TestTokenSourceThatFails(t *testing.T) {
	client := newClient(t, "https://cambist.example", iam.Options{TokenSource: failing{}})
	var failure *iam.Error
	if err := get(client); !errors.As(err, &failure) || failure.Code != iam.CodeNoToken {
		t.Errorf("%v", err)
	}
}

func TestNumbersOfConditions(t *testing.T) {
	client, _ := answers(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"identity":"fid_1","conditions":{"id":9007199254740993}}`)
	})
	identity, err := client.FederatedIdentities.Get(context.Background(), "fid_1")
	if err != nil || fmt.Sprint(identity.Conditions["id"]) != "9007199254740993" {
		t.Errorf("%v, error %v", identity, err)
	}
}

type forgetful struct{ forgotten int }

func (f *forgetful) Token() (*oauth2.Token, error) {
	return &oauth2.Token{AccessToken: fmt.Sprintf("token-%d", f.forgotten)}, nil
}

func (f *forgetful) Forget() { f.forgotten++ }

func TestTokenThatIsRevokedMeanwhile(t *testing.T) {
	for name, c := range map[string]struct {
		good      string
		forgotten int
		fails     bool
	}{
		"a good token":             {"token-0", 0, false},
		"a new one mends it":       {"token-1", 1, false},
		"a new one is no better":   {"none", 1, true},
		"the second new one would": {"token-2", 1, true},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("authorization") != "Bearer "+c.good {
				problem(401, `{"detail":"the token does not count"}`)(w, r)
				return
			}
			found(w, r)
		}))
		source := &forgetful{}
		err := create(newClient(t, server.URL, iam.Options{TokenSource: source}))
		if (err != nil) != c.fails || source.forgotten != c.forgotten {
			t.Errorf("%s: error %v, forgotten %d times", name, err, source.forgotten)
		}
		server.Close()
	}
}

func TestTextThatOthersWrote(t *testing.T) {
	client, _ := answers(t, problem(400, `{"detail":"no\u001b[2J","errors":[{"pointer":"/name","detail":"\u202eevil\u0007"}],"request_id":"r\u0000"}`))
	if err := create(client); strings.ContainsAny(err.Error(), "\x1b\u202e\x07\x00") {
		t.Errorf("%q", err)
	}
}

func TestTrustReport(t *testing.T) {
	client, calls := answers(t,
		problem(200, `{"generatedAt":"2027-01-15T08:00:00Z","identities":[{"identity":"fid_1"}]}`, "link", `</v1/reports/trust?cursor=b>; rel="next"`),
		problem(200, `{"generatedAt":"2027-01-15T08:00:00Z","identities":[]}`, "link", `</v1/reports/trust?cursor=c>; rel="next"`),
		problem(200, `{"generatedAt":"2027-01-15T08:00:00Z","identities":[{"identity":"fid_2","findings":[{"code":"unused","detail":"x"}]}]}`),
	)
	ids := []string{}
	for one, err := range client.TrustReport(context.Background(), iam.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, one.Identity)
	}
	if fmt.Sprint(ids) != "[fid_1 fid_2]" || calls.Load() != 3 {
		t.Errorf("%v in %d calls", ids, calls.Load())
	}
	for _, body := range []string{`{}`, `[]`, `{"identities":null}`, `{"identities":[{}]}`} {
		client, _ := answers(t, problem(200, body))
		for _, err := range client.TrustReport(context.Background(), iam.ListOptions{}) {
			if err == nil {
				t.Errorf("%s is a report", body)
			}
		}
	}
}
