# Another provider works with a token of the deployment, which is in no plan and no state.
ephemeral "cambist_token" "api" {
  service_account = "deployer"
  audience        = ["https://api.example.com"]
  scope           = ["api:read"]
}

# provider "example" {
#   token = ephemeral.cambist_token.api.token
# }
