// Writes the pages of docs, in the layout of the Terraform Registry.

package reference

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"terraform-provider-cambist/internal/object"
)

// group is a folder of pages, and where the examples of its things are.
type group struct {
	folder, kind, examples, file string
	things                       map[string]*Thing
}

func (s *Snapshot) groups() []group {
	return []group{
		{"resources", "Resource", "resources", "resource.tf", s.Resources},
		{"data-sources", "Data Source", "data-sources", "data-source.tf", s.DataSources},
		{"ephemeral-resources", "Ephemeral Resource", "ephemeral-resources", "ephemeral-resource.tf", s.EphemeralResources},
		{"list-resources", "List Resource", "list-resources", "list-resource.tfquery.hcl", s.ListResources},
	}
}

// Pages are the files of docs, by their path in it, in the layout of the Terraform Registry. Examples are taken from the folder.
func (s *Snapshot) Pages(examples string) (map[string]string, error) {
	pages := map[string]string{}
	example, err := readExample(examples, "provider", "provider.tf")
	if err != nil {
		return nil, err
	}
	pages["index.md"] = join(
		head("cambist Provider", s.Provider.description), "# cambist Provider", s.Provider.description,
		"## Example Usage", example, section("## Schema", s.Provider.Attributes),
	)
	for _, group := range s.groups() {
		for name, thing := range group.things {
			example, err := readExample(examples, group.examples, name, group.file)
			if err != nil {
				return nil, err
			}
			title := fmt.Sprintf("%s (%s)", name, group.kind)
			parts := []string{head(title, thing.description), "# " + title, thing.description, "## Example Usage", example, section("## Schema", thing.Attributes)}
			if group.folder == "resources" {
				parts = append(parts, imports(name))
			}
			pages[filepath.Join(group.folder, strings.TrimPrefix(name, "cambist_")+".md")] = join(parts...)
		}
	}
	for name, function := range s.Functions {
		example, err := readExample(examples, "functions", name, "function.tf")
		if err != nil {
			return nil, err
		}
		pages[filepath.Join("functions", name+".md")] = join(
			head(name+" (Function)", function.summary), "# function: "+name, function.description, "## Example Usage", example, function.signature(name),
		)
	}
	return pages, nil
}

func readExample(path ...string) (string, error) {
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		return "", err
	}
	return "```terraform\n" + strings.TrimSpace(string(text)) + "\n```", nil
}

func head(title, description string) string {
	return fmt.Sprintf("---\npage_title: %q\ndescription: |-\n  %s\n---", title, description)
}

func join(parts ...string) string {
	kept := slices.DeleteFunc(parts, func(part string) bool { return part == "" })
	return strings.Join(kept, "\n\n") + "\n"
}

// section lists attributes as a reader looks for them: what must be given, what may be, what is answered.
func section(title string, all map[string]*Attribute) string {
	parts := []string{title}
	for _, list := range []struct {
		title string
		has   func(*Attribute) bool
	}{
		{"### Required", func(a *Attribute) bool { return a.Required }},
		{"### Optional", func(a *Attribute) bool { return a.Optional }},
		{"### Read-Only", func(a *Attribute) bool { return !a.canBeWritten() }},
	} {
		if lines := lines(all, list.has, ""); len(lines) > 0 {
			parts = append(parts, list.title, strings.Join(lines, "\n"))
		}
	}
	return strings.Join(parts, "\n\n")
}

func lines(all map[string]*Attribute, has func(*Attribute) bool, indent string) []string {
	var lines []string
	for _, name := range sorted(all) {
		attribute := all[name]
		if !has(attribute) {
			continue
		}
		traits := attribute.Type
		if attribute.Sensitive {
			traits += ", sensitive"
		}
		if attribute.WriteOnly {
			traits += ", write-only"
		}
		if indent != "" && attribute.Required {
			traits += ", required"
		}
		lines = append(lines, strings.TrimRight(fmt.Sprintf("%s- `%s` (%s) %s", indent, name, traits, attribute.description), " "))
		lines = append(lines, insides(attribute, indent)...)
	}
	return lines
}

func insides(attribute *Attribute, indent string) []string {
	return lines(attribute.Members, func(*Attribute) bool { return true }, indent+"  ")
}

func sorted[T any](all map[string]T) []string {
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// imports says how an object that exists is taken over.
func imports(name string) string {
	described := object.Named(strings.TrimPrefix(name, "cambist_"))
	parts := []string{
		"## Import",
		"By its identifier; `cambist export --format hcl` writes such a block for everything there is. The plan after it is empty.",
		fmt.Sprintf("```terraform\nimport {\n  to = %s.example\n  id = %q\n}\n```", name, described.Example),
		"By its identity, where Terraform has that (1.12 and later):",
		fmt.Sprintf("```terraform\nimport {\n  to = %s.example\n  identity = {\n    identity = %q\n  }\n}\n```", name, described.Example),
		"Or with a command:",
		fmt.Sprintf("```shell\nterraform import %s.example %s\n```", name, described.Example),
	}
	if parent := described.Parent; parent != nil {
		parts = append(parts, fmt.Sprintf("With the %s before it, as `%s/%s`, it need not be searched for.", object.Named(parent.Object).Noun, object.Named(parent.Object).Example, described.Example))
	}
	return strings.Join(parts, "\n\n")
}

func (f *Function) signature(name string) string {
	arguments, parts := []string{}, []string{}
	for index, one := range f.Parameters {
		arguments = append(arguments, one.name+" "+one.Type)
		parts = append(parts, fmt.Sprintf("%d. `%s` (%s) %s", index+1, one.name, one.Type, one.description))
	}
	if f.Further != nil {
		arguments = append(arguments, f.Further.name+" "+f.Further.Type+"...")
		parts = append(parts, fmt.Sprintf("%d. `%s` (%s, any number of times) %s", len(parts)+1, f.Further.name, f.Further.Type, f.Further.description))
	}
	return fmt.Sprintf("## Signature\n\n```text\n%s(%s) %s\n```\n\n## Arguments\n\n%s", name, strings.Join(arguments, ", "), f.Returns, strings.Join(parts, "\n"))
}

// Stale names the pages in the folder that are not what they must be.
func Stale(folder string, pages map[string]string) ([]string, error) {
	var stale []string
	for _, path := range sorted(pages) {
		if text, err := os.ReadFile(filepath.Join(folder, path)); err != nil || string(text) != pages[path] {
			stale = append(stale, path)
		}
	}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		inside, err := filepath.Rel(folder, path)
		if _, isWanted := pages[inside]; err == nil && !isWanted {
			stale = append(stale, inside)
		}
		return err
	})
	return stale, err
}
