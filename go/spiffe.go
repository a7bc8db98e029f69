package cambist

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

const svidPath = "/SpiffeWorkloadAPI/FetchJWTSVID"

var (
	unixEndpoint = regexp.MustCompile(`^unix:(?://)?(/.+)$`)
	tcpEndpoint  = regexp.MustCompile(`(?i)^tcp://((?:\[[\da-f:]+\]|[\d.]+):\d{1,5})$`)
)

// fetchJwtSvid gets the first JWT-SVID for the audience from the SPIFFE Workload API: one gRPC call over HTTP/2, with the few
// protobuf fields that it needs.
func fetchJwtSvid(ctx context.Context, endpoint, audience string) (string, error) {
	network, address := "unix", ""
	if found := unixEndpoint.FindStringSubmatch(endpoint); found != nil {
		address = found[1]
	} else if found := tcpEndpoint.FindStringSubmatch(endpoint); found != nil {
		network, address = "tcp", found[1]
	} else {
		return "", &Error{Code: CodeSourceIncomplete, Description: "SPIFFE_ENDPOINT_SOCKET is neither unix:///path nor tcp://address:port"}
	}
	for attempt := 1; ; attempt++ {
		svid, trouble, err := callWorkloadAPI(ctx, network, address, audience)
		if trouble == "" {
			return svid, err
		}
		if ctx.Err() != nil {
			return "", aborted(ctx.Err())
		}
		if attempt == maxTries {
			return "", &Error{Code: CodePlatformUnavailable, Retryable: true,
				Description: fmt.Sprintf("the SPIFFE Workload API gave no JWT-SVID in %d tries; the last time: %s", maxTries, trouble)}
		}
		if err := wait(ctx, pauseAfter(attempt, 0)); err != nil {
			return "", aborted(err)
		}
	}
}

// callWorkloadAPI makes one try. Trouble is what may be different the next time.
func callWorkloadAPI(ctx context.Context, network, address, audience string) (svid, trouble string, err error) {
	ctx, cancel := context.WithTimeout(ctx, platformTimeout)
	defer cancel()
	transport := &http.Transport{
		Protocols: new(http.Protocols),
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()

	message := protobufField(1, audience)
	frame := string(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message)))) + message
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost"+svidPath, strings.NewReader(frame))
	if err != nil {
		return "", "", err
	}
	request.Header.Set("content-type", "application/grpc")
	request.Header.Set("te", "trailers")
	// The API answers nothing without it (SPIFFE Workload Endpoint §6).
	request.Header.Set("workload.spiffe.io", "true")
	response, err := transport.RoundTrip(request)
	if err != nil {
		return "", "no connection or no answer in time", nil
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes))
	if err != nil {
		return "", "the connection broke", nil
	}
	// Trailers, or the headers of an answer that has nothing else.
	status, said := response.Trailer.Get("grpc-status"), response.Trailer.Get("grpc-message")
	if status == "" {
		status, said = response.Header.Get("grpc-status"), response.Header.Get("grpc-message")
	}
	switch status {
	case "0":
	case "", "4", "14":
		return "", "gRPC status " + orElse(status, "missing"), nil
	default:
		if text, err := url.PathUnescape(said); err == nil {
			said = text
		}
		return "", "", &Error{
			Code:        CodePlatformRefused,
			Description: "the SPIFFE Workload API refused to give a JWT-SVID: " + orElse(quoteComplaint(said), "gRPC status "+status),
			Hint:        "Is there a registration entry for this workload?",
		}
	}
	if len(body) < 5 {
		return "", "", nil
	}
	first, err := protobufText(body[5:], 1)
	if err != nil {
		return "", "", nil
	}
	text, err := protobufText(first, 2)
	if err != nil {
		return "", "", nil
	}
	return string(text), "", nil
}

const lengthDelimited = 2

func protobufField(number uint64, value string) string {
	head := binary.AppendUvarint(nil, number<<3|lengthDelimited)
	return string(binary.AppendUvarint(head, uint64(len(value)))) + value
}

var errNoField = errors.New("there is no such field")

// protobufText is the first length-delimited field of that number.
func protobufText(message []byte, number uint64) ([]byte, error) {
	for len(message) > 0 {
		tag, read := binary.Uvarint(message)
		if read <= 0 {
			return nil, errNoField
		}
		message = message[read:]
		value, read := binary.Uvarint(message)
		if read <= 0 {
			return nil, errNoField
		}
		message = message[read:]
		switch tag & 7 {
		case 0:
		case lengthDelimited:
			if value > uint64(len(message)) {
				return nil, errNoField
			}
			if tag>>3 == number {
				return message[:value], nil
			}
			message = message[value:]
		default:
			return nil, errNoField
		}
	}
	return nil, errNoField
}
