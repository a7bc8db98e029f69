package trust

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// facts are what every trust is made of.
type facts struct{ issuer, host, subject, audience, account, serviceAccount string }

// platform is what one platform calls them.
type platform struct {
	// audience is the usual one; without it, whichAudience says what to give.
	audience, whichAudience string
	// subjectFault is why a subject cannot be trusted there; "" if it can.
	subjectFault func(subject string) string
	conditions   func(facts) map[string]string
	// document is nil if something that it names is not given.
	document func(facts) any
}

type object = map[string]any

func platforms() []string { return slices.Sorted(maps.Keys(every)) }

var every = map[string]platform{
	"aws": {
		audience: "sts.amazonaws.com",
		conditions: func(f facts) map[string]string {
			return map[string]string{f.host + ":aud": f.audience, f.host + ":sub": f.subject}
		},
		document: func(f facts) any {
			if f.account == "" {
				return nil
			}
			return object{"Version": "2012-10-17", "Statement": []object{{
				"Effect":    "Allow",
				"Principal": object{"Federated": "arn:aws:iam::" + f.account + ":oidc-provider/" + f.host},
				"Action":    "sts:AssumeRoleWithWebIdentity",
				"Condition": object{"StringEquals": object{f.host + ":aud": f.audience, f.host + ":sub": f.subject}},
			}}}
		},
	},
	"gcp": {
		whichAudience: "Google Cloud has no usual one: give the address of the pool's provider, https://iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER.",
		subjectFault:  googleFault,
		conditions: func(f facts) map[string]string {
			return map[string]string{"assertion.sub": f.subject}
		},
		document: func(f facts) any {
			return object{
				"attributeMapping":   object{"google.subject": "assertion.sub"},
				"attributeCondition": "assertion.sub == '" + f.subject + "'",
				"oidc":               object{"issuerUri": f.issuer, "allowedAudiences": []string{f.audience}},
			}
		},
	},
	"azure": {
		audience:   "api://AzureADTokenExchange",
		conditions: claims,
		document: func(f facts) any {
			return object{"name": "cambist", "issuer": f.issuer, "subject": f.subject, "audiences": []string{f.audience}}
		},
	},
	"vault": {
		whichAudience: "Vault has no usual one: give its address, such as https://vault.example.com.",
		conditions:    claims,
		document: func(f facts) any {
			return object{"role_type": "jwt", "user_claim": "sub", "bound_subject": f.subject, "bound_audiences": []string{f.audience}, "token_policies": []string{"default"}, "token_ttl": "15m"}
		},
	},
	"kubernetes": {
		audience:   "kubernetes",
		conditions: claims,
		document: func(f facts) any {
			return object{
				"apiVersion": "apiserver.config.k8s.io/v1beta1",
				"kind":       "AuthenticationConfiguration",
				"jwt": []object{{
					"issuer":               object{"url": f.issuer, "audiences": []string{f.audience}},
					"claimMappings":        object{"username": object{"claim": "sub", "prefix": "cambist:"}},
					"claimValidationRules": []object{{"claim": "sub", "requiredValue": f.subject}},
				}},
			}
		},
	},
}

// maxGoogleSubject is how many characters `google.subject` may have; Google refuses a longer one.
const maxGoogleSubject = 127

// googleFault refuses what would end the text inside the attribute condition, which is an expression.
func googleFault(subject string) string {
	if len(subject) > maxGoogleSubject {
		return fmt.Sprintf("Google accepts subjects of up to %d characters; this one has %d.", maxGoogleSubject, len(subject))
	}
	if strings.ContainsAny(subject, `'\\`) {
		return "A project with a quote or a backslash cannot be written in an attribute condition."
	}
	return ""
}

func claims(f facts) map[string]string {
	return map[string]string{"aud": f.audience, "sub": f.subject}
}
