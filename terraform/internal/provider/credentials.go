// Finds the credential of the provider, and says at which setting one is missing or refused.

package provider

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"golang.org/x/oauth2"

	"cambist"
	"cambist/iam"
)

// tokenSource is where the tokens of all requests come from, and the attribute that it follows from ("" if it was detected). It
// has given one token already, so that a missing credential is said once and not of every resource.
func (s *settings) tokenSource(ctx context.Context, problems *diag.Diagnostics) (oauth2.TokenSource, string) {
	if !s.Token.IsNull() {
		token := strings.TrimSpace(s.Token.ValueString())
		if !oneToken.MatchString(token) {
			problems.AddAttributeError(path.Root("token"), "Not a token", "token (or "+tokenVariable+") holds something that is not one token.")
			return nil, "token"
		}
		return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}), "token"
	}
	idTokens, attribute := s.idTokens()
	source, err := cambist.NewTokenSource(cambist.TokenSourceOptions{
		IDTokens: idTokens,
		Exchange: cambist.ExchangeOptions{
			URL:            s.URL.ValueString(),
			ServiceAccount: s.ServiceAccount.ValueString(),
			Organisation:   s.Organisation.ValueString(),
			// The API takes tokens that are for the deployment itself.
			Audience: []string{strings.TrimSuffix(s.URL.ValueString(), "/")},
		},
	})
	if err == nil {
		_, err = source.Get(ctx)
	}
	if err != nil {
		reportCredential(problems, attribute, err)
		return nil, attribute
	}
	return source, attribute
}

var oneToken = regexp.MustCompile(`^[\x21-\x7e]+$`)

func (s *settings) idTokens() (cambist.IDTokenFunc, string) {
	switch {
	case !s.IDToken.IsNull():
		return cambist.StaticIDToken(strings.TrimSpace(s.IDToken.ValueString())), "id_token"
	case !s.IDTokenFile.IsNull():
		return cambist.FileIDToken(s.IDTokenFile.ValueString()), "id_token_file"
	case !s.IDTokenEnv.IsNull():
		return cambist.EnvIDToken(s.IDTokenEnv.ValueString()), "id_token_env"
	}
	return cambist.DetectIDToken(cambist.DetectOptions{
		URL:      s.URL.ValueString(),
		Audience: os.Getenv(audienceVariable),
		Source:   os.Getenv(sourceVariable),
	}), ""
}

// reportCredential says why there is no token, at the setting that it follows from.
func reportCredential(problems *diag.Diagnostics, attribute string, err error) {
	var failure *cambist.Error
	summary, detail := "No credential for the deployment", err.Error()
	if errors.As(err, &failure) && failure.Status != 0 {
		summary = "The deployment refuses the ID token"
	}
	if attribute == "" {
		if failure != nil && failure.Code == cambist.CodeNoSource {
			detail += "\n\nNor is one of token, id_token, id_token_file and id_token_env set, nor the variable " + tokenVariable + "."
		}
		problems.AddError(summary, detail)
		return
	}
	problems.AddAttributeError(path.Root(attribute), summary, detail)
}

// greet asks who the provider is there, so that a wrong address, a refused token and a missing scope are each said once.
func greet(ctx context.Context, client *iam.Client, attribute string, problems *diag.Diagnostics) {
	me, err := client.Me(ctx)
	var failure *iam.Error
	switch {
	case err == nil && !me.IsAdministrator && !mayRead(me.Scopes):
		problems.AddError("The token has no scope of the IAM API", "It has "+scopesOf(me.Scopes)+". The provider needs iam:read to plan, iam:write to change, and iam:admin to grant what it does not hold itself: they belong into the allowed_scopes of the federated identity that it acts by.")
	case err == nil:
	case !errors.As(err, &failure):
		problems.AddError("The deployment does not answer", err.Error())
	case failure.Code == iam.CodeUnexpectedAnswer || failure.Code == iam.CodeUnreachable:
		problems.AddAttributeError(path.Root("url"), "No deployment answers at url", failure.Detail)
	case failure.Status == 401:
		detail := failure.Detail + "\n\nThe deployment does not accept the token: it has ended, or it is for another deployment or audience."
		if attribute == "" {
			problems.AddError("The deployment refuses the token", detail)
		} else {
			problems.AddAttributeError(path.Root(attribute), "The deployment refuses the token", detail)
		}
	case failure.Status == 404:
		problems.AddAttributeError(path.Root("organisation"), "There is no such organisation", failure.Detail+"\n\nA token that was exchanged works in the organisation of its account alone: leave organisation out, or name that one.")
	case failure.Status == 403:
		problems.AddError("The token has no scope of the IAM API", failure.Detail)
	default:
		problems.AddError("The deployment does not answer", failure.Error())
	}
}

func mayRead(scopes []string) bool {
	for _, scope := range scopes {
		if scope == "iam:read" || scope == "iam:write" || scope == "iam:admin" {
			return true
		}
	}
	return false
}

func scopesOf(scopes []string) string {
	if len(scopes) == 0 {
		return "no scope"
	}
	return strings.Join(scopes, " ")
}
