package cambist

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// machine is where the program runs, as far as a source may look at it or ask it; tests replace it.
type machine struct {
	variables map[string]string
	// at puts another root before the absolute paths of platforms.
	at string
	// client asks the platforms' own endpoints.
	client *http.Client
	// program runs a program and returns what it printed; lookPath tells whether there is one.
	lookPath func(name string) bool
	program  func(ctx context.Context, name string, arguments ...string) (string, error)
}

func thisMachine() *machine {
	variables := map[string]string{}
	for _, entry := range os.Environ() {
		if name, value, ok := strings.Cut(entry, "="); ok && name != "" {
			variables[name] = value
		}
	}
	return &machine{variables: variables, client: http.DefaultClient, lookPath: isProgram, program: runProgram}
}

// resolve is the path, or what the variable that `$NAME` names holds; empty if it holds nothing.
func (m *machine) resolve(path string) string {
	if name, isVariable := strings.CutPrefix(path, "$"); isVariable {
		path = m.variables[name]
	}
	if path == "" || m.at == "" {
		return path
	}
	return filepath.Join(m.at, path)
}

func (m *machine) exists(path string) bool {
	_, err := os.Stat(m.resolve(path))
	return err == nil
}

type placedToken struct{ place, token string }

// tokensInVariables are the variables that hold an ID token for the audience, in the order of their names.
func (m *machine) tokensInVariables(c sourceContext) []placedToken {
	found := []placedToken{}
	for place, value := range m.variables {
		if token := strings.TrimSpace(value); c.isFor(token) {
			found = append(found, placedToken{place, token})
		}
	}
	slices.SortFunc(found, func(a, b placedToken) int { return strings.Compare(a.place, b.place) })
	return found
}

// tokensInFiles are the files, or files directly in the directories, that hold an ID token for the audience, in the given order.
func (m *machine) tokensInFiles(c sourceContext, paths []string) []placedToken {
	found := []placedToken{}
	for _, path := range paths {
		path = m.resolve(path)
		files := []string{path}
		if entries, err := os.ReadDir(path); err == nil {
			files = files[:0]
			for _, entry := range entries {
				files = append(files, filepath.Join(path, entry.Name()))
			}
		}
		for _, file := range files {
			// Through the links of a projected volume; what is no file is passed over.
			if state, err := os.Stat(file); err != nil || !state.Mode().IsRegular() {
				continue
			}
			text, err := readTokenFile(file)
			if token := strings.TrimSpace(text); err == nil && c.isFor(token) {
				found = append(found, placedToken{file, token})
			}
		}
	}
	return found
}

// platformRequest is a request to a platform's own endpoint.
type platformRequest struct {
	method, url, body string
	header            map[string]string
	// socket is a unix socket to send it over; the host in the URL is then only a name.
	socket string
}

// send makes one try. It follows no redirect: it would carry the platform's credential elsewhere.
func (m *machine) send(ctx context.Context, request platformRequest, timeout time.Duration) (*http.Response, string, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if request.method == "" {
		request.method = http.MethodGet
	}
	sent, err := http.NewRequestWithContext(ctx, request.method, request.url, strings.NewReader(request.body))
	if err != nil {
		return nil, "", errors.New("its address is none")
	}
	for name, value := range request.header {
		sent.Header.Set(name, value)
	}
	client := withoutRedirects(m.client)
	if request.socket != "" {
		client.Transport = &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", m.resolve(request.socket))
		}}
	}
	response, err := client.Do(sent)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1))
	if err == nil && len(text) > maxAnswerBytes {
		err = errors.New("the answer is too long")
	}
	return response, string(text), err
}

// ask asks an endpoint, again if that can help: timeouts, 408, 429 and 5xx. Any other status is final.
func (m *machine) ask(ctx context.Context, title string, request platformRequest) (string, error) {
	for attempt := 1; ; attempt++ {
		response, text, err := m.send(ctx, request, platformTimeout)
		var pause time.Duration
		trouble := "no connection or no answer in time"
		if err == nil {
			if response.StatusCode >= 200 && response.StatusCode < 300 {
				return text, nil
			}
			trouble = strings.TrimSpace(fmt.Sprintf("%d %s", response.StatusCode, quoteComplaint(text)))
			if !isRetryable(response.StatusCode) {
				return "", &Error{Code: CodePlatformRefused, Description: title + " refused to give an ID token: " + trouble, Status: response.StatusCode}
			}
			pause = min(retryAfterOf(response.Header.Get("retry-after")), platformLongestRetryAfter)
		}
		if ctx.Err() != nil {
			return "", aborted(ctx.Err())
		}
		if attempt == maxTries {
			return "", &Error{
				Code:        CodePlatformUnavailable,
				Description: fmt.Sprintf("%s gave no ID token in %d tries; the last time: %s", title, maxTries, trouble),
				Hint:        "This is between the job and its platform; Cambist was not asked yet. Try again, and look at the status page of the platform.",
				Retryable:   true,
				cause:       err,
			}
		}
		if err := wait(ctx, pauseAfter(attempt, pause)); err != nil {
			return "", aborted(err)
		}
	}
}

func isProgram(name string) bool {
	_, err := exec.LookPath(name)
	return err == nil
}

func runProgram(ctx context.Context, name string, arguments ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, programTimeout)
	defer cancel()
	var stdout, stderr bytes.Buffer
	command := exec.CommandContext(ctx, name, arguments...)
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return "", errors.New(name + ": " + quoteComplaint(stderr.String()))
	}
	return stdout.String(), nil
}
