package cambist

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"cambist/internal/deployment"
)

type awsKeys struct{ id, secret, session string }

// stsDomains are what AWS puts behind the region, by the beginning of its name; each partition has its own.
var stsDomains = [][2]string{
	{"cn-", "amazonaws.com.cn"}, {"eusc-", "amazonaws.eu"}, {"us-iso-", "c2s.ic.gov"}, {"us-isob-", "sc2s.sgov.gov"},
	{"us-isof-", "csp.hci.ic.gov"}, {"eu-isoe-", "cloud.adc-e.uk"}, {"", "amazonaws.com"},
}

// stsOrigin is the regional endpoint, or what AWS_ENDPOINT_URL_STS says, unless that would send a token in clear.
func stsOrigin(c sourceContext, region string) (string, error) {
	if override := c.variable("AWS_ENDPOINT_URL_STS"); override != "" {
		parsed, err := url.Parse(override)
		if err != nil || !deployment.IsPrivate(parsed) {
			return "", &Error{Code: CodeSourceIncomplete, Description: "AWS_ENDPOINT_URL_STS is no https address; http is for loopback only"}
		}
		return strings.TrimRight(override, "/"), nil
	}
	domain := ""
	for _, one := range stsDomains {
		if domain == "" && strings.HasPrefix(region, one[0]) {
			domain = one[1]
		}
	}
	return "https://sts." + region + "." + domain, nil
}

const awsAlgorithm = "AWS4-HMAC-SHA256"

// signAWSRequest signs one request for AWS (Signature Version 4). The path must be plain and the query in order.
func signAWSRequest(request *platformRequest, keys awsKeys, region, service string, now time.Time) error {
	address, err := url.Parse(request.url)
	if err != nil {
		return &Error{Code: CodeSourceIncomplete, Description: "the address of AWS is none"}
	}
	instant := now.UTC().Format("20060102T150405Z")
	scope := strings.Join([]string{instant[:8], region, service, "aws4_request"}, "/")
	request.header["x-amz-date"] = instant
	if keys.session != "" {
		request.header["x-amz-security-token"] = keys.session
	}
	signed := maps.Clone(request.header)
	signed["host"] = address.Host
	names := slices.Sorted(maps.Keys(signed))
	canonical := []string{request.method, orElse(address.EscapedPath(), "/"), address.RawQuery}
	for _, name := range names {
		canonical = append(canonical, name+":"+signed[name])
	}
	canonical = append(canonical, "", strings.Join(names, ";"), digestOf(request.body))
	key := []byte("AWS4" + keys.secret)
	for _, part := range strings.Split(scope, "/") {
		key = hmacOf(key, part)
	}
	signature := hmacOf(key, strings.Join([]string{awsAlgorithm, instant, scope, digestOf(strings.Join(canonical, "\n"))}, "\n"))
	request.header["authorization"] = awsAlgorithm + " Credential=" + keys.id + "/" + scope + ", SignedHeaders=" + strings.Join(names, ";") + ", Signature=" + hex.EncodeToString(signature)
	return nil
}

func digestOf(text string) string {
	digest := sha256.Sum256([]byte(text))
	return hex.EncodeToString(digest[:])
}

func hmacOf(key []byte, text string) []byte {
	hash := hmac.New(sha256.New, key)
	hash.Write([]byte(text))
	return hash.Sum(nil)
}
