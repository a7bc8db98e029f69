// Package deployment turns the address that a user gives into the origin of a deployment.
package deployment

import (
	"errors"
	"net/url"
)

// Origin is scheme and host of the deployment at address, its ISSUER_URL, with or without a trailing slash. It refuses
// addresses to which a token must not be sent: a path, a query, a user name, or `http:` beyond loopback.
func Origin(address string) (string, error) {
	parsed, err := url.Parse(address)
	// Not wrapped: the error of net/url quotes the address, and somebody may have written a password into it.
	if err != nil || parsed.Hostname() == "" {
		return "", errors.New("cambist: url must be the address of a deployment, such as https://cambist.example.com")
	}
	if parsed.User != nil {
		return "", errors.New("cambist: url must not contain a user name or password")
	}
	if !IsPrivate(parsed) {
		return "", errors.New("cambist: url must be https, so that no token is sent in clear; http is for loopback only")
	}
	if parsed.RawQuery != "" || parsed.ForceQuery || parsed.Fragment != "" {
		return "", errors.New("cambist: url must have no query and no fragment")
	}
	if parsed.Path != "" && parsed.Path != "/" {
		return "", errors.New("cambist: url must be the address of the deployment without a path: " + parsed.Scheme + "://" + parsed.Host)
	}
	return parsed.Scheme + "://" + parsed.Host, nil
}

// IsPrivate reports whether nobody on the way can read what is sent there: https, or http on loopback.
func IsPrivate(address *url.URL) bool {
	return address.Scheme == "https" || (address.Scheme == "http" && isLoopback(address.Hostname()))
}

func isLoopback(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}
