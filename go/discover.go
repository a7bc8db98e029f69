package cambist

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"

	"cambist/internal/deployment"
)

// Discovery is what a deployment says about itself as an issuer (OpenID Connect Discovery 1.0 §3).
type Discovery struct {
	// Issuer is `iss` of its tokens.
	Issuer string `json:"issuer"`
	// JwksURI is where its public keys are.
	JwksURI string `json:"jwks_uri"`
	// TokenEndpoint is where tokens are exchanged.
	TokenEndpoint string `json:"token_endpoint"`
}

// Discover reads the discovery document of the deployment at url.
func Discover(ctx context.Context, url string, client *http.Client) (*Discovery, error) {
	origin, err := deployment.Origin(url)
	if err != nil {
		return nil, invalid(err.Error())
	}
	ctx, cancel := context.WithTimeout(ctx, defaultTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, origin+"/.well-known/openid-configuration", nil)
	if err != nil {
		return nil, invalid("the request cannot be made")
	}
	request.Header.Set("accept", "application/json")
	response, err := withoutRedirects(client).Do(request)
	if err != nil {
		return nil, &Error{Code: CodeNetworkError, Description: "no connection to the deployment: " + quoteComplaint(err.Error()), Retryable: true, cause: err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1))
	if err != nil {
		return nil, &Error{Code: CodeNetworkError, Description: "the connection to the deployment broke", Retryable: true, cause: err}
	}
	got := readAnswer(response, body)
	var found Discovery
	if got.status != http.StatusOK || json.NewDecoder(bytes.NewReader(body)).Decode(&found) != nil || found.Issuer == "" || found.JwksURI == "" {
		return nil, got.unexpected("the discovery document is " + got.kind() + ": check that the address is a Cambist deployment")
	}
	return &found, nil
}
