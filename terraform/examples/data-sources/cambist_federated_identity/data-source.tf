data "cambist_federated_identity" "main" {
  name = "main of acme/app"
}

output "last_used" {
  value = data.cambist_federated_identity.main.last_used_at
}
