package cambist

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const granted = `{"access_token":"eyJ.access.token","issued_token_type":"urn:ietf:params:oauth:token-type:access_token","token_type":"Bearer","expires_in":3600,"scope":"api:read api:write"}`

// scripted gives one answer after the other, and the last one again.
func scripted(t *testing.T, answers ...http.HandlerFunc) (ExchangeOptions, *atomic.Int32) {
	t.Helper()
	calls := new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answers[min(int(calls.Add(1)), len(answers))-1](w, r)
	}))
	t.Cleanup(server.Close)
	return ExchangeOptions{URL: server.URL}, calls
}

func says(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func cut(w http.ResponseWriter, _ *http.Request) {
	connection, _, _ := w.(http.Hijacker).Hijack()
	connection.Close()
}

func TestExchange(t *testing.T) {
	var form url.Values
	options, _ := scripted(t, func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		form = r.PostForm
		says(200, granted, "x-request-id", "r-1")(w, r)
	})
	options.ServiceAccount, options.Organisation, options.Project = "deployer", "acme", "shop"
	options.Scope, options.Audience, options.Lifetime = []string{"api:read", "api:write"}, []string{"a", "b"}, 30*time.Minute
	options.Resource = []string{"https://api.example"}
	before := time.Now()
	token, err := Exchange(context.Background(), ourToken(), options)
	if err != nil {
		t.Fatal(err)
	}
	if token.AccessToken != "eyJ.access.token" || token.ExpiresIn != time.Hour || token.RequestID != "r-1" || !reflect.DeepEqual(token.Scope, []string{"api:read", "api:write"}) {
		t.Errorf("%+v", token)
	}
	if token.ExpiresAt.Before(before.Add(time.Hour)) || token.ExpiresAt.After(time.Now().Add(time.Hour)) {
		t.Errorf("it expires at %v", token.ExpiresAt)
	}
	want := url.Values{
		"grant_type": {tokenExchange}, "subject_token": {ourToken()}, "subject_token_type": {"urn:ietf:params:oauth:token-type:id_token"},
		"service_account_id": {"deployer"}, "organisation_id": {"acme"}, "project_id": {"shop"}, "scope": {"api:read api:write"},
		"audience": {"a", "b"}, "resource": {"https://api.example"}, "access_token_lifetime": {"1800"},
	}
	if !reflect.DeepEqual(form, want) {
		t.Errorf("sent %v", form)
	}
	oauth := token.OAuth2()
	if oauth.Type() != "Bearer" || oauth.Extra("request_id") != "r-1" || oauth.Extra("scope") != "api:read api:write" {
		t.Errorf("%+v", oauth)
	}
}

func TestExchangeRepeats(t *testing.T) {
	refused := says(400, `{"error":"invalid_request","error_description":"no","request_id":"r-9"}`)
	for name, c := range map[string]struct {
		first http.HandlerFunc
		calls int32
		code  string
	}{
		"storage fails":              {says(503, `{"error":"temporarily_unavailable","error_description":"later"}`), 2, ""},
		"rate limited":               {says(429, `{"error":"temporarily_unavailable"}`, "retry-after", "1"), 2, ""},
		"a gateway without a body":   {says(502, ""), 2, ""},
		"a request that timed out":   {says(408, "<html>"), 2, ""},
		"a fault":                    {says(500, "{}"), 2, ""},
		"a connection that breaks":   {cut, 2, ""},
		"a refusal":                  {refused, 1, "invalid_request"},
		"a wrong client":             {says(401, `{"error":"invalid_client"}`), 1, "invalid_client"},
		"a wait of an hour":          {says(503, `{"error":"temporarily_unavailable"}`, "retry-after", "3600"), 1, CodeTemporarilyUnavailable},
		"another success":            {says(201, granted), 1, CodeUnexpectedResponse},
		"a redirect":                 {says(307, "", "location", "https://elsewhere.example/"), 1, CodeUnexpectedResponse},
		"a page":                     {says(200, "<!doctype html>", "content-type", "text/html"), 1, CodeUnexpectedResponse},
		"nothing":                    {says(200, ""), 1, CodeUnexpectedResponse},
		"no access_token":            {says(200, strings.Replace(granted, "access_token", "token", 1)), 1, CodeUnexpectedResponse},
		"an access_token of null":    {says(200, strings.Replace(granted, `"eyJ.access.token"`, "null", 1)), 1, CodeUnexpectedResponse},
		"an access_token in words":   {says(200, strings.Replace(granted, "eyJ.access.token", "a token", 1)), 1, CodeUnexpectedResponse},
		"an access_token in quotes":  {says(200, strings.Replace(granted, "eyJ.access.token", `a\"b`, 1)), 1, CodeUnexpectedResponse},
		"a scope of two lines":       {says(200, strings.Replace(granted, "api:read api:write", `api:read\nevil=1`, 1)), 1, CodeUnexpectedResponse},
		"a scope as a list":          {says(200, strings.Replace(granted, `"api:read api:write"`, `["api:read"]`, 1)), 1, CodeUnexpectedResponse},
		"expires_in as text":         {says(200, strings.Replace(granted, "3600", `"3600"`, 1)), 1, CodeUnexpectedResponse},
		"expires_in as a fraction":   {says(200, strings.Replace(granted, "3600", "1.5", 1)), 1, CodeUnexpectedResponse},
		"expires_in below zero":      {says(200, strings.Replace(granted, "3600", "-1", 1)), 1, CodeUnexpectedResponse},
		"expires_in for ever":        {says(200, strings.Replace(granted, "3600", "1e12", 1)), 1, CodeUnexpectedResponse},
		"no expires_in":              {says(200, strings.Replace(granted, "expires_in", "expires", 1)), 1, CodeUnexpectedResponse},
		"another kind of token":      {says(200, strings.Replace(granted, ":access_token", ":id_token", 1)), 1, CodeUnexpectedResponse},
		"no token_type":              {says(200, strings.Replace(granted, `"Bearer"`, `""`, 1)), 1, CodeUnexpectedResponse},
		"an answer that is too long": {says(200, granted+strings.Repeat(" ", maxAnswerBytes)), 1, CodeUnexpectedResponse},
		"two answers":                {says(200, granted+granted), 1, CodeUnexpectedResponse},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options, calls := scripted(t, c.first, says(200, granted))
			_, err := Exchange(context.Background(), ourToken(), options)
			var failure *Error
			if c.code == "" && err != nil || c.code != "" && (!errors.As(err, &failure) || failure.Code != c.code) {
				t.Errorf("error %v", err)
			}
			if calls.Load() != c.calls {
				t.Errorf("%d calls", calls.Load())
			}
		})
	}
}

