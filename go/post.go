package cambist

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"cambist/internal/deployment"
)

// answer is what came back: JSON members of a success, or the error that it means.
type answer struct {
	status     int
	header     http.Header
	members    map[string]any
	body       []byte
	requestID  string
	retryAfter time.Duration
}

// post posts until an answer is final, and returns it if it is 200. The secret never appears in an error.
func post(ctx context.Context, options ExchangeOptions, path string, form url.Values, secret string) (*answer, error) {
	origin, err := deployment.Origin(options.URL)
	if err != nil {
		return nil, invalid(err.Error())
	}
	client := withoutRedirects(options.HTTPClient)
	timeout := options.Timeout
	if timeout == 0 {
		timeout = defaultTimeout
	}
	for attempt := 1; ; attempt++ {
		got, failure := postOnce(ctx, client, timeout, origin+path, form)
		if failure == nil {
			if got.status == http.StatusOK {
				return got, nil
			}
			failure = got.refusal(secret)
		}
		if !failure.Retryable || attempt == maxTries || options.NoRetries || failure.RetryAfter > maxRetryAfter {
			return nil, failure
		}
		if err := wait(ctx, pauseAfter(attempt, failure.RetryAfter)); err != nil {
			return nil, aborted(err)
		}
	}
}

func postOnce(ctx context.Context, client *http.Client, timeout time.Duration, address string, form url.Values) (*answer, *Error) {
	if ctx.Err() != nil {
		return nil, aborted(ctx.Err())
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(limited, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, invalid("the request cannot be made")
	}
	request.Header.Set("content-type", "application/x-www-form-urlencoded")
	request.Header.Set("accept", "application/json")
	request.Header.Set("user-agent", "cambist-go")
	response, err := client.Do(request)
	if err == nil {
		defer response.Body.Close()
		var body []byte
		if body, err = io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1)); err == nil {
			return readAnswer(response, body), nil
		}
	}
	switch {
	case ctx.Err() != nil:
		return nil, aborted(ctx.Err())
	case limited.Err() != nil:
		return nil, &Error{Code: CodeTimeout, Description: "no answer within " + timeout.String(), Retryable: true, cause: limited.Err()}
	}
	// Only what net/http says beside the request, which it would repeat.
	var inner *url.Error
	if errors.As(err, &inner) {
		err = inner.Err
	}
	return nil, &Error{Code: CodeNetworkError, Description: "no connection to the deployment: " + quoteComplaint(err.Error()), Retryable: true, cause: err}
}

var requestIDForm = regexp.MustCompile(`^[\w.:-]+$`)

func readAnswer(response *http.Response, body []byte) *answer {
	got := &answer{status: response.StatusCode, header: response.Header, body: body, retryAfter: retryAfterOf(response.Header.Get("retry-after"))}
	if len(body) <= maxAnswerBytes {
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber()
		var members map[string]any
		if decoder.Decode(&members) == nil {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				got.members = members
			}
		}
	}
	for _, id := range []string{response.Header.Get("x-request-id"), got.text("request_id")} {
		if got.requestID == "" && len(id) <= maxRequestIDChars && requestIDForm.MatchString(id) {
			got.requestID = id
		}
	}
	return got
}

// text is a member that is a string, else empty.
func (a *answer) text(name string) string {
	text, _ := a.members[name].(string)
	return text
}

// refusal is the error that an answer other than 200 means. The secret is cut out of whatever it says.
func (a *answer) refusal(secret string) *Error {
	failure := &Error{Status: a.status, RequestID: a.requestID, RetryAfter: a.retryAfter, Retryable: isRetryable(a.status)}
	said := a.text("error_description")
	if said == "" {
		said = a.text("message")
	}
	isOurs := isOAuthCode(a.text("error"))
	switch {
	case isOurs:
		failure.Code = a.text("error")
	case a.status == http.StatusInternalServerError:
		failure.Code = CodeServerError
	case failure.Retryable:
		failure.Code = CodeTemporarilyUnavailable
	default:
		failure.Code = CodeUnexpectedResponse
	}
	switch {
	case isOurs && said != "":
		failure.Description = presentable(said, secret)
	case isOurs:
		failure.Description = "the deployment gave no description"
	case a.status >= 300 && a.status < 400:
		failure.Description = "the answer is a redirect, which is not followed with a token in hand: give the address of the deployment itself"
	case failure.Retryable:
		failure.Description = "the deployment, or something in front of it, is unavailable"
	default:
		failure.Description = "the answer is not one of a Cambist deployment (" + a.kind() + "): check the address"
	}
	if isOurs && !failure.Retryable && a.requestID != "" {
		failure.Hint = "Who runs the deployment finds the whole reason with `cambist explain --request-id " + a.requestID + "`."
	}
	return failure
}

// unexpected is an answer that claims success and is none.
func (a *answer) unexpected(fault string) *Error {
	return &Error{Code: CodeUnexpectedResponse, Description: fault, Status: a.status, RequestID: a.requestID}
}

var htmlStart = regexp.MustCompile(`(?i)^\s*<(?:!doctype html|html|head|body)`)

// kind says what the body is and quotes nothing of it.
func (a *answer) kind() string {
	switch {
	case len(a.body) > maxAnswerBytes:
		return "too long"
	case a.members != nil:
		return "other JSON"
	case len(bytes.TrimSpace(a.body)) == 0:
		return "an empty answer"
	case htmlStart.Match(a.body), strings.Contains(strings.ToLower(a.header.Get("content-type")), "html"):
		return "an HTML page"
	default:
		return "text that is no JSON object"
	}
}

// isRetryable reports a status after which the same request may succeed (RFC 9110 §15.5.9, RFC 6585 §4).
func isRetryable(status int) bool {
	return status == 408 || status == 429 || (status >= 500 && status <= 599)
}

func isOAuthCode(code string) bool {
	switch code {
	case "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
		"invalid_scope", "invalid_target", CodeTemporarilyUnavailable, CodeServerError:
		return true
	}
	return false
}

// retryAfterOf reads seconds or a date (RFC 9110 §10.2.3); 0 for anything else.
func retryAfterOf(value string) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseUint(value, 10, 30); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at).Round(time.Second))
	}
	return 0
}

// pauseAfter puts jitter on top of what the deployment asks for, never below it.
func pauseAfter(attempt int, retryAfter time.Duration) time.Duration {
	backoff := firstBackoff << (attempt - 1)
	backoff = backoff/2 + rand.N(backoff/2)
	if retryAfter > 0 {
		return retryAfter + rand.N(backoff)
	}
	return backoff
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

// withoutRedirects is the client, which follows no redirect: it would carry the token to another place.
func withoutRedirects(client *http.Client) *http.Client {
	if client == nil {
		client = http.DefaultClient
	}
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

func aborted(cause error) *Error {
	return &Error{Code: CodeAborted, Description: "the request was ended by its caller", cause: cause}
}
