output "main" {
  value = provider::cambist::github_subject("acme@123456/shop@456789", "branch:main")
}

output "production" {
  value = provider::cambist::github_subject("acme/shop", "environment:production")
}
