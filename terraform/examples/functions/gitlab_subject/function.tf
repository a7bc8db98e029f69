output "main" {
  value = provider::cambist::gitlab_subject("acme/shop/app", "branch", "main")
}
