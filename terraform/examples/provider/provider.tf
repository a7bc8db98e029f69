terraform {
  required_providers {
    cambist = {
      source = "cambist/cambist"
    }
  }
}

# In a pipeline this is all: the provider exchanges the ID token that the platform gives the job.
provider "cambist" {
  url = "https://tokens.example.com"
}
