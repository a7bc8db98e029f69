resource "cambist_identity_provider" "github" {
  name            = "GitHub"
  provider_issuer = "https://token.actions.githubusercontent.com"
}

# A cluster that the deployment cannot reach: its keys are given by hand (`kubectl get --raw /openid/v1/jwks`).
resource "cambist_identity_provider" "cluster" {
  name            = "cluster"
  provider_issuer = "https://kubernetes.default.svc.cluster.local"
  local_jwks = {
    keys = [{
      kty = "EC"
      crv = "P-256"
      alg = "ES256"
      kid = "cluster-1"
      x   = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
      y   = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
    }]
  }
}
