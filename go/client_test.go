package cambist

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestClient(t *testing.T) {
	source, calls := newSource(t, says(200, granted), says(200, strings.Replace(granted, "eyJ.access", "eyJ.second", 1)))
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "elsewhere "+r.Header.Get("authorization"))
	}))
	defer elsewhere.Close()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		case "/home":
			http.Redirect(w, r, "/", http.StatusFound)
		case "/loop":
			http.Redirect(w, r, elsewhere.URL+"/back", http.StatusFound)
		default:
			fmt.Fprint(w, "here "+r.Header.Get("authorization"))
		}
	}))
	defer api.Close()
	client := source.Client(nil)
	get := func(address string) string {
		t.Helper()
		response, err := client.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		return string(text)
	}
	for address, want := range map[string]string{
		api.URL:           "here Bearer eyJ.access.token",
		api.URL + "/home": "here Bearer eyJ.access.token",
		api.URL + "/away": "elsewhere ",
		api.URL + "/loop": "elsewhere ",
	} {
		if got := get(address); got != want {
			t.Errorf("%s: %s", address, got)
		}
	}
	later(source, 56*time.Minute)
	if got := get(api.URL); got != "here Bearer eyJ.second.token" || calls.Load() != 2 {
		t.Errorf("%s after %d exchanges: not renewed early", got, calls.Load())
	}
	var failure *Error
	if _, err := client.Post("http://api.example.com/", "text/plain", strings.NewReader("x")); !errors.As(err, &failure) || failure.Code != CodeInvalidOptions {
		t.Errorf("a token in clear: %v", err)
	}
}

func TestClientWithoutAToken(t *testing.T) {
	source, _ := newSource(t, says(400, `{"error":"invalid_request","error_description":"no"}`))
	var failure *Error
	if _, err := source.Client(nil).Get("https://api.example.com/"); !errors.As(err, &failure) || failure.Code != "invalid_request" {
		t.Error(err)
	}
}
