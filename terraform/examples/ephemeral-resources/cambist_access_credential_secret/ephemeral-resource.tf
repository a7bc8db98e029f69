resource "cambist_service_account" "backup" {
  name = "backup"
}

resource "cambist_access_credential" "backup" {
  service_account_identity = cambist_service_account.backup.identity
  name                     = "nightly"
  scopes                   = ["api:read"]
}

ephemeral "cambist_access_credential_secret" "backup" {
  identity = cambist_access_credential.backup.identity
}

# A write-only attribute takes it; the version says when there is a new one.
#
# resource "vault_kv_secret_v2" "backup" {
#   mount                = "secrets"
#   name                 = "backup"
#   data_json_wo         = jsonencode({ secret = ephemeral.cambist_access_credential_secret.backup.access_secret })
#   data_json_wo_version = parseint(substr(sha256(cambist_access_credential.backup.identity), 0, 8), 16)
# }
