package cambist

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestSigV4 signs the example of AWS's own documentation.
func TestSigV4(t *testing.T) {
	request := platformRequest{method: "GET", url: "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", header: map[string]string{
		"content-type": "application/x-www-form-urlencoded; charset=utf-8",
	}}
	keys := awsKeys{id: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
	if err := signAWSRequest(&request, keys, "us-east-1", "iam", time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	want := "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
	if request.header["authorization"] != want {
		t.Error(request.header["authorization"])
	}
}

// TestAWS goes the way of an EC2 instance, and of a container with a rotated authorization.
func TestAWS(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + " " + r.URL.Path {
		case "PUT /latest/api/token":
			fmt.Fprint(w, "session-of-sixteen-characters==")
		case "GET /latest/meta-data/iam/security-credentials/":
			fmt.Fprint(w, "deployer\n")
		case "GET /latest/meta-data/iam/security-credentials/deployer", "GET /creds":
			if r.Header.Get("x-aws-ec2-metadata-token") == "" && r.Header.Get("authorization") != "rotated" {
				w.WriteHeader(401)
				return
			}
			fmt.Fprint(w, `{"AccessKeyId":"AKID","SecretAccessKey":"secret","Token":"session"}`)
		case "GET /latest/meta-data/placement/region":
			fmt.Fprint(w, "eu-central-1")
		case "POST /":
			_ = r.ParseForm()
			authorization := r.Header.Get("authorization")
			if r.PostForm.Get("Audience.member.1") != ours || r.Header.Get("x-amz-security-token") != "session" || !strings.Contains(authorization, "/eu-central-1/sts/aws4_request") {
				t.Errorf("asked %v %v", r.PostForm, r.Header)
			}
			fmt.Fprintf(w, "<R><WebIdentityToken>\n%s\n</WebIdentityToken></R>", ourToken())
		default:
			w.WriteHeader(404)
		}
	}))
	defer server.Close()
	m := nowhere(t)
	m.client = server.Client()
	m.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"], m.variables["AWS_ENDPOINT_URL_STS"] = server.URL+"/", server.URL
	if token, err := take(t, m, ""); err != nil || token != ourToken() {
		t.Error(token, err)
	}
	place(t, m, "/auth", "rotated\n")
	m.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"], m.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = server.URL+"/creds", "/auth"
	m.variables["AWS_REGION"] = "eu-central-1"
	if token, err := take(t, m, ""); err != nil || token != ourToken() {
		t.Error(token, err)
	}
}

func TestAWSThatSendsNothingInClear(t *testing.T) {
	for name, value := range map[string]string{
		"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.169.254.evil.example/", "AWS_ENDPOINT_URL_STS": "http://sts.example.com",
	} {
		m := nowhere(t)
		m.variables["AWS_LAMBDA_FUNCTION_NAME"], m.variables["AWS_ACCESS_KEY_ID"], m.variables["AWS_REGION"] = "f", "AKID", "eu-central-1"
		m.variables[name] = value
		if name == "AWS_ENDPOINT_URL_STS" {
			m.variables["AWS_SECRET_ACCESS_KEY"] = "secret"
		}
		detected, err := detectOn(context.Background(), m, DetectOptions{URL: ours})
		if err != nil {
			t.Fatal(err)
		}
		var failure *Error
		if _, err := detected.IDToken(context.Background()); !errors.As(err, &failure) || failure.Code != CodeSourceIncomplete {
			t.Errorf("%s: %v", name, err)
		}
	}
}
