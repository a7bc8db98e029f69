data "cambist_organisation" "acme" {
  slug = "acme"
}

output "reserved" {
  value = data.cambist_organisation.acme.reserved_audiences
}