func TestRefusal(t *testing.T) {
	echo := func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		says(400, fmt.Sprintf(`{"error":"invalid_request","error_description":"no\u001b[2J\u202e to %s and eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.","request_id":"r-9"}`, r.PostForm.Get("subject_token")))(w, r)
	}
	options, _ := scripted(t, echo)
	_, err := Exchange(context.Background(), ourToken(), options)
	var failure *Error
	if !errors.As(err, &failure) || failure.RequestID != "r-9" || failure.Status != 400 || failure.Retryable {
		t.Fatalf("%+v", failure)
	}
	if failure.Description != "no [2J to [token] and [token]" || !strings.Contains(failure.Hint, "--request-id r-9") {
		t.Errorf("%q, %q", failure.Description, failure.Hint)
	}
	if strings.Contains(err.Error(), ourToken()) {
		t.Errorf("%v quotes the token", err)
	}
}

func TestOptions(t *testing.T) {
	good := ExchangeOptions{URL: ours}
	for name, change := range map[string]func(*ExchangeOptions){
		"no address":            func(o *ExchangeOptions) { o.URL = "" },
		"a path":                func(o *ExchangeOptions) { o.URL += "/v1" },
		"http":                  func(o *ExchangeOptions) { o.URL = "http://cambist.example.com" },
		"an empty scope":        func(o *ExchangeOptions) { o.Scope = []string{""} },
		"an empty audience":     func(o *ExchangeOptions) { o.Audience = []string{"a", " "} },
		"a project of blanks":   func(o *ExchangeOptions) { o.Project = " " },
		"another type":          func(o *ExchangeOptions) { o.RequestedTokenType = "refresh_token" },
		"half a second":         func(o *ExchangeOptions) { o.Lifetime = 1500 * time.Millisecond },
		"a timeout of an hour":  func(o *ExchangeOptions) { o.Timeout = time.Hour },
		"a lifetime below zero": func(o *ExchangeOptions) { o.Lifetime = -time.Second },
	} {
		options := good
		change(&options)
		var failure *Error
		if _, err := Exchange(context.Background(), ourToken(), options); !errors.As(err, &failure) || failure.Code != CodeInvalidOptions {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := NewTokenSource(TokenSourceOptions{Exchange: options}); err == nil {
			t.Errorf("%s: a source is made", name)
		}
	}
	for _, token := range []string{"", " ", "null", "undefined", "a.b.c ", "a.b.c\n", "a.\u00e9.c"} {
		var failure *Error
		if _, err := Exchange(context.Background(), token, good); !errors.As(err, &failure) || failure.Code != CodeSubjectTokenUnavailable {
			t.Errorf("%q: %v", token, err)
		}
	}
}

func TestContextAndTimeout(t *testing.T) {
	options, _ := scripted(t, func(_ http.ResponseWriter, r *http.Request) {
		// The end of a connection is noticed once the body was read.
		_ = r.ParseForm()
		<-r.Context().Done()
	})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	var failure *Error
	if _, err := Exchange(ctx, ourToken(), options); !errors.As(err, &failure) || failure.Code != CodeAborted || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	options.Timeout, options.NoRetries = 50*time.Millisecond, true
	if _, err := Exchange(context.Background(), ourToken(), options); !errors.As(err, &failure) || failure.Code != CodeTimeout || !failure.Retryable {
		t.Error(err)
	}
}

func TestRevoke(t *testing.T) {
	var form url.Values
	options, _ := scripted(t, func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		form = r.PostForm
	})
	if err := Revoke(context.Background(), "t", options); err != nil || !reflect.DeepEqual(form, url.Values{"token": {"t"}}) {
		t.Error(form, err)
	}
	if err := Revoke(context.Background(), "", options); err == nil {
		t.Error("nothing is revoked")
	}
}
