package cambist

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"
)

const (
	awsTitle = "AWS STS"
	// awsTokenSeconds a token of STS lives: it is exchanged at once.
	awsTokenSeconds = "300"
	// ec2SessionSeconds of a session of the metadata service; it is used at once.
	ec2SessionSeconds = "60"
)

// awsSource asks STS for an ID token of the workload. AWS_ACCESS_KEY_ID alone is no evidence: it is set on many machines that are
// not AWS.
func awsSource() source {
	origins := []origin{}
	for _, names := range [][]string{
		{"AWS_LAMBDA_FUNCTION_NAME", "AWS_ACCESS_KEY_ID"}, {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"}, {"AWS_CONTAINER_CREDENTIALS_FULL_URI"},
	} {
		origins = append(origins, origin{evidence{variables: names}, fetchAWSWebIdentityToken})
	}
	sessionID := regexp.MustCompile(`^[\w=+/-]{16,256}$`)
	origins = append(origins, origin{evidence{probe: &probe{
		request: ec2Session,
		recognises: func(_ func(string) string, status int, text string) bool {
			return status == 200 && sessionID.MatchString(text)
		},
		found: "the metadata service of EC2 answers",
	}}, fetchAWSWebIdentityToken})
	return source{
		name: "aws", title: awsTitle, origins: origins,
		incomplete: []incomplete{{evidence{variables: []string{"ECS_CONTAINER_METADATA_URI_V4"}}, "the ECS task has no task role",
			always("Give the task definition a taskRoleArn with the permission sts:GetWebIdentityToken.")}},
	}
}

var webIdentityToken = regexp.MustCompile(`<WebIdentityToken>\s*([^<\s]+)\s*</WebIdentityToken>`)

func fetchAWSWebIdentityToken(ctx context.Context, c sourceContext) (string, error) {
	keys, err := findAWSKeys(ctx, c)
	if err != nil {
		return "", err
	}
	region, err := findAWSRegion(ctx, c)
	if err != nil {
		return "", err
	}
	// The global endpoint does not know this action.
	address, err := stsOrigin(c, region)
	if err != nil {
		return "", err
	}
	body := url.Values{
		"Action": {"GetWebIdentityToken"}, "Version": {"2011-06-15"}, "Audience.member.1": {c.audience}, "DurationSeconds": {awsTokenSeconds},
		// A provider accepts RS256 by default, and STS offers only it and ES384.
		"SigningAlgorithm": {"RS256"},
	}.Encode()
	request := platformRequest{method: "POST", url: address + "/", body: body, header: map[string]string{
		"content-type": "application/x-www-form-urlencoded; charset=utf-8",
	}}
	if err := signAWSRequest(&request, keys, region, "sts", time.Now()); err != nil {
		return "", err
	}
	text, err := c.machine.ask(ctx, awsTitle, request)
	if err != nil {
		return "", err
	}
	if found := webIdentityToken.FindStringSubmatch(text); found != nil {
		return found[1], nil
	}
	return "", nil
}

// findAWSKeys takes the workload's keys: of variables, then of the container's endpoint, then of EC2's metadata.
func findAWSKeys(ctx context.Context, c sourceContext) (awsKeys, error) {
	if id, secret := c.variable("AWS_ACCESS_KEY_ID"), c.variable("AWS_SECRET_ACCESS_KEY"); id != "" && secret != "" {
		return awsKeys{id, secret, c.variable("AWS_SESSION_TOKEN")}, nil
	}
	fetch := ec2Keys
	if c.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != "" || c.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") != "" {
		fetch = containerKeys
	}
	text, err := fetch(ctx, c)
	if err != nil {
		return awsKeys{}, err
	}
	var answered struct {
		AccessKeyID     string `json:"AccessKeyId"`
		SecretAccessKey string `json:"SecretAccessKey"`
		Token           string `json:"Token"`
	}
	if json.Unmarshal([]byte(text), &answered) != nil || answered.AccessKeyID == "" || answered.SecretAccessKey == "" {
		return awsKeys{}, &Error{Code: CodePlatformRefused, Description: "AWS gave no credentials: the answer holds no AccessKeyId"}
	}
	return awsKeys{answered.AccessKeyID, answered.SecretAccessKey, answered.Token}, nil
}

