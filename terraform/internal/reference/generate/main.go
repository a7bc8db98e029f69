// Generate writes schema.json and docs from the schemas of the provider: `go generate` in the folder terraform. A change that breaks
// users is refused, unless -breaking says that it is meant.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"terraform-provider-cambist/internal/reference"
)

func main() {
	isMeant := flag.Bool("breaking", false, "write a snapshot that breaks users all the same")
	flag.Parse()
	if err := generate(*isMeant); err != nil {
		log.Fatal(err)
	}
}

func generate(isMeant bool) error {
	now, err := reference.Take(context.Background())
	if err != nil {
		return err
	}
	if breaks := breaksOfCommitted(now); len(breaks) > 0 && !isMeant {
		return fmt.Errorf("this breaks users, so nothing is written: %q", breaks)
	}
	text, err := json.MarshalIndent(now, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile("schema.json", append(text, '\n'), 0o644); err != nil {
		return err
	}
	pages, err := now.Pages("examples")
	if err != nil {
		return err
	}
	if err := os.RemoveAll("docs"); err != nil {
		return err
	}
	for path, page := range pages {
		target := filepath.Join("docs", path)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, []byte(page), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func breaksOfCommitted(now *reference.Snapshot) []string {
	text, err := os.ReadFile("schema.json")
	if err != nil {
		return nil
	}
	var committed reference.Snapshot
	if err := json.Unmarshal(text, &committed); err != nil {
		return []string{"schema.json cannot be read: " + err.Error()}
	}
	return reference.Breaks(&committed, now)
}
