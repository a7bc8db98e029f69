resource "cambist_identity_provider" "github" {
  name            = "GitHub"
  provider_issuer = "https://token.actions.githubusercontent.com"
}

resource "cambist_service_account" "deployer" {
  name = "deployer"
}

# The main branch of acme/shop, by the ids that a renamed or recycled repository does not share.
resource "cambist_federated_identity" "main" {
  name                     = "main of acme/shop"
  service_account_identity = cambist_service_account.deployer.identity
  provider_identity        = cambist_identity_provider.github.identity
  provider_subject         = "repo:acme@123456/shop@456789:ref:refs/heads/main"

  conditions = {
    runner_environment = "github-hosted"
    event_name         = ["push", "workflow_dispatch"]
    job_workflow_ref   = { glob = "acme/workflows/.github/workflows/deploy.yml@refs/tags/v*" }
  }

  allowed_scopes  = ["api:read", "api:write"]
  token_audiences = ["https://api.acme.example"]
  token_lifetime  = 900
}
