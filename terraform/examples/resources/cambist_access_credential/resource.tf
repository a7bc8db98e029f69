resource "cambist_service_account" "legacy" {
  name = "legacy system"
}

# For a system that cannot get an ID token. The secret is not in the state.
resource "cambist_access_credential" "legacy" {
  service_account_identity = cambist_service_account.legacy.identity
  name                     = "legacy system"
  scopes                   = ["api:read"]
}
