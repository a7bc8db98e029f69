# The main branch must get a token, and no other one may.
data "cambist_explain" "main" {
  claims = {
    iss = "https://token.actions.githubusercontent.com"
    sub = "repo:acme/app:ref:refs/heads/main"
    aud = "https://tokens.example.com"
  }
}

data "cambist_explain" "feature" {
  claims = {
    iss = "https://token.actions.githubusercontent.com"
    sub = "repo:acme/app:ref:refs/heads/feature"
    aud = "https://tokens.example.com"
  }
}

check "only_main" {
  assert {
    condition     = data.cambist_explain.main.granted && !data.cambist_explain.feature.granted
    error_message = "The rule of acme/app lets in other branches than main, or not main."
  }
}
