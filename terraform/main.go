// Terraform-provider-cambist manages who may exchange tokens at a deployment of Cambist, and for what.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"terraform-provider-cambist/internal/provider"
)

// version is set when a release is built.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "wait for a debugger, and say how Terraform finds this process")
	flag.Parse()
	options := providerserver.ServeOpts{Address: "registry.terraform.io/cambist/cambist", Debug: *debug}
	if err := providerserver.Serve(context.Background(), provider.New(version), options); err != nil {
		log.Fatal(err)
	}
}
