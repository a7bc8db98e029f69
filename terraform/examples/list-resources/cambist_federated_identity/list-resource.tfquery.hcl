# In a file with the ending .tfquery.hcl, for `terraform query` (Terraform 1.14 and later).
list "cambist_federated_identity" "all" {
  provider = cambist

  config {
    labels = { team = "shop" }
  }
}
