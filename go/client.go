package cambist

import (
	"net/http"
	"net/url"

	"cambist/internal/deployment"
)

// Client is an http.Client that sends a token of the source with each request, renewed early. The transport, the timeout and the
// rest are those of base; http.DefaultClient if it is nil.
//
// Unlike that of oauth2.NewClient, it renews before the token ends, and sends no token in clear (`http:` beyond loopback), nor to
// another host that an answer redirects to.
func (s *TokenSource) Client(base *http.Client) *http.Client {
	if base == nil {
		base = http.DefaultClient
	}
	own := *base
	own.Transport = &transport{source: s, base: base.Transport}
	return &own
}

type transport struct {
	source *TokenSource
	base   http.RoundTripper
}

// RoundTrip adds the token to the request, unless it must not have it.
func (t *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	base := t.base
	if base == nil {
		base = http.DefaultTransport
	}
	if wasRedirectedElsewhere(request) {
		return base.RoundTrip(request)
	}
	if !deployment.IsPrivate(request.URL) {
		closeBody(request)
		return nil, invalid("a token is not sent in clear: " + request.URL.Scheme + "://" + request.URL.Host)
	}
	token, err := t.source.Get(request.Context())
	if err != nil {
		closeBody(request)
		return nil, err
	}
	// A RoundTripper must not change the request that it is given.
	authorised := request.Clone(request.Context())
	authorised.Header.Set("authorization", "Bearer "+token.AccessToken)
	return base.RoundTrip(authorised)
}

// wasRedirectedElsewhere reports whether an answer of another origin led here: net/http names the answer in the request that it
// makes of it.
func wasRedirectedElsewhere(request *http.Request) bool {
	first := request
	for first.Response != nil && first.Response.Request != nil {
		first = first.Response.Request
	}
	return originOf(first.URL) != originOf(request.URL)
}

func originOf(address *url.URL) string { return address.Scheme + "://" + address.Host }

// closeBody is what every RoundTripper does, also if it fails.
func closeBody(request *http.Request) {
	if request.Body != nil {
		_ = request.Body.Close()
	}
}
