package cambist

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"testing"
)

// workloadAPI serves the call over a unix socket, as an agent does.
func workloadAPI(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "agent.sock")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler, Protocols: new(http.Protocols)}
	server.Protocols.SetUnencryptedHTTP2(true)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return "unix://" + path
}

func grpcAnswer(w http.ResponseWriter, message, status, said string) {
	w.Header().Set("trailer", "grpc-status, grpc-message")
	if message != "" {
		_, _ = w.Write(append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...))
	}
	w.Header().Set("grpc-status", status)
	w.Header().Set("grpc-message", said)
}

func TestWorkloadAPI(t *testing.T) {
	calls := 0
	endpoint := workloadAPI(t, func(w http.ResponseWriter, r *http.Request) {
		calls++
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path != svidPath || r.Header.Get("workload.spiffe.io") != "true" || string(body[5:]) != protobufField(1, ours) {
			t.Errorf("asked %s %v %q", r.URL, r.Header, body)
		}
		if calls == 1 {
			grpcAnswer(w, "", "14", "starting")
			return
		}
		grpcAnswer(w, protobufField(1, protobufField(1, "spiffe://example.org/a")+protobufField(2, ourToken())), "0", "")
	})
	m := nowhere(t)
	m.variables["SPIFFE_ENDPOINT_SOCKET"] = endpoint
	token, err := take(t, m, "")
	if err != nil || token != ourToken() || calls != 2 {
		t.Error(token, err, calls)
	}
}

func TestWorkloadAPIThatRefuses(t *testing.T) {
	endpoint := workloadAPI(t, func(w http.ResponseWriter, _ *http.Request) { grpcAnswer(w, "", "7", "no%20identity") })
	_, err := fetchJwtSvid(context.Background(), endpoint, ours)
	var failure *Error
	if !errors.As(err, &failure) || failure.Code != CodePlatformRefused || failure.Hint == "" {
		t.Error(err)
	}
	if _, err := fetchJwtSvid(context.Background(), "http://localhost", ours); !errors.As(err, &failure) || failure.Code != CodeSourceIncomplete {
		t.Error(err)
	}
}

func FuzzProtobuf(f *testing.F) {
	f.Add([]byte(protobufField(1, protobufField(2, "x"))))
	f.Add([]byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(_ *testing.T, message []byte) {
		_, _ = protobufText(message, 1)
	})
}
