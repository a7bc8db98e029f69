resource "cambist_role" "deployments" {
  name = "Deployments"

  rules = [
    { resources = ["deployment"], permissions = ["create", "read"] },
    { resources = ["secret"], permissions = ["read"], resource_identities = ["shop-registry"], note = "Image pulls" },
  ]
}
