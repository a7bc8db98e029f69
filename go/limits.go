package cambist

import "time"

const (
	// maxTries of one request, the first included: more would only delay the message that somebody waits for.
	maxTries = 4
	// defaultTimeout is what one try may take, its body included; a cold exchange that fetches an issuer's keys takes up to 5 s.
	defaultTimeout = 10 * time.Second
	// maxTimeout is the longest timeout that can be asked for.
	maxTimeout = 120 * time.Second
	// firstBackoff is the wait before the second try, doubled for each further one; half of it is random.
	firstBackoff = 500 * time.Millisecond
	// maxRetryAfter is the longest `retry-after` that is waited for; a longer one is left to the caller.
	maxRetryAfter = 30 * time.Second

	// maxAnswerBytes of an answer; a token of 16 KiB and its members stay far below.
	maxAnswerBytes = 64 << 10
	// maxExpiresIn is how long a token lives at most, in seconds, if it is one of a deployment.
	maxExpiresIn = 366 * 86_400
	// maxDescriptionChars of a description that is taken from an answer.
	maxDescriptionChars = 500
	// maxRequestIDChars of a request id that is taken from an answer; ours have 36.
	maxRequestIDChars = 128
	// maxIDTokenBytes of an ID token: the service refuses longer ones.
	maxIDTokenBytes = 16 << 10
	// maxTokenFileBytes that are read of a file of tokens: the longest token and some space around it.
	maxTokenFileBytes = 64 << 10

	// earlyRefreshShare is the part of a token's lifetime, counted from its end, in which a source renews it.
	earlyRefreshShare = 0.2
	// maxEarlyRefresh is the longest such part, for long-lived tokens.
	maxEarlyRefresh = 300 * time.Second
	// earlyRefreshJitter is the part of it that is random, so that many processes started together do not renew together.
	earlyRefreshJitter = 0.25
	// expiryMargin before its end, a token counts as expired: it has to reach the API and be checked there.
	expiryMargin = 10 * time.Second
	// failedRefreshPause is how long a source waits after an early refresh failed, while the token that it holds is good.
	failedRefreshPause = 15 * time.Second

	// platformTimeout is what one try of a request to a platform may take; they answer within a second.
	platformTimeout = 5 * time.Second
	// probeTimeout for all metadata services together, if nothing else says where this runs.
	probeTimeout = 280 * time.Millisecond
	// platformLongestRetryAfter is the longest `retry-after` of a platform that is obeyed.
	platformLongestRetryAfter = 10 * time.Second
	// programTimeout is what a platform's program may take; it makes tries of its own.
	programTimeout = 60 * time.Second
	// maxComplaintChars of a program's or platform's complaint that are quoted.
	maxComplaintChars = 200
)
