data "cambist_role" "reader" {
  slug = "reader"
}

data "cambist_role_binding" "deployer" {
  role_identity = data.cambist_role.reader.identity
  name          = "deployer"
}
