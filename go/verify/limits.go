package verify

import "time"

const (
	// defaultClockSkew that is tolerated on exp, nbf and iat, and the most (RFC 9068 §4 "no more than a few minutes").
	defaultClockSkew = 60 * time.Second
	maxClockSkew     = 300 * time.Second

	// minKeysFresh and maxKeysFresh hold the `max-age` of the JWK Set, for which keys are used without asking again.
	minKeysFresh = 30 * time.Second
	maxKeysFresh = 300 * time.Second
	// maxKeysStale is how long keys are used beyond that while the deployment cannot be reached.
	maxKeysStale = time.Hour
	// unknownKidCooldown is between two refreshes that tokens with an unknown `kid` provoke, after failures too.
	unknownKidCooldown = 30 * time.Second
	// failedFetchCooldown is between two attempts to reach a deployment that failed.
	failedFetchCooldown = 5 * time.Second
	// fetchTimeout for one document of the deployment.
	fetchTimeout = 5 * time.Second
	// maxDocumentBytes of a document; a JWK Set of 200 keys has about 100 KiB.
	maxDocumentBytes = 256 << 10
	// maxKeys of a JWK Set that are looked at.
	maxKeys = 200
	// permissionsFresh is how long the permissions of an account are remembered: so long a withdrawn role still counts.
	permissionsFresh = 30 * time.Second
	// maxRememberedPermissions of tokens; the oldest goes first.
	maxRememberedPermissions = 1000
	// retryAfterSeconds that a client is asked to wait if the deployment cannot be asked.
	retryAfterSeconds = "5"
)
