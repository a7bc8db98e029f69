# In a file with the ending .tfquery.hcl, for `terraform query` (Terraform 1.14 and later).
list "cambist_organisation" "all" {
  provider = cambist

  config {
    name = "an example"
  }
}
