package iam

import (
	"errors"
	"net/http"

	"golang.org/x/oauth2"

	"cambist/internal/deployment"
)

// Options is how a [Client] asks.
type Options struct {
	// TokenSource gives the bearer token of each request. It is required: an oauth2.StaticTokenSource for the root token, or
	// the token source of package cambist, whose tokens must be for the deployment itself.
	TokenSource oauth2.TokenSource
	// Organisation is the id or slug of the organisation to work in. Only the root token may name another than its own.
	Organisation string
	// HTTPClient sends the requests; http.DefaultClient if it is nil. Its redirect policy is not used: none is followed.
	HTTPClient *http.Client
	// UserAgent stands before the client's own name.
	UserAgent string
	// Attempts is how often one request is sent at most; 6 if it is 0.
	Attempts int
}

// Client asks the IAM API of one deployment. It is safe for concurrent use.
type Client struct {
	// IdentityProviders are the issuers that are trusted.
	IdentityProviders IdentityProviders
	// ServiceAccounts are who a workload may act as.
	ServiceAccounts ServiceAccounts
	// FederatedIdentities are the rules that join the two.
	FederatedIdentities FederatedIdentities
	// Roles are what an account may do elsewhere.
	Roles Objects[Role, Role, RoleCreate, RoleUpdate]
	// Organisations are the tenants of the deployment.
	Organisations Objects[Organisation, Organisation, OrganisationCreate, OrganisationUpdate]
	// AuditEvents are the decisions and changes that were recorded.
	AuditEvents AuditEvents
	// SigningKeys are what the deployment signs with.
	SigningKeys SigningKeys

	transport transport
}

// New makes a client of the deployment at url, its ISSUER_URL. It asks nobody yet.
func New(url string, options Options) (*Client, error) {
	origin, err := deployment.Origin(url)
	if err != nil {
		return nil, err
	}
	if options.TokenSource == nil {
		return nil, errors.New("iam: Options.TokenSource is required")
	}
	if options.Attempts < 0 {
		return nil, errors.New("iam: Options.Attempts must not be negative")
	}
	client := &Client{transport: newTransport(origin, options)}
	send := &client.transport
	client.IdentityProviders.Objects = objectsAt[IdentityProvider, IdentityProvider, IdentityProviderCreate, IdentityProviderUpdate](send, "federated-identity-providers")
	client.ServiceAccounts.Objects = objectsAt[ServiceAccount, ServiceAccount, ServiceAccountCreate, ServiceAccountUpdate](send, "service-accounts")
	client.FederatedIdentities.Objects = objectsAt[FederatedIdentity, FederatedIdentity, FederatedIdentityCreate, FederatedIdentityUpdate](send, "federated-identities")
	client.Roles = objectsAt[Role, Role, RoleCreate, RoleUpdate](send, "iam", "roles")
	client.Organisations = objectsAt[Organisation, Organisation, OrganisationCreate, OrganisationUpdate](send, "organisations")
	client.AuditEvents.send = send
	client.SigningKeys.send = send
	return client, nil
}

// URL is the origin of the deployment, without a trailing slash.
func (c *Client) URL() string {
	return c.transport.origin
}

// AccessCredentials are the credentials of the service account.
func (c *Client) AccessCredentials(serviceAccount string) Objects[AccessCredential, AccessCredentialCreated, AccessCredentialCreate, AccessCredentialUpdate] {
	return objectsAt[AccessCredential, AccessCredentialCreated, AccessCredentialCreate, AccessCredentialUpdate](&c.transport, "service-accounts", serviceAccount, "access-credentials")
}

// RoleRules are the rules of the role, each an object of its own; they are also the member Rules of the role.
func (c *Client) RoleRules(role string) Objects[Rule, Rule, RuleCreate, RuleUpdate] {
	return objectsAt[Rule, Rule, RuleCreate, RuleUpdate](&c.transport, "iam", "roles", role, "rules")
}

// RoleBindings are the bindings of the role to service accounts.
func (c *Client) RoleBindings(role string) Objects[RoleBinding, RoleBinding, RoleBindingCreate, RoleBindingUpdate] {
	return objectsAt[RoleBinding, RoleBinding, RoleBindingCreate, RoleBindingUpdate](&c.transport, "iam", "roles", role, "bindings")
}
