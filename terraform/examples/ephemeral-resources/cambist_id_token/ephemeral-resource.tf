ephemeral "cambist_id_token" "aws" {
  service_account = "deployer"
  audience        = ["sts.amazonaws.com"]
}

# provider "aws" {
#   region = "eu-central-1"
#   assume_role_with_web_identity {
#     role_arn           = "arn:aws:iam::123456789012:role/deployer"
#     web_identity_token = ephemeral.cambist_id_token.aws.token
#   }
# }
