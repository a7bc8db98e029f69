package trust

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestSubjectOf(t *testing.T) {
	for project, want := range map[string]string{
		"": "sa_1", "shop": "sa_1:project:shop", "a/b": "sa_1:project:a%2Fb", "a:b": "sa_1:project:a%3Ab", "a%3Ab": "sa_1:project:a%253Ab",
	} {
		if got := subjectOf("sa_1", project); got != want {
			t.Errorf("%q: %s, want %s", project, got, want)
		}
	}
}

func TestGoogleFault(t *testing.T) {
	for subject, isGood := range map[string]bool{
		"sa_1": true, "sa_1:project:a%2Fb": true, "sa_1:project:x' || true || '": false, `sa_1:project:x\`: false,
		strings.Repeat("x", 127): true, strings.Repeat("x", 128): false,
	} {
		if got := googleFault(subject); (got == "") != isGood {
			t.Errorf("%q: %q", subject, got)
		}
	}
}

// TestDocuments holds every document to the subject and the audience, whatever characters they have.
func TestDocuments(t *testing.T) {
	f := facts{issuer: "https://tokens.example.com", host: "tokens.example.com", subject: `sa_1:project:"}<&>`, audience: `https://a/"`, account: "123456789012"}
	for name, platform := range every {
		text, err := json.Marshal(platform.document(f))
		if err != nil {
			t.Fatal(err)
		}
		var read any
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatal(err)
		}
		if !holds(read, f.subject) || !holds(read, f.audience) {
			t.Errorf("%s: %s names not both", name, text)
		}
		if len(platform.conditions(f)) == 0 || (platform.audience == "") == (platform.whichAudience == "") {
			t.Errorf("%s is incomplete", name)
		}
	}
}

func holds(value any, text string) bool {
	switch typed := value.(type) {
	case string:
		return strings.Contains(typed, text)
	case []any:
		for _, one := range typed {
			if holds(one, text) {
				return true
			}
		}
	case map[string]any:
		for _, one := range typed {
			if holds(one, text) {
				return true
			}
		}
	}
	return false
}
