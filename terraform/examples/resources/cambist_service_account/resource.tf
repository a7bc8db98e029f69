resource "cambist_service_account" "deployer" {
  name        = "deployer"
  description = "Deploys the shop"

  labels = {
    team = "shop"
  }
}
