package session

import (
	"context"

	"cambist"
)

// Tokens exchanges the ID token of this run for whatever a configuration asks for.
type Tokens struct {
	// Exchange is what the settings of the provider say of every exchange.
	Exchange cambist.ExchangeOptions
	// IDTokens gives the ID token, anew for each exchange.
	IDTokens cambist.IDTokenFunc
}

// Get exchanges the ID token once; another one than the provider's if it is given.
func (t *Tokens) Get(ctx context.Context, options cambist.ExchangeOptions, idToken string) (*cambist.Token, error) {
	idTokens := t.IDTokens
	if idToken != "" {
		idTokens = cambist.StaticIDToken(idToken)
	}
	source, err := cambist.NewTokenSource(cambist.TokenSourceOptions{Exchange: options, IDTokens: idTokens})
	if err != nil {
		return nil, err
	}
	return source.Get(ctx)
}
