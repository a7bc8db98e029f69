resource "cambist_service_account" "deployer" {
  name = "deployer"
}

resource "cambist_role" "deployments" {
  name  = "Deployments"
  rules = [{ resources = ["deployment"], permissions = ["create", "read"] }]
}

resource "cambist_role_binding" "shop" {
  role_identity            = cambist_role.deployments.identity
  service_account_identity = cambist_service_account.deployer.identity
  projects                 = ["shop"]
}