func containerKeys(ctx context.Context, c sourceContext) (string, error) {
	address := c.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI")
	if relative := c.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); relative != "" {
		address = "http://169.254.170.2" + relative
	}
	parsed, err := url.Parse(address)
	if err != nil || (parsed.Scheme != "https" && !(parsed.Scheme == "http" && mayBeClear(parsed.Hostname()))) {
		return "", &Error{Code: CodeSourceIncomplete, Description: "AWS_CONTAINER_CREDENTIALS_FULL_URI is no address that credentials may come from"}
	}
	request := platformRequest{url: address, header: map[string]string{}}
	authorization := c.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN")
	if file := c.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); file != "" {
		// Read each time: EKS rotates it.
		text, err := os.ReadFile(c.machine.resolve(file))
		if err != nil {
			return "", &Error{Code: CodeSourceIncomplete, Description: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be read", cause: err}
		}
		authorization = strings.TrimSpace(string(text))
	}
	if authorization != "" {
		request.header["authorization"] = authorization
	}
	return c.machine.ask(ctx, "AWS", request)
}

// mayBeClear lists where the agents of ECS and EKS may listen without TLS; anything else would get a credential in the clear.
func mayBeClear(host string) bool {
	switch host {
	case "169.254.170.2", "169.254.170.23", "fd00:ec2::23", "localhost", "127.0.0.1", "::1":
		return true
	}
	return false
}

var awsRole = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)

func ec2Keys(ctx context.Context, c sourceContext) (string, error) {
	roles, err := ec2Metadata(ctx, c, "iam/security-credentials/")
	if err != nil {
		return "", err
	}
	role, _, _ := strings.Cut(roles, "\n")
	if role = strings.TrimSpace(role); !awsRole.MatchString(role) {
		return "", &Error{Code: CodeSourceIncomplete, Description: "this EC2 instance has no role", Hint: "Attach an instance profile whose role may sts:GetWebIdentityToken."}
	}
	return ec2Metadata(ctx, c, "iam/security-credentials/"+role)
}

// ec2Metadata makes a session first, then asks for the value (IMDSv2).
func ec2Metadata(ctx context.Context, c sourceContext, path string) (string, error) {
	session, err := c.machine.ask(ctx, "AWS", ec2Session(c))
	if err != nil {
		return "", err
	}
	return c.machine.ask(ctx, "AWS", platformRequest{
		url:    ec2Host(c) + "/latest/meta-data/" + path,
		header: map[string]string{"x-aws-ec2-metadata-token": strings.TrimSpace(session)},
	})
}

func ec2Session(c sourceContext) platformRequest {
	return platformRequest{method: "PUT", url: ec2Host(c) + "/latest/api/token", header: map[string]string{"x-aws-ec2-metadata-token-ttl-seconds": ec2SessionSeconds}}
}

func ec2Host(c sourceContext) string {
	return strings.TrimRight(orElse(c.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT"), "http://169.254.169.254"), "/")
}

var awsRegion = regexp.MustCompile(`^[a-z]{2,}(?:-[a-z]+)+-\d+$`)

func findAWSRegion(ctx context.Context, c sourceContext) (string, error) {
	region := orElse(c.variable("AWS_REGION"), c.variable("AWS_DEFAULT_REGION"))
	if region == "" {
		var err error
		if region, err = ec2Metadata(ctx, c, "placement/region"); err != nil {
			return "", err
		}
	}
	if !awsRegion.MatchString(region) {
		return "", &Error{Code: CodeSourceIncomplete, Description: "the AWS region is not known", Hint: "Set AWS_REGION."}
	}
	return region, nil
}
