# In a file with the ending .tfquery.hcl, for `terraform query` (Terraform 1.14 and later).
list "cambist_service_account" "all" {
  provider = cambist

  config {
    labels = { team = "shop" }
  }
}
