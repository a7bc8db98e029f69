package cambist

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// Codes of an [Error] that are not those of a deployment (RFC 6749 §5.2, RFC 8693 §2.2.2, RFC 8707 §2), which are used as they are:
// invalid_request, invalid_client, invalid_grant, unauthorized_client, unsupported_grant_type, invalid_scope, invalid_target,
// temporarily_unavailable and server_error. None of them changes.
const (
	// CodeInvalidOptions: an option is missing or wrong; nothing was sent.
	CodeInvalidOptions = "invalid_options"
	// CodeSubjectTokenUnavailable: the ID token could not be read, or is none; nothing was exchanged.
	CodeSubjectTokenUnavailable = "subject_token_unavailable"
	// CodeUnexpectedResponse: the answer is not one of a deployment: HTML, a redirect, no access_token, a wrong expires_in.
	CodeUnexpectedResponse = "unexpected_response"
	// CodeTimeout: there was no answer in time.
	CodeTimeout = "timeout"
	// CodeNetworkError: there is no connection, or it broke.
	CodeNetworkError = "network_error"
	// CodeAborted: the context of the caller ended.
	CodeAborted = "aborted"
	// CodeTemporarilyUnavailable: the deployment, its storage or the issuer's keys cannot be had now, or there are too many requests.
	CodeTemporarilyUnavailable = "temporarily_unavailable"
	// CodeServerError: a fault of the deployment.
	CodeServerError = "server_error"
	// CodeNoSource: nothing here gives an ID token.
	CodeNoSource = "no_source"
	// CodeSourceIncomplete: the platform is here, but this job may not have a token.
	CodeSourceIncomplete = "source_incomplete"
	// CodeSourceAmbiguous: several tokens would fit.
	CodeSourceAmbiguous = "source_ambiguous"
	// CodePlatformUnavailable: the platform did not answer, or not usefully, after all tries.
	CodePlatformUnavailable = "platform_unavailable"
	// CodePlatformRefused: the platform refused; trying again does not help.
	CodePlatformRefused = "platform_refused"
	// CodeNotAToken: what the platform gave is no ID token.
	CodeNotAToken = "not_a_token"
)

// Error is why there is no token. It never carries a token or the body of an answer.
type Error struct {
	// Code is stable: compare this, not the text.
	Code string
	// Description says why in one sentence: the deployment's own, if it gave one.
	Description string
	// Hint says what to do, if that is known.
	Hint string
	// Status is the HTTP status of the answer, 0 if there was none.
	Status int
	// RequestID finds the full reason in the deployment's audit events.
	RequestID string
	// RetryAfter is how long the deployment asks to wait, 0 if it does not say.
	RetryAfter time.Duration
	// Retryable tells whether the same request may succeed later, unchanged; it was tried again already if that made sense.
	Retryable bool

	cause error
}

// Error says why, with code, status, request id and hint.
func (e *Error) Error() string {
	where := e.Code
	if e.Status != 0 {
		where += fmt.Sprintf(", HTTP %d", e.Status)
	}
	text := fmt.Sprintf("%s (%s)", e.Description, where)
	if e.RequestID != "" {
		text += " [request id " + e.RequestID + "]"
	}
	if e.Hint != "" {
		text += "\n" + e.Hint
	}
	return text
}

// Unwrap returns what caused it, such as the error of a context.
func (e *Error) Unwrap() error {
	return e.cause
}

var (
	looksLikeJwt  = regexp.MustCompile(`\be[yw][\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?`)
	looksLikeSome = regexp.MustCompile(`[\w-]{16,}\.[\w-]{8,}(?:\.[\w-]*)?`)
	notPrintable  = regexp.MustCompile(`[^\x20-\x7e]+`)
)

// presentable is the text of an answer as it may be shown: one line, bounded, without control and format characters, without the
// secret, and without anything that looks like a JWT. A gateway may echo what it was sent, so that another token can come back.
func presentable(text, secret string) string {
	if secret != "" {
		text = strings.ReplaceAll(text, secret, "[token]")
	}
	text = looksLikeJwt.ReplaceAllString(text, "[token]")
	text = strings.Map(func(char rune) rune {
		if unicode.In(char, unicode.Cc, unicode.Cf) || unicode.IsSpace(char) {
			return ' '
		}
		return char
	}, text)
	return shortened(strings.Join(strings.Fields(text), " "), maxDescriptionChars)
}

// quoteComplaint is the beginning of somebody else's text, with nothing in it that looks like a token or moves a cursor.
func quoteComplaint(text string) string {
	text = looksLikeSome.ReplaceAllString(text, "[token]")
	return shortened(strings.TrimSpace(notPrintable.ReplaceAllString(text, " ")), maxComplaintChars)
}

func shortened(text string, chars int) string {
	runes := []rune(text)
	if len(runes) <= chars {
		return text
	}
	return string(runes[:chars-1]) + "…"
}
