package iam

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/oauth2"

	"cambist"
)

const ownUserAgent = "cambist-go"

type transport struct {
	origin       string
	organisation string
	userAgent    string
	tokens       oauth2.TokenSource
	http         *http.Client
	attempts     int
	sleep        func(context.Context, time.Duration) error
	judges       *judges
}

func newTransport(origin string, options Options) transport {
	client := http.DefaultClient
	if options.HTTPClient != nil {
		client = options.HTTPClient
	}
	own := *client
	// A redirect would carry the token somewhere else.
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	attempts := options.Attempts
	if attempts == 0 {
		attempts = defaultAttempts
	}
	return transport{
		origin:       origin,
		organisation: options.Organisation,
		userAgent:    strings.TrimSpace(options.UserAgent + " " + ownUserAgent),
		tokens:       options.TokenSource,
		http:         &own,
		attempts:     attempts,
		sleep:        wait,
		judges:       &judges{},
	}
}

type request struct {
	method, path   string
	query          url.Values
	header         http.Header
	body           []byte
	changesNothing bool
}

func newRequest(method, path string) *request {
	return &request{method: method, path: "/v1" + path, query: url.Values{}, header: http.Header{}}
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

// mayRepeat reports whether sending again does no harm although the first try may have taken effect. A change that names
// a version would then be refused because of itself.
func (r *request) mayRepeat() bool {
	if r.changesNothing {
		return true
	}
	return r.method != http.MethodPost && r.header.Get("if-match") == ""
}

// do sends the request until it is answered for good, and one that only asks for a judgement to no deployment that would write.
// Every error is an *Error.
func (t *transport) do(ctx context.Context, r *request) (*answer, error) {
	if r.query.Get("validate") == "true" {
		if err := t.mustJudge(ctx, r); err != nil {
			return nil, err
		}
	}
	return t.send(ctx, r)
}

func (t *transport) send(ctx context.Context, r *request) (*answer, error) {
	mayHaveWorked, hasForgotten := false, false
	for attempt := 1; ; attempt++ {
		got, failure := t.try(ctx, r)
		if failure == nil {
			return got, nil
		}
		// Nothing was done. The token may have been revoked or its key withdrawn, which a new one mends.
		if source, canForget := t.tokens.(interface{ Forget() }); canForget && failure.Status == http.StatusUnauthorized && !hasForgotten {
			hasForgotten = true
			source.Forget()
			continue
		}
		if failure.Code == CodeNotFound && r.method == http.MethodDelete && mayHaveWorked {
			return &answer{status: http.StatusNoContent, header: http.Header{}}, nil
		}
		if attempt >= t.attempts || ctx.Err() != nil || !isTransient(r, failure) {
			return nil, failure
		}
		mayHaveWorked = mayHaveWorked || !isUntouched(failure)
		pause := backoff(attempt)
		if failure.RetryAfter > longestRetryAfter {
			return nil, failure
		}
		if failure.RetryAfter > pause {
			pause = failure.RetryAfter
		}
		if t.sleep(ctx, pause) != nil {
			return nil, failure
		}
	}
}

// isTransient reports whether trying again may help and does no harm.
func isTransient(r *request, failure *Error) bool {
	if isUntouched(failure) {
		return true
	}
	if !r.mayRepeat() {
		return false
	}
	return failure.Code == CodeUnreachable || failure.Status == 408 || (failure.Status >= 500 && failure.Status != 501)
}

// isUntouched reports whether the deployment says that it has done nothing yet: a rate limit, or a lost race.
func isUntouched(failure *Error) bool {
	return failure.Status == 429 || (failure.Status == 409 && failure.RetryAfter > 0)
}

func (t *transport) try(ctx context.Context, r *request) (*answer, *Error) {
	token, err := t.token(ctx)
	if err != nil {
		return nil, r.failure(CodeNoToken, "there is no token: "+err.Error(), err)
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	address := t.origin + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	sent, err := http.NewRequestWithContext(ctx, r.method, address, bytes.NewReader(r.body))
	if err != nil {
		return nil, r.failure(CodeInvalid, "the request cannot be made", err)
	}
	sent.Header = r.header.Clone()
	sent.Header.Set("accept", "application/json")
	sent.Header.Set("user-agent", t.userAgent)
	if r.body != nil {
		sent.Header.Set("content-type", "application/json")
	}
	if t.organisation != "" {
		sent.Header.Set("x-organisation-identity", t.organisation)
	}
	token.SetAuthHeader(sent)
	response, err := t.http.Do(sent)
	if err != nil {
		return nil, r.unreachable(t.origin, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1))
	if err != nil {
		return nil, r.unreachable(t.origin, err)
	}
	got := &answer{status: response.StatusCode, header: response.Header, body: body}
	if len(body) > maxAnswerBytes {
		return nil, r.unexpected(got, fmt.Errorf("it has more than %d bytes", maxAnswerBytes))
	}
	if got.status >= 200 && got.status < 300 {
		return got, nil
	}
	return nil, r.refusal(got)
}

// token is the bearer token of one request. A source of package cambist stops waiting with the request's context; an
// oauth2.TokenSource knows none.
func (t *transport) token(ctx context.Context) (*oauth2.Token, error) {
	source, isOurs := t.tokens.(*cambist.TokenSource)
	if !isOurs {
		return t.tokens.Token()
	}
	token, err := source.Get(ctx)
	if err != nil {
		return nil, err
	}
	return token.OAuth2(), nil
}

func (a *answer) decode(into any) error {
	return decodeJSON(a.body, into)
}

// decodeJSON keeps numbers as they are written: a claim of a condition may be longer than a float64 holds.
func decodeJSON(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something stands behind the JSON")
	}
	return nil
}

// typeNotFound is what the API calls an object that is not there.
const typeNotFound = "urn:cambist:problem:not-found"

var requiredScope = regexp.MustCompile(`\bscope="([^"]*)"`)

func (r *request) refusal(got *answer) *Error {
	var problem Problem
	err := decodeJSON(got.body, &problem)
	isProblem := err == nil && (problem.Detail != "" || problem.Message != "" || problem.Title != "")
	// What is not there counts as deleted, and only the deployment knows that: not a gateway that does not know the path.
	if !isProblem || (got.status == http.StatusNotFound && problem.Type != typeNotFound) {
		failure := r.unexpected(got, err)
		// A proxy before the deployment may be what is busy.
		failure.RetryAfter = retryAfter(got.header)
		return failure
	}
	failure := r.failure(codeOf(got.status), quoted(firstOf(problem.Detail, problem.Message, problem.Title)), nil)
	failure.Status = got.status
	failure.Type = problem.Type
	failure.Faults = problem.Errors
	for index := range failure.Faults {
		failure.Faults[index].Detail = quoted(failure.Faults[index].Detail)
	}
	failure.ConflictsWith = problem.ConflictsWith
	failure.RequestID = quoted(firstOf(problem.RequestID, got.header.Get("x-request-id")))
	failure.RetryAfter = retryAfter(got.header)
	if found := requiredScope.FindStringSubmatch(got.header.Get("www-authenticate")); found != nil && got.status == 403 {
		failure.RequiredScope = found[1]
	}
	return failure
}

func (r *request) failure(code, detail string, cause error) *Error {
	return &Error{Code: code, Detail: detail, Method: r.method, Path: r.path, cause: cause}
}

func (r *request) unreachable(origin string, err error) *Error {
	// The error of net/http repeats method and address.
	var inner *url.Error
	if errors.As(err, &inner) {
		err = inner.Err
	}
	return r.failure(CodeUnreachable, origin+" cannot be reached: "+err.Error(), err)
}

// unexpected names the kind of the answer and quotes nothing of it.
func (r *request) unexpected(got *answer, cause error) *Error {
	detail := fmt.Sprintf("the answer %d has %s, which no deployment of Cambist answers", got.status, kindOf(got))
	failure := r.failure(CodeUnexpectedAnswer, detail, cause)
	failure.Status = got.status
	failure.RequestID = quoted(got.header.Get("x-request-id"))
	return failure
}

func kindOf(got *answer) string {
	text := strings.ToLower(string(bytes.TrimSpace(got.body[:min(len(got.body), 512)])))
	switch {
	case got.status >= 300 && got.status < 400:
		return "a redirect"
	case text == "":
		return "no body"
	case strings.HasPrefix(text, "<!doctype html"), strings.HasPrefix(text, "<html"):
		return "an HTML page"
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "["):
		return "JSON of another form"
	default:
		return "text that is no JSON"
	}
}

func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.ParseUint(header.Get("retry-after"), 10, 20)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

func backoff(attempt int) time.Duration {
	pause := min(firstBackoff<<min(attempt-1, 10), longestBackoff)
	return pause/2 + rand.N(pause/2)
}

func wait(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// quoted is the text without control and format characters, and not longer than an error may be: the service repeats what others wrote.
func quoted(text string) string {
	text = strings.Map(func(char rune) rune {
		if unicode.In(char, unicode.Cc, unicode.Cf) {
			return ' '
		}
		return char
	}, text)
	if runes := []rune(text); len(runes) > maxQuoted {
		return string(runes[:maxQuoted-1]) + "…"
	}
	return text
}
