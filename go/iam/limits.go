package iam

import "time"

const (
	// requestTimeout is what one try may take, its body included: a refresh of an issuer's keys takes up to 5 s.
	requestTimeout = 20 * time.Second
	// defaultAttempts is how often one request is sent at most, so that a rate limit of a minute is waited out.
	defaultAttempts = 6
	// firstBackoff is the wait before the second try, doubled for each further one; half of it is random.
	firstBackoff = 250 * time.Millisecond
	// longestBackoff is the longest wait that nobody asked for.
	longestBackoff = 10 * time.Second
	// longestRetryAfter is the longest `retry-after` that is waited for; a longer one is left to the caller.
	longestRetryAfter = 70 * time.Second
	// maxAnswerBytes is the size of an answer: a page of 1000 objects of 20 KB each.
	maxAnswerBytes = 20 << 20
	// maxPage is the number of objects in a page; the service allows no more.
	maxPage = 1000
	// maxPages is how many pages a list has at most: 10,000 objects of a kind, in pages of ten.
	maxPages = 100_000
	// maxQuoted is how many characters of somebody's text an error quotes.
	maxQuoted = 500
)
