output "deployer" {
  value = provider::cambist::kubernetes_subject("shop", "deployer")
}
