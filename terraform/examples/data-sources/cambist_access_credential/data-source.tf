data "cambist_service_account" "deployer" {
  slug = "deployer"
}

data "cambist_access_credential" "backup" {
  service_account_identity = data.cambist_service_account.deployer.identity
  name                     = "backup"
}

output "ends" {
  value = data.cambist_access_credential.backup.expires_at
}
