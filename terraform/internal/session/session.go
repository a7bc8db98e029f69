// Package session is what all parts of one configured provider share: the client, lists that were read, and secrets on their way.
package session

import (
	"context"
	"strings"
	"sync"

	"cambist/iam"
)

// Session is one configured provider. Its client is nil if its settings are known only when the plan is applied.
type Session struct {
	API *iam.Client
	// Tokens exchanges the ID token of the run for other tokens; nil as the client is.
	Tokens  *Tokens
	lists   listings
	secrets sync.Map
	leaving sync.Map
	said    sync.Once
}

// New makes the session of a provider.
func New(client *iam.Client) *Session {
	return &Session{API: client}
}

// Objects are those of the list at the path.
func (s *Session) Objects(collection string) iam.Objects[iam.Document, iam.Document, iam.Document, iam.Document] {
	return s.API.Documents(strings.Split(strings.TrimPrefix(collection, "/v1/"), "/")...)
}

// Find reads the object with the identity from the list at the path; nil if it is not there.
func (s *Session) Find(ctx context.Context, collection, identity string) (iam.Document, error) {
	return s.lists.find(ctx, s, collection, identity)
}

// List reads all objects of the list at the path.
func (s *Session) List(ctx context.Context, collection string) ([]iam.Document, error) {
	return s.lists.everything(ctx, s, collection)
}

// Wrote forgets every list, because a write may have changed any of them.
func (s *Session) Wrote() { s.lists.forget() }

// KeepSecret holds the secret of a new access credential for what is created with it in the same apply; it is written nowhere.
func (s *Session) KeepSecret(identity, secret string) { s.secrets.Store(identity, secret) }

// Secret is the secret of an access credential that this very run created.
func (s *Session) Secret(identity string) (string, bool) {
	secret, found := s.secrets.Load(identity)
	text, _ := secret.(string)
	return text, found
}

// Leaves notes an object that the plan deletes or replaces, so that its name is not in the way.
func (s *Session) Leaves(identity string) { s.leaving.Store(identity, true) }

// IsLeaving tells whether the plan deletes or replaces the object.
func (s *Session) IsLeaving(identity string) bool {
	_, leaves := s.leaving.Load(identity)
	return leaves
}

// SayOnce does something once, however many resources would say the same.
func (s *Session) SayOnce(say func()) { s.said.Do(say) }
