package iam

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// IdentityProviders are the issuers that are trusted.
type IdentityProviders struct {
	Objects[IdentityProvider, IdentityProvider, IdentityProviderCreate, IdentityProviderUpdate]
}

// Refresh fetches the keys of the issuer now.
func (o IdentityProviders) Refresh(ctx context.Context, id string) (*IdentityProvider, error) {
	return ask[IdentityProvider](ctx, o.send, newRequest(http.MethodPost, o.path+pathOf(id, "refresh")))
}

// Check examines the issuer: its discovery document, its keys and its clock, each with a verdict and advice.
func (o IdentityProviders) Check(ctx context.Context, id string) (*IssuerCheck, error) {
	r := newRequest(http.MethodPost, o.path+pathOf(id, "check"))
	r.changesNothing = true
	return ask[IssuerCheck](ctx, o.send, r)
}

// ServiceAccounts are who a workload may act as.
type ServiceAccounts struct {
	Objects[ServiceAccount, ServiceAccount, ServiceAccountCreate, ServiceAccountUpdate]
}

// RevokeTokens revokes every token that the account has got so far.
func (o ServiceAccounts) RevokeTokens(ctx context.Context, id string) (*ServiceAccount, error) {
	return ask[ServiceAccount](ctx, o.send, newRequest(http.MethodPost, o.path+pathOf(id, "revoke-tokens")))
}

// FederatedIdentities are the rules that let a workload of a provider act as a service account.
type FederatedIdentities struct {
	Objects[FederatedIdentity, FederatedIdentity, FederatedIdentityCreate, FederatedIdentityUpdate]
}

// RevokeTokens revokes every token that was given by the identity so far.
func (o FederatedIdentities) RevokeTokens(ctx context.Context, id string) (*FederatedIdentity, error) {
	return ask[FederatedIdentity](ctx, o.send, newRequest(http.MethodPost, o.path+pathOf(id, "revoke-tokens")))
}

// Explain says what an exchange of the token or claims would decide, check by check. It changes and consumes nothing.
func (o FederatedIdentities) Explain(ctx context.Context, question ExplanationRequest) (*Explanation, error) {
	r := newRequest(http.MethodPost, o.path+pathOf("explain"))
	r.changesNothing = true
	return write[Explanation](ctx, o.send, r, question, nil)
}

// SigningKeys are the keys that the deployment signs with.
type SigningKeys struct{ send *transport }

// List returns all keys; never key material.
func (o SigningKeys) List(ctx context.Context) ([]SigningKey, error) {
	return askList[SigningKey](ctx, o.send, newRequest(http.MethodGet, "/signing-keys"))
}

// Rotate makes the next key sign, gracefully unless the request says otherwise.
func (o SigningKeys) Rotate(ctx context.Context, how SigningKeyRotationRequest) (*SigningKeyRotation, error) {
	return write[SigningKeyRotation](ctx, o.send, newRequest(http.MethodPost, "/signing-keys/rotate"), how, nil)
}

// AuditEvents are the decisions and changes that were recorded.
type AuditEvents struct{ send *transport }

// AuditOptions narrows the list of events; an empty member does not.
type AuditOptions struct {
	Since, Until                                                                           time.Time
	Action, Outcome, ServiceAccount, FederatedIdentity, Issuer, Subject, RequestID, Cursor string
	// PageSize is how many events one request asks for, 1000 if it is 0.
	PageSize int
}

// List goes through the events, the newest first, page by page. It stops at the first error.
func (o AuditEvents) List(ctx context.Context, options AuditOptions) iter.Seq2[*AuditEvent, error] {
	query := url.Values{"limit": {strconv.Itoa(pageSize(options.PageSize))}}
	for name, value := range map[string]string{
		"since": instant(options.Since), "until": instant(options.Until), "action": options.Action,
		"outcome": options.Outcome, "serviceAccount": options.ServiceAccount, "federatedIdentity": options.FederatedIdentity,
		"issuer": options.Issuer, "subject": options.Subject, "requestId": options.RequestID, "cursor": options.Cursor,
	} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return pages[AuditEvent](ctx, o.send, "/audit-events", query)
}

// Get reads one event.
func (o AuditEvents) Get(ctx context.Context, id string) (*AuditEvent, error) {
	return ask[AuditEvent](ctx, o.send, newRequest(http.MethodGet, "/audit-events"+pathOf(id)))
}

// Archive goes through the chain of archived objects, page by page.
func (o AuditEvents) Archive(ctx context.Context) iter.Seq2[*ArchivedObject, error] {
	return pages[ArchivedObject](ctx, o.send, "/audit-archive", url.Values{"limit": {strconv.Itoa(maxPage)}})
}

// ArchivedObject downloads one archived object, as it is stored: compressed NDJSON.
func (o AuditEvents) ArchivedObject(ctx context.Context, sequence int64) ([]byte, error) {
	answer, err := o.send.do(ctx, newRequest(http.MethodGet, "/audit-archive"+pathOf(strconv.FormatInt(sequence, 10))))
	if err != nil {
		return nil, err
	}
	return answer.body, nil
}

// Me says who the credential of this client is and what it may do.
func (c *Client) Me(ctx context.Context) (*Me, error) {
	return ask[Me](ctx, &c.transport, newRequest(http.MethodGet, "/me"))
}

// TrustReport goes through what is known of each federated identity: its last use, what can be said against it, and the narrowest
// rule that its recorded grants need. It stops at the first error.
func (c *Client) TrustReport(ctx context.Context, options ListOptions) iter.Seq2[*TrustReportIdentity, error] {
	return pagesOf[TrustReportIdentity](ctx, &c.transport, "/reports/trust", options.query(), "identities")
}

// MyPermissions lists the effective rules of the calling token, in the project if one is named.
func (c *Client) MyPermissions(ctx context.Context, project string) ([]Permission, error) {
	r := newRequest(http.MethodGet, "/me/permissions")
	if project != "" {
		r.query.Set("project", project)
	}
	return askList[Permission](ctx, &c.transport, r)
}

func askList[One any](ctx context.Context, send *transport, r *request) ([]One, error) {
	all, err := ask[[]One](ctx, send, r)
	if err != nil {
		return nil, err
	}
	return *all, nil
}

func instant(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}
