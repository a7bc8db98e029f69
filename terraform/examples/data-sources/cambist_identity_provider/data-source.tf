# Another configuration manages the issuer; this one trusts its workloads.
data "cambist_identity_provider" "github" {
  provider_issuer = "https://token.actions.githubusercontent.com"
}

resource "cambist_service_account" "shop" {
  name = "shop"
}

resource "cambist_federated_identity" "shop" {
  name                     = "main of acme/shop"
  provider_identity        = data.cambist_identity_provider.github.identity
  service_account_identity = cambist_service_account.shop.identity
  provider_subject         = provider::cambist::github_subject("acme@123456/shop@456789", "branch:main")
}
