# Roles of another team, given to an account of this one.
data "cambist_role" "reader" {
  slug = "reader"
}

data "cambist_service_account" "deployer" {
  slug = "deployer"
}

resource "cambist_role_binding" "reader" {
  role_identity            = data.cambist_role.reader.identity
  service_account_identity = data.cambist_service_account.deployer.identity
  name                     = "deployer reads"
}
