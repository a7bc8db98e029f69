data "cambist_service_account" "deployer" {
  slug = "deployer"
}

data "cambist_trust" "aws" {
  platform        = "aws"
  service_account = data.cambist_service_account.deployer.identity
  aws_account     = "123456789012"
}

# With the provider of AWS:
#
#   resource "aws_iam_openid_connect_provider" "cambist" {
#     url            = data.cambist_trust.aws.issuer
#     client_id_list = [data.cambist_trust.aws.audience]
#   }
#
#   resource "aws_iam_role" "deployer" {
#     name               = "deployer"
#     assume_role_policy = data.cambist_trust.aws.document
#   }
output "trust_policy" {
  value = data.cambist_trust.aws.document
}
