resource "cambist_organisation" "example" {
  name = "Acme"

  # No other organisation gets a token for these.
  reserved_audiences = ["https://api.acme.example*"]
}
