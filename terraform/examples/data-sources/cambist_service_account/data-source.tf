data "cambist_service_account" "deployer" {
  slug = "deployer"
}

output "subject" {
  value = data.cambist_service_account.deployer.identity
}
