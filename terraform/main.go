// Terraform-provider-cambist manages who may exchange tokens at a deployment of Cambist, and for what.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"runtime/debug"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"terraform-provider-cambist/internal/provider"
)

//go:generate go run ./internal/reference/generate

// version is set when a release is built.
var version = "dev"

// collectorPercent lets the heap grow to so many times what is used: a run is short, and collecting costs a fifth of its time.
const collectorPercent = 400

func main() {
	if os.Getenv("TF_LOG") == "" && os.Getenv("TF_LOG_PROVIDER") == "" {
		// Else every step of the framework is written as JSON, for the caller to read it and throw it away.
		_ = os.Setenv("TF_LOG_SDK", "off")
	}
	debug.SetGCPercent(collectorPercent)
	isDebugged := flag.Bool("debug", false, "wait for a debugger, and say how Terraform finds this process")
	flag.Parse()
	options := providerserver.ServeOpts{Address: "registry.terraform.io/cambist/cambist", Debug: *isDebugged}
	if err := providerserver.Serve(context.Background(), provider.New(version), options); err != nil {
		log.Fatal(err)
	}
}
